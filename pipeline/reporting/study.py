"""The transfer table as text and as a page."""

import math
from typing import Any

import pandas as pd

from pipeline.reporting.text_table import text_table

HEADINGS = {
    "test_top1": "top-1 on test",
    "test_top5": "top-5 on test",
    "train_top1": "top-1 on train",
    "train_top5": "top-5 on train",
    "mAP": "mAP of the detector",
    "epochs": "epochs to the score",
}
"""Column of the table -> its heading."""


def table_text(table: pd.DataFrame) -> str:
    """Return the table as text, a line for each backbone and mode."""
    lines = [("backbone", "mode", *_headings(table)), *_lines(table)]
    return text_table(lines, left=len(lines[0]))


def study_values(table: pd.DataFrame, trainings: pd.DataFrame, study: dict[str, Any]) -> dict[str, Any]:
    """Return the values of the page.

    Args:
        table: The means; see :func:`pipeline.evaluation.transfer.transfer_table`.
        trainings: One row for each training.
        study: The section ``study`` of ``params.yaml``.
    """
    best = max(table.to_dict("records"), key=lambda row: row["test_top1"])
    return {
        "study": study,
        "headings": _headings(table),
        "lines": _lines(table),
        "bars": [_bar(row) for row in table.to_dict("records")],
        "best": f"{best['backbone']}, {best['mode']}",
        "best_top1": best["test_top1"],
        "trainings": len(trainings),
    }


def _headings(table: pd.DataFrame) -> list[str]:
    return [heading for name, heading in HEADINGS.items() if name in table]


def _lines(table: pd.DataFrame) -> list[tuple[str, ...]]:
    names = [name for name in HEADINGS if name in table]
    return [
        (row["backbone"], row["mode"], *(_cell(name, row[name], row[f"{name}_half"]) for name in names))
        for row in table.to_dict("records")
    ]


def _cell(name: str, mean: float, half: float) -> str:
    """Return a mean with half of its interval, or a dash if there is none."""
    if math.isnan(mean):
        return "not by all seeds" if name == "epochs" else "–"
    digits = 1 if name == "epochs" else 3
    return f"{mean:.{digits}f}" if math.isnan(half) else f"{mean:.{digits}f} ± {half:.{digits}f}"


def _bar(row: dict[Any, Any]) -> dict[str, Any]:
    """Return the bar of a row: its text, its length, and the ends of its interval, in percent."""
    mean, half = row["test_top1"], row["test_top1_half"]
    low, high = (mean, mean) if math.isnan(half) else (max(mean - half, 0.0), min(mean + half, 1.0))
    return {
        "name": f"{row['backbone']}, {row['mode']}",
        "width": round(100 * mean, 1),
        "low": round(100 * low, 1),
        "span": round(100 * (high - low), 1),
        "text": _cell("test_top1", mean, half),
    }
