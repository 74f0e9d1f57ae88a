"""Confusion matrices of the classifier and of the detector, as lists of pairs of an actual and a predicted class."""

import numpy as np
import pandas as pd

from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.datasets.converted.labels import NO_CLASS
from pipeline.evaluation.overlaps import overlaps


def classifier_confusion(actual: np.ndarray, predicted: np.ndarray, classes: list[str]) -> pd.DataFrame:
    """Return the actual and the predicted class name of each crop.

    Args:
        actual: The true labels, int [N], in 1..K.
        predicted: The predicted labels, int [N], in 1..K.
        classes: The names of labels 1..K.

    Returns:
        One row per crop with the columns actual and predicted, sorted by the actual, then by the predicted label.
    """
    names = np.array(["", *classes], dtype=object)
    order = np.lexsort((predicted, actual))
    return pd.DataFrame({"actual": names[actual[order]], "predicted": names[predicted[order]]})


def detector_confusion(truth: GroundTruth, detections: pd.DataFrame, *, iou: float) -> pd.DataFrame:
    """Return the actual and the predicted class name of each pair of an object and a detection.

    :func:`pair_up` makes the pairs. The predicted class of an object without a detection, and the actual class of a
    detection without an object, is :data:`pipeline.datasets.converted.labels.NO_CLASS`. Difficult and crowd objects do
    not count, nor do detections that overlap no other object.

    Args:
        truth: The ground truth of one split.
        detections: The detections that score enough to count, one row each with image_id, label (1..K), x, y, width,
            height (px) and score.
        iou: The least IoU of a pair.

    Returns:
        One row per pair with the columns actual and predicted, sorted by the actual, then by the predicted label. No
        class comes last.
    """
    kept, boxes = detections.reset_index(drop=True), truth.boxes()
    matches, excused = pair_up(kept, boxes, iou=iou)
    ignored = ((boxes["difficult"] == 1) | (boxes["crowd"] == 1)).to_numpy()
    no_class = len(truth.classes) + 1
    detected = set(matches.values())
    rows = [(int(boxes["label"][t]), int(kept["label"][d])) for d, t in matches.items()]
    rows += [
        (no_class, int(kept["label"][d])) for d in range(len(kept)) if d not in matches and d not in excused
    ]
    rows += [(int(boxes["label"][t]), no_class) for t in np.flatnonzero(~ignored) if t not in detected]
    names = ["", *truth.classes, NO_CLASS]
    return pd.DataFrame([(names[a], names[p]) for a, p in sorted(rows)], columns=["actual", "predicted"])


def pair_up(detections: pd.DataFrame, boxes: pd.DataFrame, *, iou: float) -> tuple[dict[int, int], set[int]]:
    """Pair each detection with at most one object of its image.

    Detections choose in the order of descending score. Each takes the object with the highest IoU that is still free.
    In a first pass, detections choose among objects of their own class, as for AP. In a second pass, the detections
    without a pair choose among the objects of other classes that are still free.

    Args:
        detections: One row per detection with image_id, label, x, y, width, height (px) and score.
        boxes: One row per object with image_id, label, xmin, ymin, xmax, ymax (px), difficult and crowd.
        iou: The least IoU of a pair.

    Returns:
        The pairs as row of the detection -> row of its object, both counted from 0; and the rows of the detections that
        reach the IoU with a difficult or crowd object. Such objects are never paired.
    """
    ignored = ((boxes["difficult"] == 1) | (boxes["crowd"] == 1)).to_numpy()
    pairs = overlaps(detections, boxes, same_class=False)
    pairs = pairs[pairs["iou"] >= iou]
    with_ignored = ignored[pairs["truth"]]
    excused = set(pairs["detection"][with_ignored])
    candidates = pairs[~with_ignored]
    candidates = candidates.assign(score=detections["score"].to_numpy()[candidates["detection"]])
    order = ["score", "detection", "iou", "truth"]
    return _match(candidates.sort_values(order, ascending=[False, True, False, True])), excused


def count_matrix(pairs: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Return the confusion matrix, int64 [N, N]. Rows are actual classes and columns predicted ones.

    Args:
        pairs: One row per pair with the columns actual and predicted.
        names: The names of the rows and columns, in their order.
    """
    counts = pd.crosstab(pairs["actual"], pairs["predicted"])
    return counts.reindex(index=names, columns=names, fill_value=0).to_numpy(np.int64)


def _match(pairs: pd.DataFrame) -> dict[int, int]:
    """Return detection -> truth, chosen greedily in the order of ``pairs``. Pairs of one class come before others."""
    matches: dict[int, int] = {}
    taken: set[int] = set()
    same = pairs["detected"] == pairs["label"]
    for part in (pairs[same], pairs[~same]):
        for detection, truth in zip(part["detection"], part["truth"], strict=True):
            if detection not in matches and truth not in taken:
                matches[detection] = truth
                taken.add(truth)
    return matches
