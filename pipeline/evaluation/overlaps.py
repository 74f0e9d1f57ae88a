"""Which detections lie on which truths, and how well."""

import numpy as np
import pandas as pd

CORNERS = ["xmin", "ymin", "xmax", "ymax"]


def overlaps(detections: pd.DataFrame, boxes: pd.DataFrame, *, same_class: bool) -> pd.DataFrame:
    """Pair every detection with every truth of its image.

    Args:
        detections: Rows of image_id, label, x, y, width, height, score.
        boxes: Rows of image_id, label, xmin, ymin, xmax, ymax, crowd ...
        same_class: Pair within a class only.

    Returns:
        One row a pair that overlaps: detection and truth (positions in the tables), both labels, and iou: for
        a crowd the share of the detection that lies in it, as COCO has it, since a crowd has no outline to
        fit.
    """
    keys = ["image_id", "label"] if same_class else ["image_id"]
    found = detections.assign(detection=np.arange(len(detections)))
    found = found.rename(columns={"label": "detected"}).assign(label=detections["label"])
    truths = boxes[[*CORNERS, "image_id", "label", "crowd"]].assign(truth=np.arange(len(boxes)))
    if not same_class:
        found = found.drop(columns="label")
    pairs = found.merge(truths, on=keys, how="inner")
    pairs["iou"] = _iou(pairs)
    return pairs.loc[pairs["iou"] > 0, ["detection", "truth", "detected", "label", "iou"]]


def _iou(pairs: pd.DataFrame) -> pd.Series:
    """Give intersection over union of continuous boxes: width is xmax - xmin, with no pixel added."""
    across = np.minimum(pairs["x"] + pairs["width"], pairs["xmax"]) - np.maximum(pairs["x"], pairs["xmin"])
    down = np.minimum(pairs["y"] + pairs["height"], pairs["ymax"]) - np.maximum(pairs["y"], pairs["ymin"])
    intersection = np.maximum(across, 0) * np.maximum(down, 0)
    detected = pairs["width"] * pairs["height"]
    truth = (pairs["xmax"] - pairs["xmin"]) * (pairs["ymax"] - pairs["ymin"])
    union = detected.where(pairs["crowd"] == 1, detected + truth - intersection)
    return (intersection / union.where(union > 0)).fillna(0.0)
