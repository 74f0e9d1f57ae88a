"""The CSV tables of ``data/converted``."""

from pathlib import Path

import pandas as pd

from pipeline.datasets.converted.issues import write_issues
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.errors import PipelineError

_ROWS_AT_ONCE = 10_000


def write_table(table: AnnotationTable, folder: Path) -> None:
    """Write ``images.csv``, ``objects.csv``, ``labels.txt`` and ``issues.csv``."""
    table.images.drop(columns=["normalised", "group"]).to_csv(folder / "images.csv", index=False)
    with (folder / "objects.csv").open("w", encoding="utf-8", newline="") as file:
        for start in range(
            0, max(1, len(table.objects)), _ROWS_AT_ONCE
        ):  # as text they are many times larger
            rows = table.objects.iloc[start : start + _ROWS_AT_ONCE]
            rows = rows.drop(columns=["object", "segmentation"]).astype({"difficult": int, "crowd": int})
            rows.insert(2, "class_name", [table.class_names[label - 1] for label in rows["label"]])
            rows.to_csv(file, index=False, header=start == 0)
    (folder / "labels.txt").write_text("".join(f"{name}\n" for name in table.class_names), encoding="utf-8")
    write_issues(table, folder / "issues.csv")


IMAGES = {"id": "int64", "file": "str", "width": "int64", "height": "int64", "split": "str"}

OBJECTS = {
    "image_id": "int64",
    "label": "int64",
    "class_name": "str",
    "xmin": "float64",
    "ymin": "float64",
    "xmax": "float64",
    "ymax": "float64",
    "difficult": "int64",
    "crowd": "int64",
    "area": "float64",
}

MASKS = {"image_id": "int64", "object": "int64", "counts": "str"}


def read_table(path: Path, columns: dict[str, str]) -> pd.DataFrame:
    """Read the named columns of a CSV; text is taken literally, so that a class may be called NA or None.

    Args:
        path: The file.
        columns: Name -> dtype; only a float may be empty, which reads as NaN.

    Raises:
        PipelineError: the file is absent, lacks a column, or holds something else than the dtype.
    """
    empty = {name: [""] for name, dtype in columns.items() if dtype == "float64"}
    try:
        table = pd.read_csv(path, dtype=columns, keep_default_na=False, na_values=empty)
        return table[list(columns)]
    except FileNotFoundError:
        raise PipelineError(f"{path}: not found; run the stage that writes it first") from None
    except KeyError as error:
        raise PipelineError(
            f"{path}: {error.args[0]}; it must have the columns {', '.join(columns)}"
        ) from None
    except ValueError as error:  # also pandas' own parser and empty-file errors
        raise PipelineError(f"{path}: not the expected table: {str(error).splitlines()[0]}") from None
