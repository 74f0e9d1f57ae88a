import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.datasets.checks import check_boxes, turn_boxes


def check(*boxes, labels=None, size=(100, 50)):
    boxes = np.array(boxes, np.float64)
    return check_boxes(boxes, np.array(labels or [1] * len(boxes)), *size)


@pytest.mark.parametrize(
    ("box", "faults", "repaired"),
    [
        ((0, 0, 100, 50), [], (0, 0, 100, 50)),
        ((90, 10, 130, 20), ["box-outside"], (90, 10, 100, 20)),
        ((90, 10, 100.6, 20), ["box-over-edge"], (90, 10, 100, 20)),
        ((-1, 10, 20, 20), ["box-over-edge"], (0, 10, 20, 20)),
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
    assert [fault for _, fault, _, _ in checked.issues] == faults
    np.testing.assert_array_equal(
        checked.boxes, np.array([repaired] if repaired else np.zeros((0, 4)), np.float64)
    )


def test_equal_boxes_of_one_class_become_one():
    box = (1, 1, 5, 5)
    checked = check(box, box, box, labels=[1, 2, 1])
    assert checked.kept.tolist() == [0, 1]
    assert [(at, fault) for at, fault, _, _ in checked.issues] == [(2, "duplicate-box")]


@given(hnp.arrays(np.float64, st.tuples(st.integers(0, 5), st.just(4)), elements=st.floats(-1e9, 1e9)))
def test_what_is_left_is_sound_and_stays_as_it_is(boxes):
    labels = np.ones(len(boxes), np.int64)
    first = check_boxes(boxes, labels, 100, 50)
    assert (first.boxes >= 0).all() and (first.boxes[:, 2] <= 100).all() and (first.boxes[:, 3] <= 50).all()
    assert (first.boxes[:, :2] < first.boxes[:, 2:]).all()
    again = check_boxes(first.boxes, labels[first.kept], 100, 50)
    np.testing.assert_array_equal(again.boxes, first.boxes)
    assert not again.issues


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
