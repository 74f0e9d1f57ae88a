"""Reads YOLO: one text file per image, with one line ``class cx cy width height`` per object.

The numbers are fractions of the image, 0..1.

The image of ``labels/train/1.txt`` is ``images/train/1.jpg``, as in Ultralytics, or ``labels/train/1.jpg``, or an
image with the stem ``1`` in any other folder. In the first two cases, the text file may also be ``1.jpg.txt``. An
empty file means an image without objects.
"""

import logging
import posixpath
from collections.abc import Iterable, Iterator
from functools import partial
from operator import itemgetter

from pipeline.datasets.formats.shared.annotated_image import AnnotatedImage, add, parse_files
from pipeline.datasets.formats.shared.image_splits import once_per_split
from pipeline.datasets.formats.yolo.data_file import (
    DataFile,
    class_names,
    data_files,
    has_class_names,
    is_class_list,
)
from pipeline.datasets.formats.yolo.pose import undeclared_keypoints
from pipeline.datasets.formats.yolo.splits import SplitPlaces
from pipeline.datasets.formats.yolo.text import holds_boxes, holds_corners, is_blank, parse_labels
from pipeline.datasets.raw.folder import IMAGE_SUFFIXES, DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

logger = logging.getLogger(__name__)

TITLE = "YOLO (one .txt with boxes per image, and class names in data.yaml, *.names, classes.txt or _darknet.labels)"

_PEEKED_FILES = 100


def matches(folder: DatasetFolder) -> bool:
    """Return whether text files with boxes have images, and class names or the folders labels/ and images/ exist."""
    images = _Images(folder)
    labels = [file for file in _peeked(folder) if images.of(file) and holds_boxes(folder, file)]
    return bool(labels) and (has_class_names(folder) or any(map(images.beside, labels)))


