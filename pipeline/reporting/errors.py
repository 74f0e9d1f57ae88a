"""Contents of the report's section of errors: types, calibration, thresholds and sizes."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from pipeline.evaluation.thresholds import Setting
from pipeline.reporting.charts import LineChart, Series, line_chart

TYPE_MEANINGS = {
    "class": "the box fits, the class is wrong",
    "localisation": "the class is right, the box fits badly",
    "class and localisation": "both are wrong",
    "duplicate": "a second detection of an object",
    "background": "nothing is there",
    "missed": "an object without a detection",
}


class Bar(NamedTuple):
    """A row with a bar.

    Attributes:
        name: The heading of the row.
        said: What it means.
        width: The length of the bar, in percent of its track.
        value: The figure; None if nothing defines it.
        number: A number of errors or of objects.
    """

    name: str
    said: str
    width: float
    value: float | None
    number: int


def error_values(errors: dict[str, Any] | None, thresholds: dict[str, Any] | None) -> dict[str, Any]:
    """Return what the section shows of ``errors.json`` and ``thresholds.json``; None for a file that is absent."""
    return {
        "errors": errors,
        "thresholds": thresholds,
        "error_bars": error_bars(errors) if errors else [],
        "size_bars": size_bars(errors) if errors else [],
    }


def error_bars(errors: dict[str, Any]) -> list[Bar]:
    """Return the types of error with what they cost, in the order of TIDE."""
    types = errors["error_types"]["types"]
    most = max((each["dAP"] for each in types.values()), default=0.0) or 1.0
    return [
        Bar(name, TYPE_MEANINGS[name], round(100 * each["dAP"] / most, 1), each["dAP"], each["count"])
        for name, each in types.items()
    ]


def size_bars(errors: dict[str, Any]) -> list[Bar]:
    """Return AP by the size of the objects."""
    return [
        Bar(name, "", round(100 * (each["AP"] or 0.0), 1), each["AP"], each["objects"])
        for name, each in errors["object_sizes"].items()
    ]


def reliability_chart(points: pd.DataFrame, errors: dict[str, Any]) -> LineChart:
    """Return the reliability diagram: precision against score, beside the line on which both are equal."""
    unit = (0.0, 1.0)
    ends = np.array(unit)
    error = errors["calibration"]["ECE"]
    scores, precision = (points[name].to_numpy(np.float64) for name in ("score", "precision"))
    return line_chart(
        "Reliability",
        [Series("score = precision", "faint", ends, ends), Series("the detector", "mean", scores, precision)],
        x_name="score",
        x_range=unit,
        y_range=unit,
        y_name="precision",
        caption="Thin: where a score is as often right as it says. Above it, the detector is too modest; below it, too "
        "sure."
        + (f" Expected calibration error of the detections that count: {error:.3f}." if error else ""),
    )


def counting(score: Setting) -> str:
    """Return which detections count, to follow the word "detections"."""
    if score == "auto":
        return "that reach the threshold of their class"
    return f"scored {score} or more"
