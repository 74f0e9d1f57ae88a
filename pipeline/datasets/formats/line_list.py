"""Reads lists of images with boxes, as keras-yolo3 and YOLOv4-PyTorch have them.

A line is ``path x1,y1,x2,y2,class x1,y1,x2,y2,class ...``, in px. A line with a path alone is an image without objects.
Roboflow exports such lists as "YOLO Keras TXT" and "YOLOv4 PyTorch". If there are several lists, their names or folders
give the splits. The class names are in a text file whose name ends in ``classes.txt``, or in a ``*.names`` file, with
one name per line. Files in the folders of the lists are preferred to others.
"""

import logging
import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    AnnotatedObject,
    add_all,
    box_fault,
)
from pipeline.datasets.formats.shared.numbers import finite
from pipeline.datasets.formats.shared.split_words import splits_of
from pipeline.datasets.formats.yolo.data_file import (
    DataFile,
    class_names,
    names_of_lines,
    read_head,
    text_lines,
)
from pipeline.datasets.raw.folder import IMAGE_SUFFIXES, DatasetFolder
from pipeline.datasets.raw.text_encoding import peeked_text
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

logger = logging.getLogger(__name__)

TITLE = "line lists (.txt with lines of an image and x1,y1,x2,y2,class for each box)"

_PEEKED_FILES = 100
_HEAD_BYTES = 2**14
_SHOWN = 80  # characters of a wrong line that a message quotes
_SUFFIXES = "|".join(sorted(suffix[1:] for suffix in IMAGE_SUFFIXES))

# The path ends with the first suffix of images that a blank follows, because paths may hold blanks.
_LINE = re.compile(rf"(?P<path>.*?\.(?:{_SUFFIXES}))(?:\s+(?P<boxes>.*))?", re.IGNORECASE)

_NUMBER = r"[-+]?\d+(?:\.\d*)?"
_BOX = re.compile(rf"(?:{_NUMBER},){{4}}\w[^\s,]*")


def matches(folder: DatasetFolder) -> bool:
    """Return whether one of the text files has lines of an image and boxes at its beginning.

    Of very many text files, those that have not the name of an image are looked at first.
    """
    files = folder.with_suffix(".txt")
    if len(files) > _PEEKED_FILES:
        stems = {posixpath.splitext(posixpath.basename(image))[0] for image in folder.images()}
        files.sort(key=lambda file: posixpath.splitext(posixpath.basename(file))[0] in stems)
    return any(_is_list(folder, file) for file in files[:_PEEKED_FILES])


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each list. Classes are in the order of their numbers.

    If no file names the classes, each class is named by its number. Otherwise, an object of another class is an issue.

    Raises:
        PipelineError: Two files of class names differ, or the text of a file is in another encoding than UTF-8 and
            UTF-16.
    """
    files = [file for file in folder.with_suffix(".txt") if _is_list(folder, file)]
    builder = TableBuilder()
    names = _class_names(folder, files, builder.issues)
    splits = splits_of(files)
    images = [image for file in files for image in _images(folder, file, names, splits[file])]
    for name in filter(str.strip, names.values()) if names else _numbers_as_names(images):
        builder.label(name)
    add_all(builder, folder, images)
    return builder.build()


def _is_list(folder: DatasetFolder, file: str) -> bool:
    """Return whether one of the first lines names an image and then has a box."""
    lines = peeked_text(read_head(folder, file, _HEAD_BYTES)).splitlines()
    found = (_LINE.fullmatch(line.strip()) for line in lines)
    return any(match and _BOX.match(match["boxes"] or "") for match in found)


def _class_names(folder: DatasetFolder, files: list[str], issues: list[Issue]) -> dict[int, str]:
    """Return the class names by number; empty if no file has any. Names that differ are added to ``issues``."""
    lists = [*folder.with_suffix("classes.txt"), *folder.with_suffix(".names")]
    homes = {posixpath.dirname(file) for file in files}
    near = [file for file in lists if posixpath.dirname(file) in homes]
    described = [DataFile(file, names_of_lines(folder, file)) for file in near or lists]
    return class_names(folder, described, issues)


def _numbers_as_names(images: list[AnnotatedImage | Issue]) -> list[str]:
    """Return the class numbers of all objects as text, in the order of the numbers."""
    logger.info("no file names the classes, so each class is named by its number")
    names = {item.name for image in images if isinstance(image, AnnotatedImage) for item in image.objects}
    return sorted(names, key=int)


def _images(
    folder: DatasetFolder, file: str, names: dict[int, str], split: str
) -> Iterator[AnnotatedImage | Issue]:
    """Yield the image of each line. Lines of the same image are numbered on.

    Args:
        names: The class names by number; none if each class is named by its number.
        split: train | val | test; "" if the split is unknown.
    """
    positions = Counter[str]()
    for line in filter(None, text_lines(folder, file)):
        match = _LINE.fullmatch(line)
        if match is None:
            detail = f"the line {line[:_SHOWN]!r} names no image"
            fault = Fault(None, "unreadable-annotation", detail, Action.DROP, "line left out")
            yield Issue(file, fault)
            continue
        path, boxes = match["path"], (match["boxes"] or "").split()
        objects, faults = _objects(boxes, positions[path], names)
        positions[path] += len(boxes)
        yield AnnotatedImage(file, (path,), 0, 0, objects, faults, split=split, shared=True)


def _objects(
    boxes: Iterable[str], first: int, names: dict[int, str]
) -> tuple[tuple[AnnotatedObject, ...], tuple[Fault, ...]]:
    """Parse the boxes of a line, whose positions begin at ``first``."""
    objects, faults = [], []
    for position, text in enumerate(boxes, start=first):
        try:
            xmin, ymin, xmax, ymax, number = _numbers(text)
        except ValueError as error:
            faults.append(box_fault(position, error))
            continue
        if names and number not in names:
            detail = f"class {number} is not among the {len(names)} names"
            faults.append(Fault(position, "unknown-class", detail, Action.DROP_OBJECT))
            continue
        name = names[number] if names else str(number)
        objects.append(AnnotatedObject(position, name, (xmin, ymin, xmax, ymax)))
    return tuple(objects), tuple(faults)


def _numbers(text: str) -> tuple[float, float, float, float, int]:
    """Return xmin, ymin, xmax, ymax in px, and the class number.

    Raises:
        ValueError: The text is not such numbers.
    """
    fields = text.split(",")
    if len(fields) != 5:
        raise ValueError(f"{text[:_SHOWN]!r} is not x1,y1,x2,y2,class")
    xmin, ymin, xmax, ymax, number = map(finite, fields)
    if number < 0 or not number.is_integer():
        raise ValueError(f"{text[:_SHOWN]!r} has a class that is no number from 0")
    return xmin, ymin, xmax, ymax, int(number)
