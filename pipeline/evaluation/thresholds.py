"""The score from which a detection counts, for each class: the one with the greatest F1 on val."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from pipeline.artifacts import read_json
from pipeline.datasets.converted.ground_truth import GroundTruth

FEWEST_OBJECTS = 10
"""A class with fewer objects on val than this gets the threshold over all classes."""

DEFAULT_SCORE = 0.45
"""The threshold if val has too few objects in all, or none of them is found."""

Setting = float | Literal["auto"]
"""A parameter of ``params.yaml``: one score for all classes, or ``auto`` for the scores that were chosen on val."""


class Outcomes(NamedTuple):
    """The detections of a split as right or wrong, and the numbers of objects.

    Attributes:
        detections: The detections that count, one row each with label (1..K), score, and right (bool): whether it is
            the one that found an object of its class.
        objects: The number of objects to find, by label 1..K.
    """

    detections: pd.DataFrame
    objects: pd.Series

    def of(self, label: int) -> "Outcomes":
        """Return the outcomes of one class."""
        own = self.detections[self.detections["label"] == label]
        return Outcomes(own, self.objects[self.objects.index == label])


def outcomes(evaluation: Any, truth: GroundTruth, detections: pd.DataFrame) -> Outcomes:
    """Return which detections are right, as COCO matches them. Those of difficult and crowd objects do not count.

    Args:
        evaluation: The result of :func:`pipeline.evaluation.coco_scores.coco_evaluation` at one IoU threshold.
        truth: The ground truth of the split.
        detections: The detections that were evaluated.
    """
    status = evaluation.image_diagnostics(iou_thr=evaluation.params.iou_thrs[0])["dt_status"]
    judged = pd.Series(range(1, len(detections) + 1), index=detections.index).map(status)
    counted = detections.loc[judged.notna(), ["label", "score"]]
    return Outcomes(counted.assign(right=judged[judged.notna()] == "tp"), truth.counted())


def f1(found: Outcomes, score: float) -> float | None:
    """Return the F1 of the detections from a score on, in [0, 1]; None if there is no object and no detection."""
    kept = found.detections[found.detections["score"] >= score]
    total = len(kept) + int(found.objects.sum())
    return 2 * int(kept["right"].sum()) / total if total else None


def best_score(found: Outcomes) -> float | None:
    """Return the score from which on the detections have the greatest F1; None if no detection is right.

    It lies half-way between the last detection that counts and the next one. Of equal ones, the highest is taken.
    """
    ordered = found.detections.sort_values("score", ascending=False, kind="stable")
    if not ordered["right"].any():
        return None
    scores = np.append(ordered["score"].to_numpy(), 0.0)
    right = np.cumsum(ordered["right"].to_numpy())
    values = 2 * right / (np.arange(1, len(ordered) + 1) + int(found.objects.sum()))
    values[scores[:-1] == scores[1:]] = 0.0  # detections of one score count together
    last = int(np.argmax(values))
    middle = round((scores[last] + scores[last + 1]) / 2, 3)
    return float(middle if scores[last + 1] < middle <= scores[last] else scores[last])


def choose_thresholds(val: Outcomes, test: Outcomes, classes: Sequence[str]) -> dict[str, Any]:
    """Choose the threshold of each class on val, and say its F1 on both splits.

    Args:
        val: The outcomes on val, from which the thresholds are chosen.
        classes: The names of labels 1..K.

    Returns:
        "all_classes", the threshold over all classes, and "per_class", that of each class by its name. Each has
        "score"; "chosen": "own" (on the objects of the class), "all classes" or "default"; "val_objects"; "val_F1" and
        "test_F1", which are None if nothing defines them.
    """
    overall = best_score(val) if int(val.objects.sum()) >= FEWEST_OBJECTS else None
    shared = (DEFAULT_SCORE, "default") if overall is None else (overall, "all classes")
    per_class = {}
    for label, name in enumerate(classes, start=1):
        of_val = val.of(label)
        own = best_score(of_val) if int(of_val.objects.sum()) >= FEWEST_OBJECTS else None
        score, chosen = shared if own is None else (own, "own")
        per_class[name] = _entry(score, chosen, of_val, test.of(label))
    return {"all_classes": _entry(*shared, val, test), "per_class": per_class}


def _entry(score: float, chosen: str, val: Outcomes, test: Outcomes) -> dict[str, Any]:
    return {
        "score": score,
        "chosen": chosen,
        "val_objects": int(val.objects.sum()),
        "val_F1": f1(val, score),
        "test_F1": f1(test, score),
    }


def class_scores(setting: Setting, thresholds: dict[str, Any] | None, classes: Sequence[str]) -> list[float]:
    """Return the score from which on detections count, in the order of labels 1..K.

    Args:
        setting: One score for all classes, or ``auto``.
        thresholds: The contents of ``metrics/thresholds.json``; None if there are none.
        classes: The names of labels 1..K.
    """
    if setting != "auto":
        return [setting] * len(classes)
    per_class = (thresholds or {}).get("per_class", {})
    return [per_class[name]["score"] if name in per_class else DEFAULT_SCORE for name in classes]


def shared_score(setting: Setting) -> float:
    """Return one score for all classes, with which the detections of two runs are compared."""
    return DEFAULT_SCORE if setting == "auto" else setting


def read_thresholds(path: Path) -> dict[str, Any] | None:
    """Return the contents of ``metrics/thresholds.json``, or None if the file is absent."""
    return read_json(path) if path.is_file() else None


def from_scores(detections: pd.DataFrame, scores: Sequence[float]) -> pd.DataFrame:
    """Return the detections that score as much as their class needs.

    Args:
        detections: One row per detection with label (1..K) and score.
        scores: The least score of each class, in the order of labels 1..K.
    """
    needed = np.array([0.0, *scores])[detections["label"].to_numpy(np.int64)]
    return detections[detections["score"].to_numpy() >= needed]
