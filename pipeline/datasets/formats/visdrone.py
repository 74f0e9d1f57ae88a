"""Reads VisDrone's images: a text file per image in ``annotations/``, and the image in ``images/``.

A line is left, top, width and height in px, then score, class, truncation and occlusion, with commas between. Objects
of score 0 are difficult, because VisDrone's scores ignore them. Class 0 is a region in which nothing is annotated: it
is no object, and it is listed as ``region-ignored``. Class 11 is ``others``.
"""

import posixpath
import re
from pathlib import Path

from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    AnnotatedObject,
    add_all,
    add_classes,
    box_fault,
    parse_files,
)
from pipeline.datasets.formats.shared.image_splits import with_splits
from pipeline.datasets.formats.shared.numbers import finite
from pipeline.datasets.formats.shared.peek import first_line
from pipeline.datasets.formats.shared.split_words import split_of
from pipeline.datasets.formats.shared.text_lines import lines_of
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

TITLE = "VisDrone (annotations/*.txt of eight numbers with commas, beside images/)"

_CLASSES = (
    "ignored regions",
    "pedestrian",
    "people",
    "bicycle",
    "car",
    "van",
    "truck",
    "tricycle",
    "awning-tricycle",
    "bus",
    "motor",
    "others",
)
"""The names of the classes by their numbers."""

_LINE = re.compile(r"\s*-?\d+(\s*,\s*-?\d+){7}\s*,?\s*")

_PEEKED_FILES = 20


def matches(folder: DatasetFolder) -> bool:
    """Return whether most of the first files in a folder ``annotations`` have lines of eight whole numbers."""
    files = _files(folder)[:_PEEKED_FILES]
    lines = [line for file in files if (line := first_line(folder.root / file))]
    return 2 * sum(bool(_LINE.fullmatch(line)) for line in lines) > len(lines)


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each file. Folders such as ``VisDrone2019-DET-val`` give the splits.

    The classes that occur are in the order of VisDrone's numbers.
    """
    files = _files(folder)
    splits = {file: split_of(posixpath.dirname(file)) for file in files}
    builder = TableBuilder()
    images = list(with_splits(parse_files(folder, files, parse, workers), splits))
    add_classes(builder, _CLASSES, images)
    add_all(builder, folder, images)
    return builder.build()


def parse(root: Path, file: str) -> AnnotatedImage:
    """Parse one file.

    Args:
        root: The dataset's folder.
        file: The path relative to ``root``.

    Raises:
        UnreadableAnnotationError: The file is not text.
    """
    found = [_object(position, line) for position, line in enumerate(lines_of(root / file))]
    objects = tuple(item for item in found if isinstance(item, AnnotatedObject))
    faults = tuple(item for item in found if isinstance(item, Fault))
    stem = posixpath.splitext(posixpath.basename(file))[0]
    return AnnotatedImage(file, (stem,), 0, 0, objects, faults)


def _object(position: int, line: str) -> AnnotatedObject | Fault:
    try:
        x, y, width, height, score, number = (finite(field) for field in line.split(",")[:6])
    except ValueError:
        return box_fault(position, ValueError(f"its line is {line[:80]!r}"))
    if number == 0:
        detail = f"nothing is annotated in the region ({x:g}, {y:g}, {x + width:g}, {y + height:g})"
        return Fault(position, "region-ignored", detail, Action.DROP_OBJECT)
    if not number.is_integer() or not 0 < number < len(_CLASSES):
        detail = f"class {number:g} is none of 1 to {len(_CLASSES) - 1}"
        return Fault(position, "unknown-class", detail, Action.DROP_OBJECT)
    name = _CLASSES[int(number)]
    return AnnotatedObject(position, name, (x, y, x + width, y + height), difficult=score == 0)


def _files(folder: DatasetFolder) -> list[str]:
    """Return the text files in folders called ``annotations``."""
    return [
        file
        for file in folder.with_suffix(".txt")
        if posixpath.basename(posixpath.dirname(file)).lower() == "annotations"
    ]
