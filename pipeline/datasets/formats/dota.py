"""Reads DOTA: a text file per image in ``labelTxt``, a line per object with the corners of its quadrilateral.

A line is x and y of four corners in px, the class, and 0 or 1 for difficult. Lines before them say the source of the
image and its ground sampling distance. A detector of upright boxes learns the box that encloses the quadrilateral, and
an image in which this makes a difference is listed as ``box-rotated``.
"""

import posixpath
import re
from pathlib import Path

import numpy as np

from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    AnnotatedObject,
    add_all,
    box_fault,
    parse_files,
)
from pipeline.datasets.formats.shared.extents import of_points
from pipeline.datasets.formats.shared.image_splits import with_splits
from pipeline.datasets.formats.shared.numbers import finite
from pipeline.datasets.formats.shared.peek import head_and_tail
from pipeline.datasets.formats.shared.quadrilaterals import is_rotated, rotated_fault
from pipeline.datasets.formats.shared.split_words import splits_of_folders
from pipeline.datasets.formats.shared.text_lines import lines_of
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.text_encoding import peeked_text
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Issue
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

TITLE = "DOTA (.txt with four corners, a class and 0 or 1 for difficult in each line)"

_HEADER = re.compile(r"(imagesource|gsd)\s*:", re.IGNORECASE)

_NUMBER = r"-?\d+(\.\d*)?"

_LINE = re.compile(rf"{_NUMBER}(\s+{_NUMBER}){{7}}\s+\S*[^\s\d.]\S*(\s+[0-9])?")

_CORNERS = 8

_PEEKED_FILES = 20


def matches(folder: DatasetFolder) -> bool:
    """Return whether the first text file with an object has such lines, and an image has its stem."""
    for file in folder.with_suffix(".txt")[:_PEEKED_FILES]:
        lines = _with_objects(peeked_text(head_and_tail(folder.root / file)).splitlines())
        if lines and _LINE.fullmatch(lines[0]) and folder.find_image_by_stem(_stem(file), annotation=file):
            return True
    return False


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each text file with such lines, or without lines if it is beside one that has some.

    Class names are sorted. If the folders of the files name two or more splits, each image has the split of its folder.
    """
    files = folder.with_suffix(".txt")
    splits = splits_of_folders(files)
    images = list(parse_files(folder, files, parse, workers))
    homes = {
        posixpath.dirname(image.annotation)
        for image in images
        if isinstance(image, AnnotatedImage) and image.objects
    }
    builder = TableBuilder()
    found = (
        image
        for image in images
        if posixpath.dirname(image.file if isinstance(image, Issue) else image.annotation) in homes
    )
    add_all(builder, folder, with_splits(found, splits))
    return builder.build(sort_classes=True)


def parse(root: Path, file: str) -> AnnotatedImage:
    """Parse one file.

    Args:
        root: The dataset's folder.
        file: The path relative to ``root``.

    Raises:
        UnreadableAnnotationError: The file is not text.
    """
    objects, faults, rotated = [], [], 0
    for position, line in enumerate(_with_objects(lines_of(root / file))):
        try:
            item, turned = _object(position, line.split())
        except ValueError as error:
            faults.append(box_fault(position, error))
            continue
        objects.append(item)
        rotated += turned
    if rotated:
        faults.append(rotated_fault(rotated, len(objects)))
    return AnnotatedImage(file, (_stem(file),), 0, 0, tuple(objects), tuple(faults))


def _object(position: int, fields: list[str]) -> tuple[AnnotatedObject, bool]:
    """Return the object of a line, and whether its quadrilateral is rotated.

    Raises:
        ValueError: The line has no quadrilateral.
    """
    if len(fields) <= _CORNERS:
        raise ValueError(f"its line is {' '.join(fields)[:80]!r}, not four corners and a class")
    numbers = [finite(field) for field in fields[:_CORNERS]]
    corners = np.array(numbers).reshape(-1, 2)
    difficult = fields[_CORNERS + 1 : _CORNERS + 2] not in ([], ["0"])
    item = AnnotatedObject(position, fields[_CORNERS], of_points(corners), difficult=difficult)
    return item, is_rotated(corners)


def _with_objects(lines: list[str]) -> list[str]:
    """Return the lines that are neither blank nor of the header."""
    stripped = [line.strip() for line in lines]
    return [line for line in stripped if line and not _HEADER.match(line)]


def _stem(file: str) -> str:
    return posixpath.splitext(posixpath.basename(file))[0]
