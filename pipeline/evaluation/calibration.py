"""Calibration: whether a score of 0.8 is right in eight of ten cases. Computed by hotcoco."""

from typing import Any

import pandas as pd

BINS = 10

COLUMNS = ["score", "precision", "detections"]


def calibration(evaluation: Any, counted: Any) -> dict[str, Any]:
    """Return the expected calibration error: the mean distance of score and precision over bins of the score.

    Args:
        evaluation: The evaluation of all detections at one IoU threshold.
        counted: That of the detections from the thresholds of their classes on.

    Returns:
        "ECE" of the detections that count, which are those that people see; "ECE_all" of all, most of which score
        little; the "detections" of both. An error is None if there are no detections.
    """
    shown, every = (_of(each) for each in (counted, evaluation))
    return {
        "ECE": shown["ece"] if shown["num_detections"] else None,
        "detections": shown["num_detections"],
        "ECE_all": every["ece"] if every["num_detections"] else None,
        "detections_all": every["num_detections"],
    }


def reliability(evaluation: Any) -> pd.DataFrame:
    """Return the points of the reliability diagram, one row per bin that holds detections.

    Returns:
        The mean score, the precision (the share that is right), and the number of detections of each tenth of the
        scores.
    """
    keys = ("avg_confidence", "avg_accuracy", "count")
    rows = [tuple(each[key] for key in keys) for each in _of(evaluation)["bins"] if each["count"]]
    return pd.DataFrame(rows, columns=COLUMNS)


def _of(evaluation: Any) -> dict[str, Any]:
    return evaluation.calibration(n_bins=BINS, iou_threshold=evaluation.params.iou_thrs[0])
