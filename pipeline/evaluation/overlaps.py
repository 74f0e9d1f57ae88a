"""Intersection over union (IoU) of detections and ground-truth boxes."""

import numpy as np
import pandas as pd

CORNERS = ["xmin", "ymin", "xmax", "ymax"]


def overlaps(detections: pd.DataFrame, boxes: pd.DataFrame, *, same_class: bool) -> pd.DataFrame:
    """Return all pairs of a detection and a ground-truth box of the same image that overlap.

    Args:
        detections: One row per detection with image_id, label, x, y, width, height (px) and score.
        boxes: One row per ground-truth box with image_id, label, xmin, ymin, xmax, ymax (px) and crowd.
        same_class: Whether both must have the same label.

    Returns:
        One row per pair: detection and truth (row numbers in the two tables, from 0), detected (the label of the
        detection), label (of the truth) and iou in (0, 1]. For a crowd, iou is the share of the detection that lies in
        it, as in COCO.
    """
    keys = ["image_id", "label"] if same_class else ["image_id"]
    numbered = detections.assign(detection=np.arange(len(detections)))
    numbered = numbered.rename(columns={"label": "detected"}).assign(label=detections["label"])
    truths = boxes[[*CORNERS, "image_id", "label", "crowd"]].assign(truth=np.arange(len(boxes)))
    if not same_class:
        numbered = numbered.drop(columns="label")
    pairs = numbered.merge(truths, on=keys, how="inner")
    pairs["iou"] = _iou(pairs)
    return pairs.loc[pairs["iou"] > 0, ["detection", "truth", "detected", "label", "iou"]]


def _iou(pairs: pd.DataFrame) -> pd.Series:
    """Return the IoU of each pair. Boxes are continuous: their width is xmax - xmin, with no pixel added."""
    across = np.minimum(pairs["x"] + pairs["width"], pairs["xmax"]) - np.maximum(pairs["x"], pairs["xmin"])
    down = np.minimum(pairs["y"] + pairs["height"], pairs["ymax"]) - np.maximum(pairs["y"], pairs["ymin"])
    intersection = np.maximum(across, 0) * np.maximum(down, 0)
    detected = pairs["width"] * pairs["height"]
    truth = (pairs["xmax"] - pairs["xmin"]) * (pairs["ymax"] - pairs["ymin"])
    union = detected.where(pairs["crowd"] == 1, detected + truth - intersection)
    return (intersection / union.where(union > 0)).fillna(0.0)
