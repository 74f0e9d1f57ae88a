"""The dataset section of the report: counts, classes, box sizes and faults."""

from pathlib import Path

import pandas as pd
import pytest

from pipeline.datasets.converted.issues import read_issues
from pipeline.reporting.dataset import (
    CELLS,
    class_rows,
    fault_groups,
    size_cells,
    size_sentence,
    split_counts,
)
from tests.support.truths import truth_of

SMALL = {"xmin": 0, "ymin": 0, "xmax": 20, "ymax": 20}
LARGE = {"xmin": 0, "ymin": 0, "xmax": 400, "ymax": 200}


def test_counts_by_split_and_by_class_with_the_most_frequent_class_first() -> None:
    truth = truth_of([SMALL, LARGE | {"label": 2}, SMALL | {"label": 2}], images=2, classes=3)
    assert split_counts(truth) == [("train", 0, 0), ("val", 0, 0), ("test", 2, 3), ("all", 2, 3)]
    rows = class_rows(truth)
    assert [(row.name, row.total) for row in rows] == [("class-2", 2), ("class-1", 1), ("class-3", 0)]
    assert rows[1].widths == {"train": 0.0, "val": 0.0, "test": 50.0}


def test_the_chart_of_sizes_has_wide_boxes_on_the_right_and_high_ones_on_top() -> None:
    cells = size_cells(truth_of([SMALL, SMALL, LARGE]))
    assert [(cell.column, cell.row, cell.boxes) for cell in cells] == [
        (1, CELLS - 2, 2),
        (CELLS - 1, CELLS - 1 - 10, 1),
    ]
    assert [cell.weight for cell in cells] == pytest.approx([1.0, 0.707])


def test_sizes_in_words() -> None:
    sentence = size_sentence(truth_of([SMALL, SMALL, LARGE]))
    assert "median box is 5% of its image wide and 5% high" in sentence
    assert "67% are small" in sentence and "33% large" in sentence
    assert size_sentence(truth_of([SMALL | {"xmin": float("nan")}])) == "The dataset has no boxes."


def test_faults_are_grouped_by_kind(tmp_path: Path) -> None:
    assert fault_groups(read_issues(tmp_path / "issues.csv")) == []
    rows = [
        ("a.jpg", "1", "box-empty", "", "object dropped"),
        ("a.jpg", "2", "box-empty", "", "kept"),
        ("", "", "class-imbalance", "", "kept"),
    ]
    columns = ["file", "object", "fault", "detail", "action"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "issues.csv", index=False)
    groups = fault_groups(read_issues(tmp_path / "issues.csv"))
    assert [(group.fault, group.count, group.files) for group in groups] == [
        ("box-empty", 2, 1),
        ("class-imbalance", 1, 0),
    ]
    assert groups[0].actions == "kept, object dropped"
