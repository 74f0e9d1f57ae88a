"""Scores of the localization of one object: the IoU of the best detection of each image with its object."""

import numpy as np
import pandas as pd

from pipeline.datasets.converted.ground_truth import GroundTruth
from pipeline.evaluation.overlaps import overlaps

RIGHT_IOU = 0.5
"""An object is localized if the IoU is at least this."""


def localization_scores(truth: GroundTruth, detections: pd.DataFrame) -> dict[str, float] | None:
    """Return how well the one object of each image is localized.

    Args:
        truth: The ground truth of one split. Images without an object that counts are left out.
        detections: One row per detection with image_id, label (1..K), x, y, width, height (px) and score.

    Returns:
        "mean_IoU", the mean IoU of the detection with the highest score, whatever its class; "IoU50", the share of the
        images in which that IoU is at least 0.5; and "IoU50_class", the share in which the class is right too. None if
        an image has several objects that count, or none has one.
    """
    boxes = truth.boxes()
    boxes = boxes[(boxes["difficult"] == 0) & (boxes["crowd"] == 0)].reset_index(drop=True)
    if boxes.empty or boxes["image_id"].duplicated().any():
        return None
    best = detections.sort_values("score", ascending=False, kind="stable").drop_duplicates("image_id")
    pairs = overlaps(best, boxes, same_class=False).set_index("truth")
    iou = pairs["iou"].reindex(range(len(boxes)), fill_value=0.0).to_numpy()
    detected = pairs["detected"].reindex(range(len(boxes)), fill_value=0).to_numpy()
    right = iou >= RIGHT_IOU
    return {
        "mean_IoU": float(iou.mean()),
        "IoU50": float(right.mean()),
        "IoU50_class": float(np.mean(right & (detected == boxes["label"].to_numpy()))),
    }
