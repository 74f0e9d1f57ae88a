"""What the report says of the scores: headline, tables and precision-recall curves."""

from typing import Any

import numpy as np
import pandas as pd

from pipeline.evaluation.confusion import BACKGROUND
from pipeline.reporting.charts import LineChart, Series, line_chart

SMALL_CHARTS = 12
MEANINGS = {
    "mAP": "COCO's main figure: mean over classes and over IoU 0.50 to 0.95",
    "AP50": "a box counts as found from IoU 0.50",
    "AP75": "from IoU 0.75: the box must fit well",
    "AP_small": "objects under 32² px",
    "AP_medium": "32² to 96² px",
    "AP_large": "from 96² px",
    "AR1": "recall with one detection an image",
    "AR10": "with ten",
    "AR100": "with a hundred",
    "AR_small": "with a hundred, small objects",
    "AR_medium": "medium objects",
    "AR_large": "large objects",
    "voc07_mAP": "VOC 2007: IoU 0.50, 11 points",
    "voc10_mAP": "VOC 2010: IoU 0.50, all points",
}

MASK_MEANINGS = {
    "mAP": "by the overlap of masks, not of boxes",
    "AP50": "masks, from IoU 0.50",
    "AP75": "masks, from IoU 0.75",
}


def score_rows(detector: dict[str, Any]) -> list[tuple[str, str, float | None, float | None]]:
    """Give (name, meaning, on test, on val) of each overall score that was written."""
    val = detector.get("val", {})
    return [
        (name, said, detector[name], val.get(name)) for name, said in MEANINGS.items() if name in detector
    ]


def mask_score_rows(detector: dict[str, Any]) -> list[tuple[str, str, float | None, float | None]]:
    """Give (name, meaning, on test, on val) of each score of masks; none if there were no masks."""
    test, val = detector.get("segm", {}), detector.get("val", {}).get("segm", {})
    return [
        (f"mask {name}", said, test[name], val.get(name))
        for name, said in MASK_MEANINGS.items()
        if name in test
    ]


def class_score_rows(detector: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Give (class, scores), the best AP first, those without any last."""
    rows = detector.get("per_class", {}).items()
    return sorted(rows, key=lambda row: (row[1]["AP"] is None, -(row[1]["AP"] or 0.0)))


def operating_point(confused: pd.DataFrame) -> dict[str, float | None] | None:
    """Give recall and precision of the detections that the confusion matrix holds; None without an object.

    Precision is None where nothing is reported.

    Args:
        confused: actual and predicted, one row a pair.
    """
    objects = confused["actual"] != BACKGROUND
    reported = confused["predicted"] != BACKGROUND
    right = int((objects & (confused["actual"] == confused["predicted"])).sum())
    if not objects.any():
        return None
    precision = right / int(reported.sum()) if reported.any() else None
    return {"recall": right / int(objects.sum()), "precision": precision}


def takeaways(detector: dict[str, Any] | None, confused: pd.DataFrame | None) -> list[str]:
    """Say what stands out, in at most three sentences."""
    said = []
    rows = [(name, s["AP"]) for name, s in class_score_rows(detector or {}) if s["AP"] is not None]
    if len(rows) > 1:
        (best, high), (worst, low) = rows[0], rows[-1]
        said.append(f"Best class: {best} (AP {high:.2f}). Weakest: {worst} (AP {low:.2f}).")
    if confused is not None and len(set(confused["actual"]) - {BACKGROUND}) > 1:
        said += [text for text in (_mix_up(confused), _misses(confused)) if text]
    return said


def precision_recall_charts(curves: pd.DataFrame, iou: float) -> tuple[LineChart, list[LineChart]]:
    """Draw the mean curve over all classes' curves, and each class alone beside the mean, the weakest first.

    Args:
        curves: class, recall, precision; ``all`` is the mean.
        iou: At which they were drawn, for the title.

    Returns:
        The large chart, and at most twelve small ones; none if there is only one class.
    """
    series = {str(name): _curve(str(name), rows) for name, rows in curves.groupby("class", sort=False)}
    mean = series.pop("all")
    large = _pr_chart(
        "All classes" if len(series) > 1 else next(iter(series), "all"),
        [*series.values(), mean] if len(series) > 1 else [mean],
        f"Area under the bold line: {mean.y.mean():.3f}, which is AP at IoU {iou:g}.",
    )
    if len(series) < 2:
        return large, []
    weakest = sorted(series.values(), key=lambda s: float(s.y.mean()))[:SMALL_CHARTS]
    backdrop = Series("mean of all classes", "faint", mean.x, mean.y)
    own = [Series(s.name, "mean", s.x, s.y) for s in weakest]
    return large, [_pr_chart(s.name, [backdrop, s], f"AP {s.y.mean():.3f}", small=True) for s in own]


def _curve(name: str, rows: pd.DataFrame) -> Series:
    style = "mean" if name == "all" else "faint"
    return Series(
        "mean" if name == "all" else name,
        style,
        *(rows[c].to_numpy(np.float64) for c in ("recall", "precision")),
    )


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
        & (confused["actual"] != BACKGROUND)
        & (confused["predicted"] != BACKGROUND)
    ]
    if wrong.empty:
        return None
    (actual, predicted), count = _most_frequent(wrong)
    return f"Most frequent mix-up: {actual} taken for {predicted}, {_times(count)}." if count > 1 else None


def _misses(confused: pd.DataFrame) -> str | None:
    missed = confused[(confused["actual"] != BACKGROUND) & (confused["predicted"] == BACKGROUND)]
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
