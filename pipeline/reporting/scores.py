"""Contents of the report's score sections: the main findings, tables and precision-recall curves."""

import re
from typing import Any

import numpy as np
import pandas as pd

from pipeline.datasets.converted.labels import NO_CLASS
from pipeline.reporting.charts import LineChart, Series, line_chart

MOST_RECALL = "AR"  # the recall at the largest number of detections, whose name ends with this number
SMALL_CHARTS = 12  # classes that get a chart of their own
MEANINGS = {
    "mAP": "COCO's main figure: mean over classes and over IoU 0.50 to 0.95",
    "AP50": "a box counts as found from IoU 0.50",
    "AP75": "from IoU 0.75: the box must fit well",
    "AP_small": "objects under 32² px",
    "AP_medium": "32² to 96² px",
    "AP_large": "from 96² px",
    "AR1": "recall with one detection an image",
    "AR10": "with ten",
    MOST_RECALL: "with as many as count, evaluate.max_detections",
    "AR_small": "with as many, small objects",
    "AR_medium": "medium objects",
    "AR_large": "large objects",
    "voc07_mAP": "VOC 2007: IoU 0.50, 11 points",
    "voc10_mAP": "VOC 2010: IoU 0.50, all points",
}

_RECALL_AT = re.compile(r"AR\d+")

LOCALIZATION_MEANINGS = {
    "mean_IoU": "of the best detection of each image with its one object",
    "IoU50": "share of the images in which that IoU is 0.50 or more",
    "IoU50_class": "and the class is right",
}

KEYPOINT_MEANINGS = {
    "found": "share of the objects with a detection",
    "rmse_px": "root of the mean square of the errors of x and y, px",
    "rmse_96": "the same with each image as 96 x 96 px",
    "mean_error": "mean distance as a fraction of the image's longer side",
    "pair_error": "mean distance as a fraction of that of evaluate.keypoint_pair",
    "pck_05": "share of the keypoints within 0.05 of the longer side of the box",
    "pck_10": "within 0.10",
    "OKS_mAP": "COCO's mean AP by object keypoint similarity",
    "OKS_AP50": "the same, from a similarity of 0.50",
}

MASK_MEANINGS = {
    "mAP": "by the overlap of masks, not of boxes",
    "AP50": "masks, from IoU 0.50",
    "AP75": "masks, from IoU 0.75",
}


ScoreRow = tuple[str, str, float | None, float | None]
"""Name, meaning, test score and val score. A score is None if nothing defines it, or if it is not computed."""


def score_rows(detector: dict[str, Any]) -> list[ScoreRow]:
    """Return each overall score of boxes in ``detector.json``.

    Args:
        detector: The contents of ``metrics/detector.json``.
    """
    most = next((name for name in detector if _RECALL_AT.fullmatch(name) and name not in MEANINGS), None)
    meanings = {most if name == MOST_RECALL else name: said for name, said in MEANINGS.items()}
    return _rows({name: said for name, said in meanings.items() if name}, detector, detector.get("val", {}))


def mask_score_rows(detector: dict[str, Any]) -> list[ScoreRow]:
    """Return each score of masks. The list is empty if there are no masks.

    Args:
        detector: The contents of ``metrics/detector.json``.
    """
    return _rows(MASK_MEANINGS, *_of_both(detector, "segm"), prefix="mask ")


def further_score_rows(detector: dict[str, Any]) -> list[ScoreRow]:
    """Return each score of masks, of keypoints and of localization, whatever is there; the last are of test alone.

    Args:
        detector: The contents of ``metrics/detector.json``.
    """
    return [
        *mask_score_rows(detector),
        *_rows(KEYPOINT_MEANINGS, *_of_both(detector, "keypoints")),
        *_rows(LOCALIZATION_MEANINGS, detector.get("localization", {}), {}),
    ]


