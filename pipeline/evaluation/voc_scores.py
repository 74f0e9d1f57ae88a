"""Average precision as the PASCAL VOC challenge defines it, of 2007 (11 points) and of 2010 (all points)."""

from typing import Literal

import numpy as np
import pandas as pd

from pipeline.evaluation.overlaps import overlaps

Interpolation = Literal["11-point", "all-point"]


def voc_average_precision(
    detections: pd.DataFrame, boxes: pd.DataFrame, classes: int, *, iou: float, interpolation: Interpolation
) -> list[float | None]:
    """Score each class.

    Args:
        detections: Rows of image_id, label, x, y, width, height, score.
        boxes: Rows of image_id, label, xmin, ymin, xmax, ymax, difficult, crowd.
        classes: K.
        iou: The least IoU of a match.
        interpolation: ``11-point`` (VOC 2007) or ``all-point`` (VOC 2010 and later).

    Returns:
        AP in [0, 1] of label 1..K; None for a class without a truth that counts.
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
    """Call each detection a true positive (1), a false positive (0), or neither (-1).

    A detection belongs to the truth of its class and image that it overlaps most (the devkit's rule). The
    first to belong to a truth is its true positive and all later ones are false; one that belongs to a
    difficult truth is neither. VOC knows no crowds: as COCO does, a detection that would be false is neither
    if it lies in a crowd.

    Args:
        ranked: Detections by descending score.
        boxes: The truths.
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
    """Average what is defined; None if nothing is."""
    defined = [value for value in values if value is not None]
    return float(np.mean(defined)) if defined else None


def _eleven_points(hits: np.ndarray, objects: int) -> float:
    """Average the best precision at recall 0, 0.1 ... 1 or beyond (Everingham et al. 2010, section 4.2).

    Recall is compared in whole numbers: 3 of 10 is recall 0.3, which a float may miss.
    """
    found = np.cumsum(hits, dtype=np.int64)
    precision = found / np.arange(1, len(hits) + 1)
    best = [precision[found * 10 >= tenth * objects].max(initial=0.0) for tenth in range(11)]
    return float(np.mean(best))


def _all_points(hits: np.ndarray, objects: int) -> float:
    """Give the area under the precision-recall curve, precision made monotone from the right."""
    precision = np.cumsum(hits, dtype=np.int64) / np.arange(1, len(hits) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(envelope[hits == 1].sum() / objects)
