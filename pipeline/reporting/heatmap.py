"""A confusion matrix as a table whose cells are shaded by their share of the row."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.evaluation.confusion import BACKGROUND, count_matrix

LARGEST = 20  # classes that a page can show


@dataclass(frozen=True)
class HeatCell:
    """A count, its share of the row in [0, 1], and whether it is on the diagonal."""

    count: int
    share: float
    right: bool


@dataclass(frozen=True)
class HeatMap:
    """A confusion matrix.

    Attributes:
        names: Of the columns.
        rows: (name, cells); actual down, predicted across.
        left_out: Classes that are not shown.
    """

    names: list[str]
    rows: list[tuple[str, list[HeatCell]]]
    left_out: int


def heat_map(pairs: pd.DataFrame, classes: list[str], *, background: bool) -> HeatMap:
    """Shade the counts of actual and predicted.

    Args:
        pairs: One row a pair.
        classes: Names of label 1..K; of many, those with the most mistakes are shown.
        background: Whether it has a row and a column of its own.
    """
    names = [*classes, BACKGROUND] if background else list(classes)
    counts = count_matrix(pairs, names)
    shown = _most_confused(counts, len(classes))
    kept = [*shown, len(classes)] if background else shown
    totals = np.maximum(counts.sum(axis=1), 1)
    rows = [
        (
            names[i],
            [HeatCell(int(counts[i, j]), round(float(counts[i, j] / totals[i]), 3), i == j) for j in kept],
        )
        for i in kept
    ]
    return HeatMap([names[i] for i in kept], rows, len(classes) - len(shown))


def _most_confused(counts: np.ndarray, classes: int) -> list[int]:
    wrong = counts - np.diag(np.diag(counts))
    mistakes = (wrong.sum(axis=0) + wrong.sum(axis=1))[:classes]
    return sorted(np.argsort(-mistakes, kind="stable")[:LARGEST].tolist())
