"""IoU of detections and ground-truth boxes, checked by hand."""

import numpy as np
import pytest

from pipeline.evaluation.overlaps import overlaps
from tests.support.truths import found, truth_of

BOX = {"xmin": 0, "ymin": 0, "xmax": 10, "ymax": 10}


def test_iou_is_intersection_over_union_of_continuous_boxes() -> None:
    detections = found((1, 1, 0, 0, 10, 10, 0.9), (1, 1, 5, 0, 10, 10, 0.8), (1, 1, 2, 2, 5, 5, 0.7))
    pairs = overlaps(detections, truth_of([BOX]).boxes(), same_class=True)
    assert pairs["detection"].tolist() == [0, 1, 2]
    np.testing.assert_allclose(pairs["iou"], [1.0, 50 / 150, 25 / 100])


def test_boxes_that_only_touch_are_no_pair() -> None:
    detections = found((1, 1, 10, 0, 10, 10, 0.9), (1, 1, 3, 3, 0, 0, 0.8))
    assert overlaps(detections, truth_of([BOX]).boxes(), same_class=True).empty


def test_pairs_are_within_an_image_and_if_asked_within_a_class() -> None:
    truth = truth_of([BOX, BOX | {"label": 2}, BOX | {"image_id": 2}], images=2, classes=2)
    detections = found((1, 2, 0, 0, 10, 10, 0.9))
    same = overlaps(detections, truth.boxes(), same_class=True)
    assert same[["detection", "truth", "detected", "label"]].to_numpy().tolist() == [[0, 1, 2, 2]]
    any_class = overlaps(detections, truth.boxes(), same_class=False)
    assert any_class[["truth", "detected", "label"]].to_numpy().tolist() == [[0, 2, 1], [1, 2, 2]]


def test_in_a_crowd_the_share_of_the_detection_counts() -> None:
    truth = truth_of([BOX | {"crowd": 1}])
    pairs = overlaps(found((1, 1, 8, 0, 4, 10, 0.9)), truth.boxes(), same_class=True)
    assert pairs["iou"].tolist() == pytest.approx([0.5])
