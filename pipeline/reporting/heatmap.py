"""Confusion matrix as a table whose cells are shaded by their share of the row."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.datasets.converted.labels import NO_CLASS
from pipeline.evaluation.confusion import count_matrix

LARGEST = 20  # classes that a table shows at most


@dataclass(frozen=True)
class HeatCell:
    """A cell of the matrix.

    Attributes:
        share: The count as a share of its row, in [0, 1].
        right: Whether the cell is on the diagonal.
    """

    count: int
    share: float
    right: bool


@dataclass(frozen=True)
class HeatMap:
    """A confusion matrix. Rows are actual classes and columns predicted ones.

    Attributes:
        names: The names of the columns; that of no class is :data:`pipeline.datasets.converted.labels.NO_CLASS`.
        rows: The name and the cells of each row.
        left_out: The number of classes that are not shown.
    """

    names: list[str]
    rows: list[tuple[str, list[HeatCell]]]
    left_out: int


def heat_map(pairs: pd.DataFrame, classes: list[str], *, with_no_class: bool) -> HeatMap:
    """Return the confusion matrix of pairs of an actual and a predicted class.

    Args:
        pairs: One row per pair with the columns actual and predicted.
        classes: The names of labels 1..K. Of more than 20, those with the most mistakes are shown.
        with_no_class: Whether no class has a row and a column: detections of nothing, and objects that are missed.
    """
    names = [*classes, NO_CLASS] if with_no_class else list(classes)
    counts = count_matrix(pairs, names)
    shown = _most_confused(counts, len(classes))
    kept = [*shown, len(classes)] if with_no_class else shown
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
    """Return the indices of the classes with the most mistakes, at most 20, ascending.

    Args:
        counts: The confusion matrix, int64 [N, N], with no class last if it is there.
        classes: The number of classes, without no class.
    """
    wrong = counts - np.diag(np.diag(counts))
    mistakes = (wrong.sum(axis=0) + wrong.sum(axis=1))[:classes]
    return sorted(np.argsort(-mistakes, kind="stable")[:LARGEST].tolist())
