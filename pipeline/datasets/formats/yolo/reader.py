"""YOLO: a text file an image, with ``class cx cy width height`` a line in shares of the image, 0..1.

The images are where Ultralytics has them (``images/train/1.jpg`` of ``labels/train/1.txt``, ``train/images`` of
``train/labels``), beside the text files, or in any other folder, by their stem; a text file in its proper place may be
called after all of its image's name (``1.jpg.txt``). An empty file is an image without objects.
"""

import logging
import posixpath
from collections.abc import Iterable, Iterator
from functools import partial

from pipeline.datasets.formats.shared.annotated_image import AnnotatedImage, add, parse_files
from pipeline.datasets.formats.yolo.data_file import (
    class_names,
    data_files,
    has_class_names,
    is_class_list,
)
from pipeline.datasets.formats.yolo.splits import SplitPlaces
from pipeline.datasets.formats.yolo.text import holds_boxes, is_blank, parse_labels
from pipeline.datasets.raw.folder import IMAGE_SUFFIXES, DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

logger = logging.getLogger(__name__)

TITLE = "YOLO (.txt an image with numbers, and names in data.yaml, *.names, classes.txt or _darknet.labels)"


# Files that are looked into, spread over the listing.
_PEEKED_FILES = 100


def matches(folder: DatasetFolder) -> bool:
    """Say whether text files of images hold boxes, and class names are there, or labels/ is beside images/."""
    images = _Images(folder)
    labels = [file for file in _peeked(folder) if images.of(file) and holds_boxes(folder, file)]
    return bool(labels) and (has_class_names(folder) or any(map(images.beside, labels)))


def is_there(folder: DatasetFolder) -> bool:
    """Say whether text files hold boxes, with names of their classes or without."""
    return any(holds_boxes(folder, file) for file in _peeked(folder)) or (
        has_class_names(folder) and bool(_text_files(folder))
    )


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each text file that belongs to an image; classes are in the order of their numbers.

    Without names, classes are called by their numbers, which is said. A text file without an image is an issue
    if it holds boxes or nothing, else of some other kind.

    Raises:
        PipelineError: files that name the classes cannot be read, or differ.
    """
    described = data_files(folder)
    names = class_names(folder, described)
    places = SplitPlaces(folder, described)
    builder = TableBuilder(issues=places.issues)
    image_of = _located(folder, [file for file in _text_files(folder) if file not in places.lists], builder)
    keypoints = max((data.keypoints for data in described), default=0)
    parse = partial(parse_labels, names=names, keypoints=keypoints)
    found: Iterable[AnnotatedImage | Issue] = parse_files(folder, image_of, parse, workers)
    if not names:
        found = _numbered(list(found), builder)
    for name in filter(str.strip, names.values()):
        builder.label(name)
    _add_all(builder, found, image_of, places)
    return builder.build()


def _add_all(
    builder: TableBuilder,
    found: Iterable[AnnotatedImage | Issue],
    image_of: dict[str, str],
    places: SplitPlaces,
) -> None:
    splits = places.splits(list(image_of.values()))
    for image in found:
        if isinstance(image, Issue):
            builder.issues.append(image)
            continue
        file = image_of[image.annotation]
        first, *others = splits[file]
        add(builder, file, image._replace(split=first))
        for split in others:
            add(builder, file, image._replace(split=split, objects=(), faults=()))


def _numbered(found: list[AnnotatedImage | Issue], builder: TableBuilder) -> list[AnnotatedImage | Issue]:
    """Make classes of the numbers that occur, in their order."""
    logger.info("no class names: classes are called by their numbers")
    numbers = {int(thing.name) for image in found if not isinstance(image, Issue) for thing in image.objects}
    for number in sorted(numbers):
        builder.label(str(number))
    return found


class _Images:
    """The images of text files."""

    def __init__(self, folder: DatasetFolder) -> None:
        self._folder = folder
        images = folder.images()
        self._by_path = {image: image for image in images}  # of 1.jpg.txt
        self._by_path |= {posixpath.splitext(image)[0]: image for image in reversed(images)}

    def beside(self, file: str) -> str:
        """Return the image in the folder images/ beside labels/; "" for none."""
        before, labels, after = f"/{file}".rpartition("/labels/")  # the last of a path, as Ultralytics
        return self._by_path.get(posixpath.splitext(f"{before}/images/{after}"[1:])[0], "") if labels else ""

    def near(self, file: str) -> str:
        """Return the image there, or in the text file's folder; "" for none."""
        return self.beside(file) or self._by_path.get(posixpath.splitext(file)[0], "")

    def of(self, file: str) -> str:
        """Return the image there, or of the stem in any other folder; "" for none."""
        stem = posixpath.splitext(posixpath.basename(file))[0]
        return self.near(file) or self._folder.find_image_by_stem(stem, annotation=file) or ""


def _located(folder: DatasetFolder, files: list[str], builder: TableBuilder) -> dict[str, str]:
    """Return the image of each text file, each image once; those in their proper places come first, 1.txt first."""
    images = _Images(folder)
    taken: dict[str, str] = {}
    found = {}
    for file in sorted(files, key=lambda file: (not images.near(file), _has_image_suffix(file))):
        image = images.of(file)
        if image and image not in taken:
            found[file], taken[image] = image, file
        elif is_blank(folder, file) or holds_boxes(folder, file):
            stem = posixpath.splitext(posixpath.basename(file))[0]
            detail = (
                f"its image {image} has {taken[image]}" if image else f"no image called {stem!r} is there"
            )
            builder.issues.append(Issue(file, Fault(None, "missing-image", detail, Action.DROP_IMAGE)))
    return dict(sorted(found.items()))


def _has_image_suffix(file: str) -> bool:
    """Say whether a text file is called after all of an image's name."""
    return posixpath.splitext(posixpath.splitext(file)[0])[1].lower() in IMAGE_SUFFIXES


def _text_files(folder: DatasetFolder) -> list[str]:
    return [file for file in folder.with_suffix(".txt") if not is_class_list(file)]


def _peeked(folder: DatasetFolder) -> Iterator[str]:
    files = _text_files(folder)
    yield from files[:: max(1, -(-len(files) // _PEEKED_FILES))]
