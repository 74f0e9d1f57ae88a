"""Reads CSV files with the keypoints of one object in each row: a column for the x and one for the y of each."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.datasets.formats.csv.columns import CUSTOMARY, find_columns, missing_columns_message
from pipeline.datasets.formats.shared.annotated_image import AnnotatedImage, AnnotatedObject
from pipeline.datasets.formats.shared.box_rows import EMPTY
from pipeline.datasets.formats.shared.csv_files import CsvFile, column_key, declared_sides, numbers, read_rows
from pipeline.datasets.formats.shared.detections import score_column, without_detections
from pipeline.datasets.formats.shared.split_words import split_of
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.datasets.table.keypoints import ABSENT, HIDDEN, SHARE_SIDE, VISIBLE, extent
from pipeline.errors import PipelineError
from pipeline.params.dataset import CsvColumns

CLASS = "object"
"""The class of objects in a file without a column of classes."""

_X_LAST = re.compile(r"(?P<before>.*[_\s.-])(?P<axis>x)(?P<after>)", re.IGNORECASE)
_X_FIRST = re.compile(r"(?P<before>)(?P<axis>x)(?P<after>[_\s.-]?\d+|[_\s.-].+)", re.IGNORECASE)

_OTHERS = {key for role in ("xmin", "ymin", "xmax", "ymax") for key in CUSTOMARY[role]} | {
    *("xcenter", "centerx", "cx", "xc", "xmid", "topleftx", "bottomrightx", "tlx", "brx", "xtl", "xbr"),
    *(
        "xstart",
        "xend",
        "startx",
        "endx",
        "posx",
        "positionx",
        "sizex",
        "tilex",
        "originx",
        "offsetx",
        "scalex",
    ),
    *("velx", "vx", "accx", "gyrox", "magx", "dx", "deltax", "resolutionx", "dpix"),
}
"""Names of columns of x that are rather those of a box or of a measurement, in the form of :func:`column_key`."""

ROLES = ("image", "label", "width", "height", "split", "group")


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
    other names than x and y with a number is none of keypoints, nor are names of measurements such as ``pos_x``.
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
    numbered = [keypoint for keypoint in found if keypoint.name.isdecimal()]
    if any(column_key(keypoint.x) not in _OTHERS for keypoint in numbered):
        return numbered
    named = [keypoint for keypoint in found if column_key(keypoint.x) not in _OTHERS]
    return named if len(named) > 1 else []


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
    points, faults = _points(texts, keypoints)
    normalised = _are_shares(points, columns)
    sides = {side: declared_sides(texts, side) for side in ("width", "height")}
    for image, rows in texts.groupby("image", sort=False):
        objects, found = [], []
        for position, row in enumerate(rows.index.tolist()):
            label = str(rows["label"][row]) if "label" in rows else CLASS
            if faults[row]:
                found.append(_fault(position, faults[row]))
            if (points[row, :, 2] > ABSENT).any():
                objects.append(_object(position, label, points[row], normalised=normalised))
        own = split_of(rows["split"].iloc[0]) if "split" in rows else ""
        yield AnnotatedImage(
            source.file,
            (str(image),),
            int(sides["width"][rows.index[0]]),
            int(sides["height"][rows.index[0]]),
            tuple(objects),
            tuple(found),
            normalised=normalised,
            split=own or split,
            group=rows["group"].iloc[0] if "group" in rows else "",
            shared=True,
        )


def _are_shares(points: np.ndarray, columns: CsvColumns) -> bool:
    """Return whether the places are shares of the image; with "auto", they are if all lie within 0..1."""
    if columns.boxes != "auto":
        return columns.boxes == "normalised"
    labelled = points[points[..., 2] > ABSENT, :2]
    return bool(len(labelled)) and bool(((labelled >= 0) & (labelled <= 1)).all())


def _texts(
    folder: DatasetFolder,
    source: CsvFile,
    keypoints: list[KeypointColumns],
    columns: CsvColumns,
    group: str | None,
    issues: list[Issue],
) -> pd.DataFrame:
    """Return the texts of the columns in :data:`ROLES` that are there, and of the keypoints.

    Raises:
        PipelineError: A column that the user names is not there.
    """
    used = {name for keypoint in keypoints for name in keypoint[1:] if name}
    others = source._replace(columns=tuple(name for name in source.columns if name not in used))
    roles = find_columns(others, columns, group, ROLES)
    absent = [
        role for role in ROLES if getattr(columns, role, group or "auto") != "auto" and not roles.get(role)
    ]
    if absent:
        raise PipelineError(missing_columns_message({source: dict.fromkeys(absent, "")}, columns))
    names = {role: roles[role] for role in ROLES if roles.get(role)}
    if score := score_column(source):
        names["score"] = score
    texts = read_rows(folder, source, {**names, **{name: name for name in sorted(used)}}, issues)
    return without_detections(texts, source.file, issues)


def _object(position: int, label: str, points: np.ndarray, *, normalised: bool) -> AnnotatedObject:
    found = tuple((x, y, int(code)) for x, y, code in points.tolist())
    box = extent(points, SHARE_SIDE) if normalised else extent(points)
    return AnnotatedObject(position, label, box, keypoints=found)


def _fault(position: int, detail: str) -> Fault:
    return Fault(position, "keypoints-unreadable", detail, Action.DROP, "they count as not labelled")


def _points(texts: pd.DataFrame, keypoints: list[KeypointColumns]) -> tuple[np.ndarray, list[str]]:
    """Return the keypoints of each row, and what is wrong with them in words, "" for nothing.

    A keypoint without x and y, at (0, 0), or left of and above the image is absent: files write it so.

    Returns:
        float64 [R, N, 3], and R texts.
    """
    points = np.zeros((len(texts), len(keypoints), 3))
    faults = [""] * len(texts)
    for at, keypoint in enumerate(keypoints):
        places = np.stack([numbers(texts[name]) for name in (keypoint.x, keypoint.y)], axis=1)
        empty = np.stack([texts[name].str.lower().isin(EMPTY) for name in (keypoint.x, keypoint.y)], axis=1)
        finite = np.isfinite(places).all(axis=1)
        codes = np.full(len(texts), float(VISIBLE))
        if keypoint.visibility:
            codes = numbers(texts[keypoint.visibility])
        known = np.isin(codes, (ABSENT, HIDDEN, VISIBLE))
        for row in np.flatnonzero((~finite & ~empty.all(axis=1)) | ~known).tolist():
            faults[row] = (
                f"{keypoint.name} is at ({texts[keypoint.x][row]}, {texts[keypoint.y][row]})"
                if known[row]
                else f"the visibility of {keypoint.name} is {texts[keypoint.visibility][row]!r}, not 0, 1 or 2"
            )
        nowhere = (places < 0).all(axis=1) | (places == 0).all(axis=1)
        labelled = finite & ~nowhere & known & (codes > ABSENT)
        points[labelled, at, :2] = places[labelled]
        points[labelled, at, 2] = codes[labelled]
    return points, faults
