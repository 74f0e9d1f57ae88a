"""Calibration of detectors whose scores are known to be right or wrong."""

import pytest

from pipeline.evaluation.calibration import calibration, reliability
from pipeline.evaluation.coco_scores import coco_evaluation
from tests.support.truths import found, truth_of

IMAGES = 20


def evaluation(score: float, right: int) -> object:
    """Return the evaluation of a detector that gives each of 20 images a detection of one score, some of them right."""
    boxes = [{"image_id": i, "xmin": 0, "ymin": 0, "xmax": 50, "ymax": 50} for i in range(1, IMAGES + 1)]
    places = [0] * right + [200] * (IMAGES - right)
    rows = [(i, 1, x, 0, 50, 50, score) for i, x in enumerate(places, start=1)]
    return coco_evaluation(truth_of(boxes, images=IMAGES), found(*rows), iou=0.5)


def test_a_calibrated_detector_has_no_error() -> None:
    honest = evaluation(0.75, right=15)
    assert calibration(honest, honest)["ECE"] == pytest.approx(0)
    assert reliability(honest).to_numpy().tolist() == [[pytest.approx(0.75), pytest.approx(0.75), 20]]


def test_a_boaster_has_the_distance_of_score_and_precision() -> None:
    boaster, honest = evaluation(0.95, right=10), evaluation(0.75, right=15)
    assert calibration(boaster, boaster)["ECE"] == pytest.approx(0.45)
    assert calibration(boaster, honest) == {
        "ECE": pytest.approx(0),
        "detections": 20,
        "ECE_all": pytest.approx(0.45),
        "detections_all": 20,
    }


def test_no_detections_have_no_error() -> None:
    empty = coco_evaluation(truth_of([]), found(), iou=0.5)
    assert calibration(empty, empty)["ECE"] is None
    assert reliability(empty).empty