def _of_both(detector: dict[str, Any], group: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a group of scores on test and on val."""
    return detector.get(group, {}), detector.get("val", {}).get(group, {})


def _rows(
    meanings: dict[str, str], test: dict[str, Any], val: dict[str, Any], prefix: str = ""
) -> list[ScoreRow]:
    return [
        (f"{prefix}{name}", meaning, test[name], val.get(name))
        for name, meaning in meanings.items()
        if name in test
    ]


def class_score_rows(detector: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return (class name, scores) of each class by descending AP. Classes without an AP come last.

    Args:
        detector: The contents of ``metrics/detector.json``.
    """
    rows = detector.get("per_class", {}).items()
    return sorted(rows, key=lambda row: (row[1]["AP"] is None, -(row[1]["AP"] or 0.0)))


def operating_point(confused: pd.DataFrame) -> dict[str, float | None] | None:
    """Return the recall and the precision of the detections in the detector's confusion matrix, each in [0, 1].

    Args:
        confused: One row per pair of an object and a detection, with the columns actual and predicted.

    Returns:
        A dict with "recall" and "precision", or None if there are no objects. Precision is None if there are no
        detections.
    """
    objects = confused["actual"] != NO_CLASS
    reported = confused["predicted"] != NO_CLASS
    right = int((objects & (confused["actual"] == confused["predicted"])).sum())
    if not objects.any():
        return None
    precision = right / int(reported.sum()) if reported.any() else None
    return {"recall": right / int(objects.sum()), "precision": precision}


def takeaways(detector: dict[str, Any] | None, confused: pd.DataFrame | None) -> list[str]:
    """Return at most three sentences that summarise the scores.

    They name the best and the weakest class, the most frequent mix-up and the class that is missed most often.

    Args:
        detector: The contents of ``metrics/detector.json``. None if there are none.
        confused: One row per pair of an object and a detection, with the columns actual and predicted. None if there is
            no confusion matrix.
    """
    sentences = []
    rows = [(name, s["AP"]) for name, s in class_score_rows(detector or {}) if s["AP"] is not None]
    if len(rows) > 1:
        (best, high), (worst, low) = rows[0], rows[-1]
        sentences.append(f"Best class: {best} (AP {high:.2f}). Weakest: {worst} (AP {low:.2f}).")
    if confused is not None and len(set(confused["actual"]) - {NO_CLASS}) > 1:
        sentences += [text for text in (_mix_up(confused), _misses(confused)) if text]
    return sentences


def precision_recall_charts(curves: pd.DataFrame, iou: float) -> tuple[LineChart, list[LineChart]]:
    """Return a chart of all precision-recall curves, and a chart of each class beside the mean.

    Args:
        curves: The points of the curves with the columns class, recall and precision. The rows of no class
            (:data:`pipeline.datasets.converted.labels.NO_CLASS`) are the mean.
        iou: The IoU threshold of the curves, for the caption.

    Returns:
        The chart of all classes, and the charts of at most twelve classes, the weakest first. If there is only one
        class, it gets no chart of its own.
    """
    series = {str(name): _curve(str(name), rows) for name, rows in curves.groupby("class", sort=False)}
    mean = series.pop(NO_CLASS)
    large = _pr_chart(
        "All classes" if len(series) > 1 else next(iter(series)),
        [*series.values(), mean] if len(series) > 1 else [mean],
        f"Area under the bold line: {mean.y.mean():.3f}, which is AP at IoU {iou:g}.",
    )
    if len(series) < 2:
        return large, []
    weakest = sorted(series.values(), key=lambda s: float(s.y.mean()))[:SMALL_CHARTS]
    backdrop = Series(mean.name, "faint", mean.x, mean.y)
    own = [Series(s.name, "mean", s.x, s.y) for s in weakest]
    return large, [_pr_chart(s.name, [backdrop, s], f"AP {s.y.mean():.3f}", small=True) for s in own]


def _curve(name: str, rows: pd.DataFrame) -> Series:
    recall, precision = (rows[column].to_numpy(np.float64) for column in ("recall", "precision"))
    if name == NO_CLASS:
        return Series("mean of all classes", "mean", recall, precision)
    return Series(name, "faint", recall, precision)


def _pr_chart(title: str, series: list[Series], caption: str, *, small: bool = False) -> LineChart:
    unit = (0.0, 1.0)
    return line_chart(
        title,
        series,
        x_name="recall",
        x_range=unit,
        y_range=unit,
        y_name="precision",
        few_ticks=small,
        caption=caption,
    )


def _mix_up(confused: pd.DataFrame) -> str | None:
    wrong = confused[
        (confused["actual"] != confused["predicted"])
        & (confused["actual"] != NO_CLASS)
        & (confused["predicted"] != NO_CLASS)
    ]
    if wrong.empty:
        return None
    (actual, predicted), count = _most_frequent(wrong)
    return f"Most frequent mix-up: {actual} taken for {predicted}, {_times(count)}." if count > 1 else None


def _misses(confused: pd.DataFrame) -> str | None:
    missed = confused[(confused["actual"] != NO_CLASS) & (confused["predicted"] == NO_CLASS)]
    if missed.empty:
        return None
    (actual, _), count = _most_frequent(missed)
    return f"Most often overlooked: {actual}, {_times(count)}." if count > 1 else None


def _most_frequent(pairs: pd.DataFrame) -> tuple[tuple[str, str], int]:
    counts = pairs.groupby(["actual", "predicted"]).size().sort_values(ascending=False, kind="stable")
    actual, predicted = counts.index[0]
    return (actual, predicted), int(counts.iloc[0])


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"


def recall_rows(classifier: dict[str, Any]) -> list[tuple[str, float | None]]:
    """Return (class name, recall) of each class by ascending recall. Classes without test images come last.

    Args:
        classifier: The contents of ``metrics/classification.json``.
    """
    rows = classifier.get("per_class", {}).items()
    return sorted(rows, key=lambda row: (row[1] is None, row[1] or 0.0))
