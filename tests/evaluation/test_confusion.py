"""Confusion: who is taken for whom, and what the background is taken for."""

import numpy as np

from pipeline.datasets.converted.labels import NO_CLASS
from pipeline.evaluation.confusion import classifier_confusion, count_matrix, detector_confusion
from tests.support.truths import found, truth_of

BOX = {"xmin": 0, "ymin": 0, "xmax": 20, "ymax": 20}
NAMES = ["class-1", "class-2", NO_CLASS]


def confusion(boxes: list[dict], *rows: tuple) -> list[list[int]]:
    truth = truth_of(boxes, classes=2)
    return count_matrix(detector_confusion(truth, found(*rows), iou=0.5), NAMES).tolist()


def test_right_wrong_missed_and_invented() -> None:
    boxes = [BOX | {"xmin": x, "xmax": x + 20} for x in (0, 50, 100)]
    right, wrong, invented = (1, 1, 0, 0, 20, 20, 0.9), (1, 2, 50, 0, 20, 20, 0.8), (1, 2, 0, 90, 20, 20, 0.7)
    assert confusion(boxes, right, wrong, invented) == [[1, 1, 1], [0, 0, 0], [0, 1, 0]]


def test_own_class_goes_first_whatever_the_score() -> None:
    boxes = [BOX, BOX | {"label": 2, "xmin": 2, "xmax": 22}]
    assert confusion(boxes, (1, 2, 0, 0, 20, 20, 0.9), (1, 1, 0, 0, 20, 20, 0.4)) == [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 0],
    ]


def test_second_detection_of_a_box_is_of_the_background() -> None:
    assert confusion([BOX], (1, 1, 0, 0, 20, 20, 0.9), (1, 1, 0, 0, 20, 21, 0.8)) == [
        [1, 0, 0],
        [0, 0, 0],
        [1, 0, 0],
    ]


def test_difficult_and_crowd_are_left_out() -> None:
    boxes = [BOX | {"difficult": 1}, {"xmin": 100, "ymin": 0, "xmax": 300, "ymax": 200, "crowd": 1}]
    assert confusion(boxes, (1, 1, 0, 0, 20, 20, 0.9), (1, 2, 120, 20, 30, 30, 0.8)) == [[0] * 3] * 3


def test_nothing_at_all() -> None:
    assert confusion([]) == [[0] * 3] * 3


def test_classifier_pairs_are_named_and_sorted() -> None:
    pairs = classifier_confusion(np.array([2, 1, 1]), np.array([1, 2, 1]), ["b", "a"])
    assert pairs.to_numpy().tolist() == [["b", "b"], ["b", "a"], ["a", "b"]]
