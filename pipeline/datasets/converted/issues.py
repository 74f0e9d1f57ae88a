"""``issues.csv``: the faults of a dataset."""

from pathlib import Path

import pandas as pd

from pipeline.datasets.table.annotation_table import AnnotationTable, Issue


def write_issues(table: AnnotationTable, path: Path) -> None:
    """Write the issues in order of file and object."""
    issues = pd.DataFrame(table.issues, columns=Issue._fields).astype({"object": "Int64"})
    texts = ["file", "detail"]
    issues[texts] = (
        issues[texts].astype("str").replace("\r", " ", regex=True)
    )  # CSV takes it for the end of a row
    issues.sort_values(["file", "object"], kind="stable", na_position="first").to_csv(path, index=False)
