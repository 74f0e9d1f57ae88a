"""The confusion matrix as a table."""

import pandas as pd

from pipeline.datasets.converted.labels import NO_CLASS
from pipeline.reporting.heatmap import LARGEST, HeatCell, heat_map


def pairs(*rows: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["actual", "predicted"])


def test_cells_are_shares_of_their_row() -> None:
    table = pairs(("a", "a"), ("a", "a"), ("a", "b"), ("a", NO_CLASS), (NO_CLASS, "b"))
    matrix = heat_map(table, ["a", "b"], with_no_class=True)
    assert matrix.names == ["a", "b", NO_CLASS] and matrix.left_out == 0
    assert matrix.rows[0] == (
        "a",
        [HeatCell(2, 0.5, True), HeatCell(1, 0.25, False), HeatCell(1, 0.25, False)],
    )
    assert [cell.count for cell in matrix.rows[1][1]] == [0, 0, 0]


def test_without_no_class_it_has_neither_row_nor_column() -> None:
    matrix = heat_map(pairs(("a", "b")), ["a", "b"], with_no_class=False)
    assert matrix.names == ["a", "b"]
    assert [name for name, _ in matrix.rows] == ["a", "b"]


def test_of_many_classes_those_with_the_most_mistakes_are_shown() -> None:
    classes = [f"class {number}" for number in range(LARGEST + 5)]
    wrong = [(name, classes[-1]) for name in classes[5:-1]]
    matrix = heat_map(pairs(*wrong, *((name, name) for name in classes)), classes, with_no_class=True)
    assert matrix.names == [*classes[5:], NO_CLASS]
    assert matrix.left_out == 5
