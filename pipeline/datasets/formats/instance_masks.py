"""Reads instance masks: a PNG per image, in which 0 is the background and 1..N are its objects, as in Penn-Fudan.

The mask of ``PNGImages/1.png`` is ``PedMasks/1_mask.png``: it is in a folder whose name says mask or instance, and its
name is the image's, or the image's with such a word. The box of an object is that of its pixels. All objects are of
the class ``object``, unless a text of PASCAL's first version beside the images names them.
"""

import posixpath
import re
from collections import defaultdict
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    AnnotatedObject,
    add_all,
    parse_files,
)
from pipeline.datasets.formats.shared.instance_pixels import instances_of, read_numbers
from pipeline.datasets.formats.shared.split_words import splits_of_folders
from pipeline.datasets.raw.folder import DatasetFolder, common_end
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Issue
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

TITLE = "instance masks (a .png per image in a folder of masks, its pixels 0 or the number of an object)"

CLASS = "object"

_FOLDER = re.compile(r"mask|instance", re.IGNORECASE)

_ENDING = re.compile(r"[_-]?(mask|masks|instance|instances|instanceids)$", re.IGNORECASE)

_PEEKED_FILES = 20

_PEEKED_BYTES = 2**26

_NAME = re.compile(r'^# Details for .* (\d+) \("([^"]+)"\)', re.MULTILINE)

_MAX_TEXT = 2**20


def matches(folder: DatasetFolder) -> bool:
    """Return whether the first masks have images of their names, and the numbers 0 to N without gaps.

    The masks of a semantic segmentation, whose numbers are classes, have gaps.
    """
    files = list(_images_of_masks(folder))[:_PEEKED_FILES]
    found = [values for file in files if (values := _values(folder, file)) is not None]
    return bool(found) and all(np.array_equal(values, np.arange(len(values))) for values in found)


def is_there(folder: DatasetFolder) -> bool:
    """Return whether there are masks with images of their names, whatever their numbers are."""
    return bool(_images_of_masks(folder))


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each mask. Class names are sorted. If the masks' folders name two or more splits, these are the splits."""
    image_of = _images_of_masks(folder)
    splits = splits_of_folders(list(image_of))
    labels = {posixpath.splitext(posixpath.basename(file))[0]: file for file in folder.with_suffix(".txt")}
    folder.use(labels[stem] for stem in map(_stem, image_of) if stem in labels)
    builder = TableBuilder()
    images = (
        image
        if isinstance(image, Issue)
        else image._replace(names=(image_of[image.annotation],), split=splits[image.annotation])
        for image in parse_files(folder, image_of, partial(parse, labels=labels), workers)
    )
    add_all(builder, folder, images)
    return builder.build(sort_classes=True)


def parse(root: Path, file: str, labels: dict[str, str]) -> AnnotatedImage:
    """Parse one mask. The image has no ``names``, because the caller knows its file.

    Args:
        root: The dataset's folder.
        file: The path relative to ``root``.
        labels: The text file of each stem.

    Raises:
        UnreadableAnnotationError: The file is no PNG of one channel.
    """
    stem = _stem(file)
    numbers = read_numbers(root / file)
    names = _names(root / labels[stem]) if stem in labels else {}
    objects = tuple(
        AnnotatedObject(position, names.get(number, CLASS), box, mask=mask)
        for position, (number, box, mask) in enumerate(instances_of(numbers))
    )
    height, width = numbers.shape
    return AnnotatedImage(file, (), width, height, objects)


def _names(path: Path) -> dict[int, str]:
    """Return the class of each object, which a text of PASCAL's first version names."""
    with path.open("rb") as opened:
        text = opened.read(_MAX_TEXT).decode(errors="replace")
    return {int(number): name for number, name in _NAME.findall(text)}


def _stem(file: str) -> str:
    """Return the stem of the image of a mask."""
    return _ENDING.sub("", posixpath.splitext(posixpath.basename(file))[0])


def _images_of_masks(folder: DatasetFolder) -> dict[str, str]:
    """Return the image of each PNG in a folder of masks, if there is one elsewhere; the nearest of several."""
    files = [file for file in folder.images() if _FOLDER.search(posixpath.dirname(file))]
    images = defaultdict[str, list[str]](list)
    for file in sorted(set(folder.images()) - set(files)):
        images[posixpath.splitext(posixpath.basename(file))[0]].append(file)
    masks = [file for file in files if file.lower().endswith(".png") and _stem(file) in images]
    return {file: _nearest(images[_stem(file)], file) for file in masks}


def _nearest(images: list[str], mask: str) -> str:
    """Return the image whose folders have most in common with the mask's, at the end and then at the beginning."""
    home = PurePosixPath(mask).parent.parts

    def closeness(image: str) -> tuple[int, int]:
        folders = PurePosixPath(image).parent.parts
        return common_end(home, folders), common_end(home[::-1], folders[::-1])

    return max(images, key=closeness)


def _values(folder: DatasetFolder, file: str) -> np.ndarray | None:
    """Return the different numbers of a mask, sorted; None if it has one number alone or cannot be read."""
    path = folder.root / file
    try:
        if path.stat().st_size > _PEEKED_BYTES:
            return None
        values = np.unique(read_numbers(path))
    except (UnreadableAnnotationError, OSError):
        return None
    return values if len(values) > 1 else None
