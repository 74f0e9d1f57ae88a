"""Reads CSV files with the keypoints of one object in each row: a column for the x and one for the y of each."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.datasets.formats.csv.columns import CUSTOMARY, find_columns
from pipeline.datasets.formats.shared.annotated_image import AnnotatedImage, AnnotatedObject
from pipeline.datasets.formats.shared.csv_files import CsvFile, column_key, numbers, read_rows
from pipeline.datasets.formats.shared.split_words import split_of
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.datasets.table.keypoints import ABSENT, HIDDEN, VISIBLE, extent
from pipeline.params.dataset import CsvColumns

CLASS = "object"
"""The class of objects in a file without a column of classes."""

_X_LAST = re.compile(r"(?P<before>.*[_\s.-])(?P<axis>x)(?P<after>)", re.IGNORECASE)
_X_FIRST = re.compile(r"(?P<before>)(?P<axis>x)(?P<after>[_\s.-]?\d+|[_\s.-].+)", re.IGNORECASE)

_BOXES = {key for role in ("xmin", "ymin", "xmax", "ymax") for key in CUSTOMARY[role]} | {
    *("xcenter", "centerx", "cx", "xc", "xmid")
}
"""Names of columns that rather belong to a box, in the form of :func:`column_key`."""


class KeypointColumns(NamedTuple):
    """The columns of a keypoint.

    Attributes:
        name: The name of the keypoint.
        x: The column of x.
        y: The column of y.
        visibility: The column of the code; "" if there is none.
    """

    name: str
    x: str
    y: str
    visibility: str


def keypoint_columns(source: CsvFile) -> list[KeypointColumns]:
    """Return the columns of each keypoint, in the order of the file; none if the file has no keypoints.

    Names such as ``x0, y0``, ``part_0_x, part_0_y`` and ``nose_x, nose_y`` are recognised. A column with ``v`` in
    place of ``x`` holds COCO's codes. Names such as ``x1, y1, x2, y2`` alone are those of a box, and a single pair with
    other names than x and y with a number is none of keypoints.
    """
    found = []
    for column in source.columns:
        match = _X_LAST.fullmatch(column) or _X_FIRST.fullmatch(column)
        if match is None:
            continue
        y, visibility = (
            _in_file(source, f"{match['before']}{letter}{match['after']}") for letter in ("y", "v")
        )
        if y:
            name = f"{match['before']}{match['after']}".strip(" _.-")
            found.append(KeypointColumns(name, column, y, visibility))
    own = [keypoint for keypoint in found if column_key(keypoint.x) not in _BOXES]
    return found if len(own) > 1 or any(keypoint.name.isdecimal() for keypoint in own) else []


def _in_file(source: CsvFile, name: str) -> str:
    return next((column for column in source.columns if column.lower() == name.lower()), "")


def keypoint_images(
    folder: DatasetFolder,
    source: CsvFile,
    keypoints: list[KeypointColumns],
    columns: CsvColumns,
    group: str | None,
    split: str,
    issues: list[Issue],
) -> Iterator[AnnotatedImage]:
    """Read the rows of a file, an object each. The box of an object encloses its labelled keypoints.

    Args:
        keypoints: The result of :func:`keypoint_columns`.
        columns: For each other column, the name that the user gives, or "auto" for the common names.
        group: The name of the column of groups; None if there are no groups.
        split: The split of rows without a split of their own; "" if it is unknown.
        issues: The issues of lines that cannot be read are added to it.

    Yields:
        The images in the order of their first rows.
    """
    texts = _texts(folder, source, keypoints, columns, group, issues)
    points, unreadable = _points(texts, keypoints)
    for image, rows in texts.groupby("image", sort=False):
        objects, faults = [], []
        for position, row in enumerate(rows.index.tolist()):
            label = str(rows["label"][row]) if "label" in rows else CLASS
            if unreadable[row]:
                faults.append(_fault(position))
            if (points[row, :, 2] > ABSENT).any():
                objects.append(_object(position, label, points[row]))
        own = split_of(rows["split"].iloc[0]) if "split" in rows else ""
        yield AnnotatedImage(
            source.file,
            (str(image),),
            0,
            0,
            tuple(objects),
            tuple(faults),
            split=own or split,
            group=rows["group"].iloc[0] if "group" in rows else "",
            shared=True,
        )


def _texts(
    folder: DatasetFolder,
    source: CsvFile,
    keypoints: list[KeypointColumns],
    columns: CsvColumns,
    group: str | None,
    issues: list[Issue],
) -> pd.DataFrame:
    """Return the texts of the columns image, label, split and group, if they are there, and of the keypoints."""
    used = {name for keypoint in keypoints for name in keypoint[1:] if name}
    others = source._replace(columns=tuple(name for name in source.columns if name not in used))
    roles = find_columns(others, columns, group)
    names = {role: roles[role] for role in ("image", "label", "split", "group") if roles.get(role)}
    return read_rows(folder, source, {**names, **{name: name for name in sorted(used)}}, issues)


def _object(position: int, label: str, points: np.ndarray) -> AnnotatedObject:
    found = tuple((x, y, int(code)) for x, y, code in points.tolist())
    return AnnotatedObject(position, label, extent(points), keypoints=found)


def _fault(position: int) -> Fault:
    detail = "some of its keypoints are no numbers"
    return Fault(position, "keypoints-unreadable", detail, Action.DROP, "they count as not labelled")


def _points(texts: pd.DataFrame, keypoints: list[KeypointColumns]) -> tuple[np.ndarray, np.ndarray]:
    """Return the keypoints of each row, and which rows have text that is no number.

    A keypoint without a number for x or y is absent.

    Returns:
        float64 [R, N, 3], and bool [R].
    """
    points = np.zeros((len(texts), len(keypoints), 3))
    unreadable = np.zeros(len(texts), bool)
    for at, keypoint in enumerate(keypoints):
        places = np.stack([numbers(texts[keypoint.x]), numbers(texts[keypoint.y])], axis=1)
        given = (texts[[keypoint.x, keypoint.y]] != "").to_numpy()
        unreadable |= (given & ~np.isfinite(places)).any(axis=1)
        labelled = np.isfinite(places).all(axis=1)
        codes = np.full(len(texts), float(VISIBLE))
        if keypoint.visibility:
            codes = np.clip(np.nan_to_num(numbers(texts[keypoint.visibility]), nan=HIDDEN), ABSENT, VISIBLE)
        points[labelled, at, :2] = places[labelled]
        points[labelled, at, 2] = codes[labelled]
    return points, unreadable
