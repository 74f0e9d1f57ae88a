"""Thresholds: the greatest F1 by hand, ties, and what stands in where val has too few objects."""

from pathlib import Path

import pandas as pd
import pytest

from pipeline.artifacts import write_json
from pipeline.evaluation.coco_scores import coco_evaluation
from pipeline.evaluation.thresholds import (
    DEFAULT_SCORE,
    Outcomes,
    best_score,
    choose_thresholds,
    class_scores,
    f1,
    from_scores,
    outcomes,
    read_thresholds,
)
from tests.support.truths import found, truth_of

BOX = {"xmin": 0, "ymin": 0, "xmax": 20, "ymax": 20}


def judged(objects: int, *rows: tuple[float, bool], label: int = 1, classes: int = 1) -> Outcomes:
    """Return outcomes of one class from (score, right)."""
    table = pd.DataFrame([(label, *row) for row in rows], columns=["label", "score", "right"])
    counts = pd.Series(0, index=range(1, classes + 1))
    counts[label] = objects
    return Outcomes(table.astype({"label": "int64", "score": "float64", "right": bool}), counts)


def test_the_greatest_f1_by_hand() -> None:
    # F1 of the first 1 to 4 detections with 3 objects: 2/4, 4/5, 4/6, 6/7
    val = judged(3, (0.9, True), (0.8, True), (0.5, False), (0.4, True), (0.1, False), (0.05, False))
    assert best_score(val) == 0.25  # half-way between 0.4 and 0.1
    assert f1(val, 0.25) == pytest.approx(6 / 7)
    assert f1(val, 0.45) == pytest.approx(4 / 6)


def test_of_equal_ones_the_highest_is_taken_and_equal_scores_count_together() -> None:
    assert best_score(judged(1, (0.9, True))) == 0.45  # half of the last score
    # 2/2 for the first; both of 0.6 count together
    assert best_score(judged(1, (0.9, True), (0.6, False), (0.6, False))) == 0.75
    # alone, the first of 0.6 would have F1 1; with the second it has 2/3
    assert best_score(judged(1, (0.6, True), (0.6, False), (0.2, False))) == 0.4
    assert best_score(judged(1, (0.5001, True), (0.5, False))) == 0.5001  # no three digits fit between


def test_nothing_right_has_no_threshold() -> None:
    assert best_score(judged(3, (0.9, False))) is None
    assert best_score(judged(0)) is None
    assert f1(judged(0), 0.5) is None
    assert f1(judged(2), 0.5) == 0


def test_classes_with_few_objects_take_the_threshold_of_all() -> None:
    many, few = (
        judged(10, *[(0.8, True)] * 10, (0.4, False), classes=3),
        judged(9, *[(0.5, True)] * 9, label=2),
    )
    both = Outcomes(pd.concat([many.detections, few.detections]), pd.Series([10, 9, 0], index=[1, 2, 3]))
    chosen = choose_thresholds(both, both, ["a", "b", "c"])
    assert chosen["all_classes"] == {
        "score": 0.45,
        "chosen": "all classes",
        "val_objects": 19,
        "val_F1": 1.0,
        "test_F1": 1.0,
    }
    own = [(each["score"], each["chosen"], each["val_objects"]) for each in chosen["per_class"].values()]
    assert own == [(0.6, "own", 10), (0.45, "all classes", 9), (0.45, "all classes", 0)]
    assert chosen["per_class"]["c"]["val_F1"] is None


def test_without_enough_objects_the_default_stands_in() -> None:
    little = judged(9, *[(0.8, True)] * 9)
    chosen = choose_thresholds(little, little, ["a"])
    assert [each["score"] for each in (chosen["all_classes"], chosen["per_class"]["a"])] == [
        DEFAULT_SCORE
    ] * 2
    assert chosen["per_class"]["a"]["chosen"] == "default"
    unfound = judged(20, (0.9, False))
    assert choose_thresholds(unfound, unfound, ["a"])["per_class"]["a"]["score"] == DEFAULT_SCORE


def test_detections_are_right_as_coco_matches_them() -> None:
    truth = truth_of([BOX, BOX | {"xmin": 50, "xmax": 70, "difficult": 1}])
    detections = found(
        (1, 1, 50, 0, 20, 20, 0.95),  # of a difficult object: it does not count
        (1, 1, 0, 0, 20, 20, 0.9),
        (1, 1, 1, 0, 20, 20, 0.8),  # a duplicate
        (1, 1, 100, 100, 20, 20, 0.7),
    )
    judged_ = outcomes(coco_evaluation(truth, detections, iou=0.5), truth, detections)
    assert judged_.detections[["score", "right"]].to_numpy().tolist() == [
        [0.9, True],
        [0.8, False],
        [0.7, False],
    ]
    assert judged_.objects.tolist() == [1]


def test_scores_by_class_from_the_parameter_and_the_file(tmp_path: Path) -> None:
    assert class_scores(0.3, None, ["a", "b"]) == [0.3, 0.3]
    assert class_scores("auto", None, ["a"]) == [DEFAULT_SCORE]
    write_json(tmp_path / "thresholds.json", {"per_class": {"a": {"score": 0.7}}})
    thresholds = read_thresholds(tmp_path / "thresholds.json")
    scores = class_scores("auto", thresholds, ["a", "new"])
    assert scores == [0.7, DEFAULT_SCORE]
    kept = from_scores(
        found((1, 1, 0, 0, 5, 5, 0.69), (1, 1, 0, 0, 5, 5, 0.7), (1, 2, 0, 0, 5, 5, 0.5)), scores
    )
    assert kept["score"].tolist() == [0.7, 0.5]
    assert read_thresholds(tmp_path / "none.json") is None
