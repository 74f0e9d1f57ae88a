"""Reads WIDER FACE: ``wider_face_train_bbx_gt.txt`` and ``wider_face_val_bbx_gt.txt``.

An image is a line with its path, a line with the number of its faces, and a line for each face: x, y, width and height
in px, then blur, expression, illumination, invalid, occlusion and pose. A face that is ``invalid`` is difficult. An
image without faces has the number 0 and one line of zeros. The folders of the images are events, not classes.
"""

import posixpath
import re
from collections.abc import Iterator

from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    AnnotatedObject,
    add_all,
    parse_objects,
)
from pipeline.datasets.formats.shared.numbers import finite
from pipeline.datasets.formats.shared.split_words import splits_of
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

TITLE = "WIDER FACE (wider_face_*_bbx_gt.txt)"

CLASS = "face"

_FILE = re.compile(r"wider_face_\w+_bbx_gt\.txt", re.IGNORECASE)

_COUNT = re.compile(r"\d{1,6}")

_INVALID = 7  # the position of the column


def matches(folder: DatasetFolder) -> bool:
    """Return whether there is a file of such a name."""
    return bool(_files(folder))


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each file. If there are several, their names give the splits."""
    files = _files(folder)
    splits = splits_of(files)
    builder = TableBuilder()
    for file in files:
        add_all(builder, folder, _images(folder, file, splits[file]))
    return builder.build()


def _files(folder: DatasetFolder) -> list[str]:
    return [file for file in folder.with_suffix(".txt") if _FILE.fullmatch(posixpath.basename(file))]


def _images(folder: DatasetFolder, file: str, split: str) -> Iterator[AnnotatedImage | Issue]:
    """Yield the images of a file. After a line that is out of place, the rest of the file is an issue."""
    with (folder.root / file).open(encoding="utf-8-sig", errors="replace") as text:
        lines = ((number, line.strip()) for number, line in enumerate(text, start=1) if line.strip())
        for number, name in lines:
            _, count = next(lines, (0, ""))
            if not _COUNT.fullmatch(count) or _COUNT.fullmatch(name):
                detail = f"line {number} is {name[:80]!r}, which no number of faces follows: {count[:80]!r}"
                how = "the rest of the file left out"
                yield Issue(file, Fault(None, "unreadable-annotation", detail, Action.DROP, how))
                return
            rows = [next(lines, (0, ""))[1] for _ in range(max(1, int(count)))]
            objects, faults = parse_objects(rows if int(count) else [], _face)
            yield AnnotatedImage(file, (name,), 0, 0, objects, faults, split=split, shared=True)


def _face(position: int, row: str) -> AnnotatedObject:
    """Parse the line of a face.

    Raises:
        ValueError: It is not four numbers or more.
    """
    try:
        x, y, width, height, *more = (finite(field) for field in row.split())
    except ValueError:
        raise ValueError(f"its line is {row[:80]!r}") from None
    invalid = len(more) > _INVALID - 4 and more[_INVALID - 4] == 1
    return AnnotatedObject(position, CLASS, (x, y, x + width, y + height), difficult=invalid)
