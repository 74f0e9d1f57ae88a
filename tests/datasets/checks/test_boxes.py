import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.datasets.checks.boxes import check_boxes, scale_boxes, turn_boxes
from pipeline.datasets.table.faults import Action, Fault
from pipeline.params.load import load_params
from tests.support.project import ROOT

CHECKS = load_params(ROOT / "params.yaml").convert.checks


def check(*boxes, labels=None, size=(100, 50)):
    boxes = np.array(boxes, np.float64)
    return check_boxes(boxes, np.array(labels or [1] * len(boxes)), *size, CHECKS)


@pytest.mark.parametrize(
    ("box", "faults", "repaired"),
    [
        ((0, 0, 100, 50), ["box-covers-image"], (0, 0, 100, 50)),
        ((5, 5, 6, 9), ["box-tiny"], (5, 5, 6, 9)),
        ((0, 0, 100, 40), [], (0, 0, 100, 40)),
        ((90, 10, 130, 20), ["box-outside"], (90, 10, 100, 20)),
        ((90, 10, 100.6, 20), ["box-over-edge"], (90, 10, 100, 20)),
        ((-1, 10, 20, 20), ["box-over-edge"], (0, 10, 20, 20)),
        ((-1e-4, 10, 100.0003, 20), [], (0, 10, 100, 20)),
        ((110, 10, 130, 20), ["box-outside"], None),
        ((30, 20, 10, 5), ["box-inverted"], (10, 5, 30, 20)),
        ((120, 20, 90, 5), ["box-inverted", "box-outside"], (90, 5, 100, 20)),
        ((10, 10, 10, 20), ["box-empty"], None),
        ((np.inf, 10, 20, 20), ["box-unreadable"], None),
        ((np.nan, 10, 20, 20), ["box-unreadable"], None),
        ((np.nan,) * 4, [], (np.nan,) * 4),
    ],
)
def test_each_fault_of_a_box(box, faults, repaired):
    checked = check(box)
    assert [fault.name for fault in checked.faults] == faults
    np.testing.assert_array_equal(
        checked.boxes, np.array([repaired] if repaired else np.zeros((0, 4)), np.float64)
    )


def test_equal_boxes_of_one_class_become_one():
    box = (1, 1, 5, 5)
    checked = check(box, box, box, labels=[1, 2, 1])
    assert checked.kept.tolist() == [0, 1]
    assert [(fault.object, fault.name) for fault in checked.faults] == [(2, "duplicate-box")]


@given(hnp.arrays(np.float64, st.tuples(st.integers(0, 5), st.just(4)), elements=st.floats(-1e9, 1e9)))
def test_what_is_left_is_sound_and_stays_as_it_is(boxes):
    labels = np.ones(len(boxes), np.int64)
    first = check_boxes(boxes, labels, 100, 50, CHECKS)
    assert (first.boxes >= 0).all() and (first.boxes[:, 2] <= 100).all() and (first.boxes[:, 3] <= 50).all()
    assert (first.boxes[:, :2] < first.boxes[:, 2:]).all()
    again = check_boxes(first.boxes, labels[first.kept], 100, 50, CHECKS)
    np.testing.assert_array_equal(again.boxes, first.boxes)
    assert {fault.name for fault in again.faults} <= {"box-tiny", "box-covers-image"}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_turn_as_pillow_turns_the_image(orientation):
    from PIL import Image, ImageOps

    pixels = np.zeros((30, 40), np.uint8)
    pixels[5:12, 20:38] = 255
    stored = Image.fromarray(pixels)
    stored.getexif()[0x0112] = orientation
    upright = np.asarray(ImageOps.exif_transpose(stored))
    rows, columns = np.nonzero(upright)
    expected = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    turned = turn_boxes(np.array([[20.0, 5, 38, 12]]), orientation, *upright.shape[::-1])
    np.testing.assert_array_equal(turned, [expected])


