"""Average precision (AP) as defined by the PASCAL VOC challenge: of 2007 (11 points) and of 2010 (all points)."""

from typing import Literal

import numpy as np
import pandas as pd

from pipeline.evaluation.overlaps import overlaps

Interpolation = Literal["11-point", "all-point"]


def voc_average_precision(
    detections: pd.DataFrame, boxes: pd.DataFrame, classes: int, *, iou: float, interpolation: Interpolation
) -> list[float | None]:
    """Return the AP of each class (Everingham et al. 2010, section 4.2).

    Args:
        detections: One row per detection with image_id, label (1..K), x, y, width, height (px) and score.
        boxes: One row per ground-truth box with image_id, label, xmin, ymin, xmax, ymax (px), difficult and crowd.
        classes: The number of classes, K.
        iou: The least IoU of a match.
        interpolation: ``11-point`` (VOC 2007) or ``all-point`` (VOC 2010 and later).

    Returns:
        The AP in [0, 1] in the order of labels 1..K. It is None for a class whose boxes are all difficult
        or crowds.
    """
    ranked = detections.sort_values("score", ascending=False, kind="stable", ignore_index=True)
    verdict = judge(ranked, boxes, iou=iou)
    objects = boxes["label"][(boxes["difficult"] == 0) & (boxes["crowd"] == 0)].value_counts()
    area = _eleven_points if interpolation == "11-point" else _all_points
    scores: list[float | None] = []
    for label in range(1, classes + 1):
        hits = verdict[(ranked["label"] == label).to_numpy() & (verdict >= 0)]
        scores.append(area(hits, int(objects[label])) if label in objects.index else None)
    return scores


def judge(ranked: pd.DataFrame, boxes: pd.DataFrame, *, iou: float) -> np.ndarray:
    """Return for each detection whether it is a true positive (1), a false positive (0) or ignored (-1).

    As in VOC's development kit, a detection is matched with the ground-truth box of its class and image that it
    overlaps most. The first detection matched with a box is a true positive, and all later ones are false positives. A
    detection matched with a difficult box is ignored. VOC has no crowds. As in COCO, a detection in a crowd is ignored
    if it would otherwise be a false positive.

    Args:
        ranked: The detections by descending score, with the columns of :func:`voc_average_precision`.
        boxes: The ground-truth boxes, with the columns of :func:`voc_average_precision`.
        iou: The least IoU of a match.

    Returns:
        int8 [D], in the order of ``ranked``.
    """
    pairs = overlaps(ranked, boxes, same_class=True)
    pairs = pairs[pairs["iou"] >= iou]
    in_crowd = boxes["crowd"].to_numpy()[pairs["truth"]] == 1
    best = pairs[~in_crowd].sort_values(["detection", "iou", "truth"], ascending=[True, False, True])
    best = best.drop_duplicates("detection")
    verdict = np.zeros(len(ranked), np.int8)
    verdict[best["detection"][~best.duplicated("truth")]] = 1
    in_crowds = pairs["detection"][in_crowd].to_numpy()
    verdict[in_crowds[verdict[in_crowds] == 0]] = -1
    verdict[best["detection"][boxes["difficult"].to_numpy()[best["truth"]] == 1]] = -1
    return verdict


def mean_of_defined(values: list[float | None]) -> float | None:
    """Return the mean of the values that are not None, or None if there are none."""
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None


def _eleven_points(hits: np.ndarray, objects: int) -> float:
    """Return the mean over recall 0, 0.1 ... 1 of the best precision at this recall or a higher one.

    Recall is compared in integers, because 3 of 10 objects is a recall of exactly 0.3, which a float may miss.

    Args:
        hits: int8 [D], 1 for a true and 0 for a false positive, by descending score.
        objects: The number of ground-truth boxes that count.
    """
    true_positives = np.cumsum(hits, dtype=np.int64)
    precision = true_positives / np.arange(1, len(hits) + 1)
    best = [precision[true_positives * 10 >= tenth * objects].max(initial=0.0) for tenth in range(11)]
    return float(np.mean(best))


def _all_points(hits: np.ndarray, objects: int) -> float:
    """Return the area under the precision-recall curve, whose precision is first made monotonically decreasing.

    Args:
        hits: int8 [D], 1 for a true and 0 for a false positive, by descending score.
        objects: The number of ground-truth boxes that count.
    """
    precision = np.cumsum(hits, dtype=np.int64) / np.arange(1, len(hits) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(envelope[hits == 1].sum() / objects)
