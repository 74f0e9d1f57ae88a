"""VOC scores: by hand, and the figures of an independent implementation."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.evaluation.voc_scores import judge, mean_of_defined, voc_average_precision
from tests.support.truths import found, truth_of

BOX = {"xmin": 0, "ymin": 0, "xmax": 20, "ymax": 20}
HIT = (1, 1, 0, 0, 20, 20, 0.9)


def ap(
    boxes: list[dict], *rows: tuple, interpolation: str = "all-point", iou: float = 0.5
) -> list[float | None]:
    truth = truth_of(boxes, classes=2)
    return voc_average_precision(found(*rows), truth.boxes(), 2, iou=iou, interpolation=interpolation)


def test_by_hand() -> None:
    boxes = [BOX, BOX | {"xmin": 50, "xmax": 70}]
    rows = [HIT, (1, 1, 200, 0, 20, 20, 0.8), (1, 1, 50, 0, 20, 20, 0.7)]
    assert ap(boxes, *rows) == [pytest.approx((1 + 2 / 3) / 2), None]
    assert ap(boxes, *rows, interpolation="11-point") == [pytest.approx((6 * 1 + 5 * 2 / 3) / 11), None]


def test_recall_of_a_tenth_is_reached_exactly() -> None:
    """3 of 10 is recall 0.3, though 0.1 * 3 > 0.3 in binary."""
    boxes = [BOX | {"image_id": i} for i in range(1, 11)]
    rows = [(i, *HIT[1:]) for i in range(1, 4)]
    assert ap(boxes, *rows, interpolation="11-point")[0] == pytest.approx(4 / 11)


def test_second_match_is_false_and_difficult_is_neither() -> None:
    boxes = truth_of([BOX, BOX | {"xmin": 50, "xmax": 70, "difficult": 1}]).boxes()
    second, hard, hard_again = (
        (1, 1, 1, 0, 20, 20, 0.8),
        (1, 1, 50, 0, 20, 20, 0.7),
        (1, 1, 51, 0, 20, 20, 0.6),
    )
    np.testing.assert_array_equal(judge(found(HIT, second, hard, hard_again), boxes, iou=0.5), [1, 0, -1, -1])


def test_detections_within_a_crowd_are_neither_but_may_find_a_box() -> None:
    boxes = truth_of([BOX, {"xmin": 0, "ymin": 0, "xmax": 200, "ymax": 200, "crowd": 1}]).boxes()
    rows = [HIT, (1, 1, 100, 100, 20, 20, 0.8), (1, 1, 300, 100, 20, 20, 0.7)]
    np.testing.assert_array_equal(judge(found(*rows), boxes, iou=0.5), [1, -1, 0])


def test_other_images_and_classes_do_not_match() -> None:
    boxes = truth_of([BOX, BOX | {"image_id": 2, "label": 2}], images=2, classes=2).boxes()
    np.testing.assert_array_equal(judge(found((2, *HIT[1:]), (1, 2, *HIT[2:])), boxes, iou=0.5), [0, 0])


def test_nothing_detected_is_zero_and_nothing_to_detect_undefined() -> None:
    assert ap([BOX]) == [0.0, None]
    assert ap([], HIT) == [None, None]
    assert mean_of_defined([0.5, None, 1.0]) == 0.75
    assert mean_of_defined([None]) is None


@pytest.mark.real
@pytest.mark.parametrize(("interpolation", "figure"), [("all-point", 24.57), ("11-point", 26.84)])
def test_figures_of_the_voc_oracle(real_data: Path, interpolation: str, figure: float) -> None:
    """The oracle counts pixels, width = xmax - xmin + 1: its boxes are a pixel wider here."""
    folder = real_data / "evaluator_oracles" / "padilla_sample_2"
    boxes, rows = [], []
    for image, path in enumerate(sorted((folder / "groundtruths").glob("*.txt")), start=1):
        for line in path.read_text().split("\n"):
            if line.strip():
                x, y, w, h = map(float, line.split()[1:])
                boxes.append({"image_id": image, "xmin": x, "ymin": y, "xmax": x + w + 1, "ymax": y + h + 1})
        for line in (folder / "detections" / path.name).read_text().split("\n"):
            if line.strip():
                score, x, y, w, h = map(float, line.split()[1:])
                rows.append((image, 1, x, y, w + 1, h + 1, score))
    assert (len(boxes), len(rows)) == (15, 24)
    score = ap(boxes, *rows, interpolation=interpolation, iou=0.3)[0]
    assert round(100 * score, 2) == figure
