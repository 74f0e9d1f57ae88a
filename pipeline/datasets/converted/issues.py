"""``issues.csv``: the faults of a dataset."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from pipeline.datasets.converted.tables import read_table
from pipeline.datasets.table.faults import Issue

COLUMNS = ("file", "object", "fault", "detail", "action")


def write_issues(issues: Iterable[Issue], path: Path) -> None:
    """Write the issues in order of file and object."""
    rows = [(file, fault.object, fault.name, fault.detail, fault.action_text) for file, fault in issues]
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"object": "Int64"})
    texts = ["file", "detail"]
    # readers of CSV take a carriage return for the end of a row
    table[texts] = table[texts].astype("str").replace("\r", " ", regex=True)
    table.sort_values(["file", "object"], kind="stable", na_position="first").to_csv(path, index=False)


def read_issues(path: Path) -> pd.DataFrame:
    """Read the issues; the result is empty if there is no such file.

    Returns:
        The columns :data:`COLUMNS` as text; ``object`` is "" for a fault that is not one object's.
    """
    if not path.is_file():
        return pd.DataFrame(columns=list(COLUMNS))
    return read_table(path, dict.fromkeys(COLUMNS, "str"))
