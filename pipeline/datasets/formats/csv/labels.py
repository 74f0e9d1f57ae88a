"""Reads CSV files with a label of a whole image in each row, for classification."""

from collections.abc import Iterator
from math import nan
from pathlib import PurePosixPath

import pandas as pd

from pipeline.datasets.formats.csv.columns import find_columns
from pipeline.datasets.formats.shared.annotated_image import AnnotatedImage, AnnotatedObject
from pipeline.datasets.formats.shared.csv_files import CsvFile, first_row, read_rows
from pipeline.datasets.formats.shared.detections import score_column, without_detections
from pipeline.datasets.formats.shared.split_words import split_of
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.params.dataset import CsvColumns

ROLES = ("image", "label", "split", "group")

_WHOLE_IMAGE = (nan, nan, nan, nan)


def label_columns(source: CsvFile, columns: CsvColumns, group: str | None) -> dict[str, str]:
    """Return the file's names of the columns :data:`ROLES` that it has, and of the one with scores as "score".

    The result is empty if the file lacks the column of the images, of the labels or of the groups, or has boxes.

    Args:
        columns: For each column, the name that the user gives, or "auto" for the common names.
        group: The name of the column of groups; None if there are no groups.
    """
    found = find_columns(source, columns, group)
    needed = ["image", "label", *(["group"] if group else [])]
    if not all(found.get(role) for role in needed) or _has_boxes(found):
        return {}
    columns_of = {role: found[role] for role in ROLES if found.get(role)}
    score = score_column(source)
    return {**columns_of, "score": score} if score else columns_of


def _has_boxes(found: dict[str, str]) -> bool:
    """Return whether a file has columns of boxes, or the user names one that it has not."""
    return "bbox" in found or bool(found.get("xmin") or found.get("ymin"))


def names_images(folder: DatasetFolder, source: CsvFile, column: str) -> bool:
    """Return whether the first value of a column is the name of an image of the folder, with its suffix or without."""
    name = PurePosixPath(first_row(folder, source).get(column, "").replace("\\", "/")).name
    return bool(name) and any(
        name in (PurePosixPath(file).name, PurePosixPath(file).stem) for file in folder.images()
    )


def labelled_images(
    folder: DatasetFolder, source: CsvFile, columns: dict[str, str], split: str, issues: list[Issue]
) -> Iterator[AnnotatedImage]:
    """Read the rows of a file.

    Args:
        columns: The result of :func:`label_columns`.
        split: The split of rows without a split of their own; "" if it is unknown.
        issues: The issues of lines that cannot be read are added to it.

    Yields:
        The images in the order of their first rows. An image of several rows has all of their labels.
    """
    texts = without_detections(read_rows(folder, source, columns, issues), source.file, issues)
    own = texts["split"].map(split_of) if "split" in texts else pd.Series("", index=texts.index)
    texts = texts.assign(split=own.where(own != "", split))
    for image, rows in texts.groupby("image", sort=False):
        labels = list(dict.fromkeys(rows["label"]))
        yield AnnotatedImage(
            source.file,
            (str(image),),
            0,
            0,
            tuple(
                AnnotatedObject(position, label, _WHOLE_IMAGE)
                for position, label in enumerate(labels)
                if label
            ),
            faults=tuple(
                Fault(position, "unknown-class", "the label is empty", Action.DROP_OBJECT)
                for position, label in enumerate(labels)
                if not label
            ),
            split=rows["split"].iloc[0],
            group=rows["group"].iloc[0] if "group" in rows else "",
            shared=True,
        )