def is_there(folder: DatasetFolder) -> bool:
    """Return whether some text files have boxes, or a file names classes and there are any text files."""
    return any(holds_boxes(folder, file) for file in _peeked(folder)) or (
        has_class_names(folder) and bool(_text_files(folder))
    )


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each text file that has an image. Classes are in the order of their numbers.

    If no file names the classes, each class is named by its number, and this is logged. A text file without an image
    is an issue if it is empty or has boxes. Other text files are ignored.

    Raises:
        PipelineError: The files that name the classes cannot be read or differ.
    """
    described = data_files(folder)
    places = SplitPlaces(folder, described)
    builder = TableBuilder(issues=places.issues)
    names = class_names(folder, described, builder.issues)
    folder.use([*places.lists, *(data.file for data in described)])
    image_of = _images_of_files(
        folder, [file for file in _text_files(folder) if file not in places.lists], builder
    )
    keypoints = _keypoints(folder, described, list(image_of), builder)
    oriented = not keypoints and _is_oriented(folder)
    if oriented:
        logger.info("each line has four corners: they are read as oriented boxes, not as outlines")
    parse = partial(parse_labels, names=names, keypoints=keypoints, oriented=oriented)
    parsed: Iterable[AnnotatedImage | Issue] = parse_files(folder, image_of, parse, workers)
    if not names:
        parsed = list(parsed)
        _add_numbers_as_classes(builder, parsed)
    for name in filter(str.strip, names.values()):
        builder.label(name)
    _add_all(builder, parsed, image_of, places)
    return builder.build()


def _keypoints(
    folder: DatasetFolder, described: list[DataFile], files: list[str], builder: TableBuilder
) -> int:
    """Return the number of values for keypoints that follow the box in each line, which are not used.

    Args:
        files: The text files of the images.
        builder: What is not used, and keypoints that no file declares, are listed there.
    """
    for data in described:
        if data.keypoints:
            builder.unused.add(data.file, ["kpt_shape: the keypoints of the lines"])
            return data.keypoints
    count = undeclared_keypoints(folder, files[:: max(1, -(-len(files) // _PEEKED_FILES))])
    if count:
        detail = f"each line has a box and {count} values of keypoints, but no data.yaml has kpt_shape"
        how = "boxes read, keypoints left out"
        fault = Fault(None, "keypoints-without-shape", detail, Action.REPAIR, how)
        builder.issues.append(Issue(files[0], fault))
    return count


def _add_all(
    builder: TableBuilder,
    parsed: Iterable[AnnotatedImage | Issue],
    image_of: dict[str, str],
    places: SplitPlaces,
) -> None:
    """Add each image once for each of its splits."""
    splits = places.splits(list(image_of.values()))
    for image in parsed:
        if isinstance(image, Issue):
            builder.issues.append(image)
            continue
        file = image_of[image.annotation]
        for each in once_per_split(image, splits[file]):
            add(builder, file, each)


def _add_numbers_as_classes(builder: TableBuilder, parsed: list[AnnotatedImage | Issue]) -> None:
    """Add a class for each number of the objects, in the order of the numbers."""
    logger.info("no file names the classes, so each class is named by its number")
    numbers = {int(item.name) for image in parsed if not isinstance(image, Issue) for item in image.objects}
    for number in sorted(numbers):
        builder.label(str(number))


class _Images:
    """Finds the image of a text file."""

    def __init__(self, folder: DatasetFolder) -> None:
        self._folder = folder
        images = folder.images()
        self._by_path = {image: image for image in images}  # for 1.jpg.txt
        self._by_path |= {posixpath.splitext(image)[0]: image for image in reversed(images)}

    def beside(self, file: str) -> str:
        """Return the image in the folder images that is beside the folder labels of ``file``; "" for none."""
        before, labels, after = f"/{file}".rpartition(
            "/labels/"
        )  # Ultralytics takes the last labels/ of a path too
        return self._by_path.get(posixpath.splitext(f"{before}/images/{after}"[1:])[0], "") if labels else ""

    def near(self, file: str) -> str:
        """Return the image of :meth:`beside`, else the one in the folder of ``file``; "" for none."""
        return self.beside(file) or self._by_path.get(posixpath.splitext(file)[0], "")

    def of(self, file: str) -> str:
        """Return the image of :meth:`near`, else one with the stem of ``file`` in any folder; "" for none."""
        stem = posixpath.splitext(posixpath.basename(file))[0]
        return self.near(file) or self._folder.find_image_by_stem(stem, annotation=file) or ""


def _images_of_files(folder: DatasetFolder, files: list[str], builder: TableBuilder) -> dict[str, str]:
    """Return the image of each text file that has one, sorted by text file.

    Each image belongs to one text file. Files with an image in the usual folder are preferred to others, and
    ``1.txt`` is preferred to ``1.jpg.txt``.
    """
    images = _Images(folder)
    file_of: dict[str, str] = {}
    for file in sorted(files, key=lambda file: (not images.near(file), _has_image_suffix(file))):
        image = images.of(file)
        if image and image not in file_of:
            file_of[image] = file
        elif is_blank(folder, file) or holds_boxes(folder, file):
            stem = posixpath.splitext(posixpath.basename(file))[0]
            detail = (
                f"its image {image} has {file_of[image]}" if image else f"no image called {stem!r} is there"
            )
            builder.issues.append(Issue(file, Fault(None, "missing-image", detail, Action.DROP_IMAGE)))
    return {file: image for image, file in sorted(file_of.items(), key=itemgetter(1))}


def _has_image_suffix(file: str) -> bool:
    """Return whether a text file is named like ``1.jpg.txt``."""
    return posixpath.splitext(posixpath.splitext(file)[0])[1].lower() in IMAGE_SUFFIXES


def _is_oriented(folder: DatasetFolder) -> bool:
    """Return whether all lines of the first text files with boxes have four corners, as in YOLO-OBB."""
    corners = [holds_corners(folder, file) for file in _peeked(folder) if holds_boxes(folder, file)]
    return bool(corners) and all(corners)


def _text_files(folder: DatasetFolder) -> list[str]:
    return [file for file in folder.with_suffix(".txt") if not is_class_list(file)]


def _peeked(folder: DatasetFolder) -> Iterator[str]:
    """Yield up to 100 text files, at equal distances in the sorted list."""
    files = _text_files(folder)
    yield from files[:: max(1, -(-len(files) // _PEEKED_FILES))]
