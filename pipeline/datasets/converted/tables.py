"""``images.csv`` and ``objects.csv``: the images and objects that are left after all checks."""

from pathlib import Path

import pandas as pd

from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.errors import PipelineError

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

_ROWS_AT_ONCE = 10_000


def write_images(table: AnnotationTable, converted: Path) -> None:
    """Write ``images.csv``."""
    table.images[list(IMAGES)].to_csv(converted / "images.csv", index=False)


def write_objects(table: AnnotationTable, converted: Path) -> None:
    """Write ``objects.csv`` in blocks of rows: the text of a row is many times larger than the row."""
    with (converted / "objects.csv").open("w", encoding="utf-8", newline="") as file:
        for start in range(0, max(1, len(table.objects)), _ROWS_AT_ONCE):
            rows = table.objects.iloc[start : start + _ROWS_AT_ONCE]
            rows = rows.astype({"difficult": int, "crowd": int})
            rows["class_name"] = [table.class_names[label - 1] for label in rows["label"]]
            rows[list(OBJECTS)].to_csv(file, index=False, header=start == 0)


def read_images(converted: Path) -> pd.DataFrame:
    """Read ``images.csv``.

    Raises:
        PipelineError: See :func:`read_table`.
    """
    return read_table(converted / "images.csv", IMAGES)


def read_objects(converted: Path) -> pd.DataFrame:
    """Read ``objects.csv``.

    Raises:
        PipelineError: See :func:`read_table`.
    """
    return read_table(converted / "objects.csv", OBJECTS)


def positions_in_image(objects: pd.DataFrame) -> pd.Series:
    """Return the position of each object among the rows of its image, from 0: int64 [G].

    Args:
        objects: All rows of ``objects.csv``, at least with the column image_id.
    """
    return objects.groupby("image_id").cumcount()


def read_table(path: Path, columns: dict[str, str]) -> pd.DataFrame:
    """Read the named columns of a CSV file. Text is taken literally, so a class may be called NA or None.

    Args:
        columns: Name: dtype. Only a float may be empty, which reads as NaN.

    Raises:
        PipelineError: The file is absent, lacks a column, or holds a value that is not of the dtype.
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
    except ValueError as error:  # pandas' errors of parsing and of empty files are ValueErrors too
        raise PipelineError(f"{path}: not the expected table: {str(error).splitlines()[0]}") from None