@pytest.mark.parametrize(
    ("box", "rules", "action"),
    [
        ((90, 10, 130, 20), {"box_outside": "drop"}, "object dropped"),
        ((30, 20, 10, 5), {"box_inverted": "drop"}, "object dropped"),
        ((5, 5, 6, 9), {"box_tiny": "drop"}, "object dropped"),
        ((5, 5, 9, 9), {"box_tiny": "drop", "min_box_side": 6.0}, "object dropped"),
        ((0, 0, 100, 50), {"box_covers_image": "drop"}, "object dropped"),
        ((0, 0, 100, 50), {"box_covers_image": "stop"}, "dataset refused"),
        ((9, 9, 9, 50), {"box_empty": "stop"}, "dataset refused"),
    ],
)
def test_the_rules_say_otherwise(box, rules, action):
    checks = CHECKS.model_copy(update=rules)
    checked = check_boxes(np.array([box], np.float64), np.array([1]), 100, 50, checks)
    assert checked.faults[-1].action_text == action
    assert len(checked.kept) == (action == "dataset refused" and "box_empty" not in rules)


def test_repeated_boxes_may_stay():
    boxes = np.array([[1, 1, 5, 5]] * 2, np.float64)
    checked = check_boxes(
        boxes, np.array([1, 1]), 100, 50, CHECKS.model_copy(update={"duplicate_box": "keep"})
    )
    assert checked.kept.tolist() == [0, 1] and checked.faults == [
        Fault(1, "duplicate-box", "same class and corners as another", Action.KEEP)
    ]


@pytest.mark.parametrize(
    ("boxes", "normalised", "fault", "expected"),
    [
        ([[0.1, 0.2, 0.5, 0.8]], True, None, [[10, 10, 50, 40]]),
        ([[0.1, 0.2, 1.004, 0.8]], True, None, [[10, 10, 100.4, 40]]),
        ([[10, 10, 50, 40]], False, None, [[10, 10, 50, 40]]),
        ([[10, 10, 50, 40], [0, 0, 1, 1]], False, None, [[10, 10, 50, 40], [0, 0, 1, 1]]),
        ([[0.1, 0.2, 0.5, 0.8]], False, "box-normalised", [[10, 10, 50, 40]]),
        ([[0.1, 0.2, 1.004, 0.8]], False, "box-normalised", [[10, 10, 100.4, 40]]),
        ([[0, 0, 1, 1]], False, None, [[0, 0, 1, 1]]),
        ([[0, 0, 1, 1], [0.1, 0.2, 0.5, 0.8]], False, "box-normalised", [[0, 0, 100, 50], [10, 10, 50, 40]]),
        ([[0, 0, 1, 1]], True, None, [[0, 0, 100, 50]]),
        ([[10, 10, 50, 40]], True, "box-in-pixels", [[10, 10, 50, 40]]),
        ([], False, None, np.zeros((0, 4))),
        ([[np.nan] * 4], False, None, [[np.nan] * 4]),
    ],
)
def test_shares_and_pixels_are_told_apart(boxes, normalised, fault, expected):
    given = np.array(boxes, np.float64).reshape(-1, 4)
    scaled, faults = scale_boxes(given, normalised=normalised, width=100, height=50, checks=CHECKS)
    np.testing.assert_allclose(scaled, expected)
    assert [found.name for found in faults] == ([fault] if fault else [])
    assert all(found.action is Action.REPAIR and found.how.startswith("taken as") for found in faults)


def test_shares_given_as_pixels_may_be_left_as_they_are():
    checks = CHECKS.model_copy(update={"box_normalised": "keep"})
    boxes = np.array([[0.1, 0.2, 0.5, 0.8]])
    scaled, faults = scale_boxes(boxes, normalised=False, width=100, height=50, checks=checks)
    np.testing.assert_array_equal(scaled, boxes)
    assert faults[0].action is Action.KEEP
