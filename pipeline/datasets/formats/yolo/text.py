"""Parses the text files of YOLO datasets.

A line is ``class cx cy width height``, in fractions of the image. A line of an outline is ``class x1 y1 x2 y2 ...``,
and its box encloses the outline, which is its mask. In a dataset of oriented boxes (YOLO-OBB), each line has the four
corners of a quadrilateral. They are no mask, and a file with rotated ones is listed as ``box-rotated``. If data.yaml
has ``kpt_shape``, keypoints follow the box and are not used. A line of six numbers is a detection with a score. It is
no ground truth, so the object is left out as ``box-unreadable``.
"""

from math import isfinite
from pathlib import Path

import numpy as np

from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    AnnotatedObject,
    box_fault,
)
from pipeline.datasets.formats.shared.extents import Box, of_points
from pipeline.datasets.formats.shared.outlines import mask_of_polygons
from pipeline.datasets.formats.shared.quadrilaterals import is_rotated, rotated_fault
from pipeline.datasets.formats.yolo.data_file import read_head
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError
from pipeline.datasets.table.faults import Action, Fault

_CORNERS = 4

_HEAD_BYTES = 2**16  # the line of an outline may have thousands of numbers


def parse_labels(
    root: Path, file: str, names: dict[int, str], keypoints: int, oriented: bool
) -> AnnotatedImage:
    """Parse one text file. The image has no ``names``, because the caller knows its file.

    Args:
        root: The dataset's folder.
        file: The path relative to ``root``.
        names: The class names by number. If there are none, each class is named by its number.
        keypoints: The number of values for keypoints that follow the box in a line; 0 for none.
        oriented: Whether lines of four corners are oriented boxes, else outlines.

    Raises:
        UnreadableAnnotationError: The file is not text.
    """
    data = (root / file).read_bytes()
    if b"\0" in data:
        raise UnreadableAnnotationError("it is not text")
    objects, faults, rotated = [], [], 0
    lines = [line.split() for line in data.decode("utf-8-sig", errors="replace").splitlines()]
    for position, fields in enumerate(filter(None, lines)):
        try:
            number, box, outline = _object(fields, keypoints)
        except ValueError as error:
            faults.append(box_fault(position, error))
            continue
        if names and number not in names:
            detail = f"class {number} is not among the {len(names)} names"
            faults.append(Fault(position, "unknown-class", detail, Action.DROP_OBJECT))
            continue
        mask = b"" if oriented and len(outline) == _CORNERS else mask_of_polygons([outline])
        rotated += not mask and len(outline) > 0 and is_rotated(outline)
        objects.append(AnnotatedObject(position, names[number] if names else str(number), box, mask=mask))
    if rotated:
        faults.append(rotated_fault(rotated, len(objects)))
    return AnnotatedImage(file, (), 0, 0, tuple(objects), tuple(faults), normalised=True)


def _object(fields: list[str], keypoints: int) -> tuple[int, Box, np.ndarray]:
    """Return the class number, the box and the outline of a line: float64 [N, 2], of no point for a box.

    Raises:
        ValueError: The line has no box. The message says why.
    """
    number, values = numbers_of_line(fields)
    if len(values) == 4 or (keypoints > 0 and len(values) == 4 + keypoints):
        x, y, width, height = values[:4]
        box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        return number, box, np.empty((0, 2))
    if keypoints > 0:
        raise ValueError(
            f"the line {_quoted(fields)} has {len(values)} numbers after the class, not 4 or {4 + keypoints}: a box, "
            "and keypoints as kpt_shape says"
        )
    if len(values) < 6 or len(values) % 2:
        raise ValueError(
            f"the line {_quoted(fields)} has {len(fields)} numbers, neither a box nor an outline"
        )
    outline = np.array(values).reshape(-1, 2)
    return number, of_points(outline), outline


def numbers_of_line(fields: list[str]) -> tuple[int, list[float]]:
    """Return the class number and the further numbers of a line.

    Raises:
        ValueError: The fields are no such numbers, or they are a detection with a score. The message says why.
    """
    try:
        number, *values = map(float, fields)
    except ValueError:
        raise ValueError(f"the line {_quoted(fields)} is not of numbers") from None
    if len(fields) == 6:
        raise ValueError(f"the line {_quoted(fields)} has six numbers: a detection and its score")
    if number < 0 or not number.is_integer() or not all(map(isfinite, values)):
        raise ValueError(
            f"the line {_quoted(fields)} begins with no whole number from 0, or has a number that is not finite"
        )
    return int(number), values


def _quoted(fields: list[str]) -> str:
    return repr(" ".join(fields)[:80])


def holds_boxes(folder: DatasetFolder, file: str) -> bool:
    """Return whether the first line has a class number and at least four further numbers, but no score."""
    head = read_head(folder, file, _HEAD_BYTES).decode("utf-8-sig", errors="replace").strip()
    fields = head.splitlines()[0].split() if head else []
    try:
        return len(fields) >= 5 and bool(numbers_of_line(fields))
    except ValueError:
        return False


def holds_corners(folder: DatasetFolder, file: str) -> bool:
    """Return whether each of the first lines has a class number and four corners."""
    head = read_head(folder, file, _HEAD_BYTES).decode("utf-8-sig", errors="replace")
    lines = [line.split() for line in head.splitlines()]
    counts = {len(fields) for fields in (lines[:-1] if len(head) == _HEAD_BYTES else lines) if fields}
    return counts == {1 + 2 * _CORNERS}


def is_blank(folder: DatasetFolder, file: str) -> bool:
    """Return whether the first 64 KiB of a file are blank."""
    return not read_head(folder, file, _HEAD_BYTES).strip()
