"""AP against the size of the objects, in finer steps than COCO's small, medium and large."""

from itertools import pairwise

import pandas as pd

from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.evaluation.coco_scores import coco_evaluation, defined_mean

SIDES = (0, 16, 32, 64, 96, 128, 192, 256, 384, 512, 1024, 10_000)
"""Bounds of the sizes: the square root of an object's area, px. COCO's bounds, 32 and 96, are among them."""

COLUMNS = ["size", "AP", "AP50", "objects"]


def size_scores(truth: GroundTruth, detections: pd.DataFrame, *, max_detections: int) -> pd.DataFrame:
    """Return AP and AP50 of the objects of each size that occurs, with the number of objects.

    Args:
        truth: The ground truth of one split.
        detections: The detections of the split.
        max_detections: As for :func:`pipeline.evaluation.coco_scores.coco_evaluation`.
    """
    boxes = truth.boxes()
    areas = boxes.loc[(boxes["difficult"] == 0) & (boxes["crowd"] == 0), "area"]
    ranges = [
        (low, high, int(areas.between(low**2, high**2, inclusive="left").sum()))
        for low, high in pairwise(SIDES)
    ]
    present = [each for each in ranges if each[2]]
    if not present:
        return pd.DataFrame(columns=COLUMNS)
    # hotcoco's ranges include both ends
    bounds = [[float(low**2), high**2 - 1e-6] for low, high, _ in present]
    precision = coco_evaluation(truth, detections, max_detections=max_detections, areas=bounds).eval[
        "precision"
    ]
    rows = [
        (_name(low, high), defined_mean(precision[..., k, 2]), defined_mean(precision[0, ..., k, 2]), count)
        for k, (low, high, count) in enumerate(present)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _name(low: int, high: int) -> str:
    return f"from {low} px" if high == SIDES[-1] else f"{low}-{high} px"
