"""Reads what the OIDv4 Toolkit downloads: a folder of images for each class, with a text file for each in ``Label/``.

A line is ``class xmin ymin xmax ymax``, in px; the class may have blanks. ``train/Apple/Label/0a.txt`` belongs to
``train/Apple/0a.jpg``. The toolkit downloads an image once for each of its classes, with the objects of that class
alone. These copies are one image here, with the objects of all of them. Folders ``train``, ``validation`` and ``test``
give the splits.
"""

import posixpath
from collections import defaultdict
from itertools import islice
from pathlib import Path

from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    AnnotatedObject,
    add_all,
    parse_files,
    parse_objects,
)
from pipeline.datasets.formats.shared.numbers import finite
from pipeline.datasets.formats.shared.split_words import splits_of_folders
from pipeline.datasets.formats.shared.text_lines import lines_of
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

TITLE = "OIDv4 Toolkit (Label/*.txt with lines of class, xmin, ymin, xmax and ymax)"

_FOLDER = "label"
_PEEKED_FILES = 20
_HEAD_BYTES = 2**12
_SHOWN = 80  # characters of a wrong line that a message quotes


def matches(folder: DatasetFolder) -> bool:
    """Return whether one of the first text files in folders ``Label`` begins with a class and four numbers."""
    return any(_is_label(folder.root / file) for file in islice(_label_files(folder), _PEEKED_FILES))


def _label_files(folder: DatasetFolder) -> list[str]:
    return [
        file
        for file in folder.with_suffix(".txt")
        if posixpath.basename(posixpath.dirname(file)).lower() == _FOLDER
    ]


def _is_label(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES).decode("utf-8-sig", errors="replace").strip()
        name = _object(0, head.splitlines()[0] if head else "").name
    except (OSError, ValueError):
        return False
    try:
        finite(name.split()[-1])  # the lines of YOLO and KITTI have further numbers
    except ValueError:
        return True
    return False


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each text file of the folders ``Label``. Class names are sorted."""
    files = _label_files(folder)
    splits = splits_of_folders(files)
    builder = TableBuilder()
    copies = defaultdict[tuple[str, str], list[AnnotatedImage]](list)
    images = list[AnnotatedImage | Issue]()
    for image in parse_files(folder, files, parse, workers):
        if isinstance(image, Issue):
            images.append(image)
        else:
            split = splits[image.annotation]
            copies[split, posixpath.basename(image.annotation)].append(image._replace(split=split))
    images += [each for same in copies.values() for each in _merged(same)]
    classes = {posixpath.dirname(posixpath.dirname(file)) for file in files}
    folder.use(image for image in folder.images() if posixpath.dirname(image) in classes)  # copies too
    add_all(builder, folder, images)
    return builder.build(sort_classes=True)


def parse(root: Path, file: str) -> AnnotatedImage:
    """Parse one text file.

    Args:
        root: The dataset's folder.
        file: The path relative to ``root``.

    Raises:
        UnreadableAnnotationError: The file is not text.
    """
    objects, faults = parse_objects(lines_of(root / file), _object)
    home, name = posixpath.split(posixpath.splitext(file)[0])
    beside = posixpath.join(posixpath.dirname(home), name)
    return AnnotatedImage(file, (beside,), 0, 0, objects, faults)


def _object(position: int, line: str) -> AnnotatedObject:
    """Parse a line.

    Raises:
        ValueError: It is not a class and four numbers.
    """
    *words, xmin, ymin, xmax, ymax = line.split() if len(line.split()) > 4 else [""] * 4
    if not words:
        raise ValueError(f"the line {line[:_SHOWN]!r} is not a class and four numbers")
    return AnnotatedObject(
        position, " ".join(words), (finite(xmin), finite(ymin), finite(xmax), finite(ymax))
    )


def _merged(copies: list[AnnotatedImage]) -> list[AnnotatedImage | Issue]:
    """Return one image with the objects of all copies, and the issues of the other copies."""
    first, *others = copies
    objects, faults = list(first.objects), list(first.faults)
    issues = list[AnnotatedImage | Issue]()
    for copy in others:
        shift = len(objects) + len(faults)  # positions of the copies follow those before them
        objects += [item._replace(position=item.position + shift) for item in copy.objects]
        faults += [fault._replace(object=(fault.object or 0) + shift) for fault in copy.faults]
        detail = f"the same image as that of {first.annotation}, with the objects of another class"
        fault = Fault(None, "duplicate-image", detail, Action.REPAIR, "its objects added to that image")
        issues.append(Issue(copy.annotation, fault))
    return [first._replace(objects=tuple(objects), faults=tuple(faults)), *issues]
