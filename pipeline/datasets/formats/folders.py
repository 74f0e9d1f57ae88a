"""Reads datasets for classification, in which each class has a folder of images.

Each image has one object, which is a label of the whole image. The class folders, such as ``cat``, may be in folders
of splits, such as ``train/cat``. All of these may be in common outer folders. Images in subfolders of a class's
folder belong to the class.

Many datasets of boxes keep their images in several folders too. If files that look like annotations or masks are in
the dataset, the format is therefore only read if the user names it.
"""

import re
from contextlib import suppress
from math import nan
from typing import NamedTuple

from pipeline.datasets.formats.shared.annotated_image import AnnotatedImage, AnnotatedObject, add
from pipeline.datasets.formats.shared.split_words import WORDS_OF_SPLIT, split_of
from pipeline.datasets.formats.shared.unused_files import annotation_like
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

TITLE = "class folders (images in a folder of each class)"
_SPLIT_OF_FOLDER = {word: split for split, words in WORDS_OF_SPLIT.items() for word in words}
# Folders of these names hold the images, masks or annotations of other formats, so they are no classes.
_CONTAINERS = (
    {"images", "image", "imgs", "img", "jpegimages", "photos", "pictures", "frames", "data", "obj_train_data"}
    | {"annotations", "annotation", "labels", "masks", "mask", "trimaps"}
    | {"segmentationclass", "segmentationobject"}
)
# Words in the paths of masks, such as PedMasks/1_mask.png and gtFine/1_labelIds.png.
_MASK_WORDS = frozenset(
    [
        "mask",
        "masks",
        "label",
        "labels",
        "seg",
        "segmentation",
        "segmentations",
        "annotation",
        "annotations",
        "gt",
        "truth",
        "groundtruth",
        "instance",
        "instances",
        "trimap",
        "trimaps",
        "matte",
        "mattes",
    ]
)

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")

_PEEKED_MASKS = 100

_PNG_TYPE = 25


class _Placed(NamedTuple):
    """An image, its split and its class.

    Attributes:
        file: The path relative to the dataset's folder.
        split: train | val | test; "" if there are no folders of splits.
        name: The name of the class; "" if the image is in no class's folder.
    """

    file: str
    split: str
    name: str


def matches(folder: DatasetFolder) -> bool:
    """Return whether the images are in two or more folders that may be classes."""
    placed = _place(folder.images())
    names = {image.name for image in placed}
    splits = [name for name in names if split_of(name)]  # a class may be called train
    containers = any(name.lower() in _CONTAINERS for name in names)
    outside = any(not image.split and not image.name for image in placed)
    return len(names - {""}) > 1 and len(splits) < 2 and not containers and not outside


def other_annotations(folder: DatasetFolder) -> str:
    """Return a file that looks like an annotation or a mask; "" if the dataset is plainly of labels of images."""
    masks = (file for file in folder.with_suffix(".png") if _MASK_WORDS & _words(file))
    return next(iter(annotation_like(folder)), "") or next(
        (file for file, _ in zip(masks, range(_PEEKED_MASKS), strict=False) if _is_mask(folder, file)), ""
    )


def _words(file: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(file)}


def _is_mask(folder: DatasetFolder, file: str) -> bool:
    """Return whether a PNG is grey or has a palette, as masks are. The byte at 25 is the type of its colours."""
    with suppress(OSError), (folder.root / file).open("rb") as opened:
        head = opened.read(_PNG_TYPE + 1)
        return head.startswith(b"\x89PNG") and head[_PNG_TYPE:] in (b"\0", b"\3")
    return False


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Add each image with the class of its folder. Classes are sorted by name."""
    builder = TableBuilder()
    for file, split, name in _place(folder.images()):
        if name:
            label = AnnotatedObject(0, name, (nan,) * 4)
            add(builder, file, AnnotatedImage(file, (), 0, 0, (label,), split=split))
        else:
            detail = "it is in no class's folder"
            builder.issues.append(
                Issue(file, Fault(None, "image-without-annotation", detail, Action.DROP_IMAGE))
            )
    return builder.build(sort_classes=True)


def _place(files: list[str]) -> list[_Placed]:
    """Return each image with its split and class, by the folders below the innermost folder of all images."""
    folders = [file.split("/")[:-1] for file in files]
    common = _common_length(min(folders, default=[]), max(folders, default=[]))
    below = [parts[common:] for parts in folders]
    in_splits = all(parts and parts[0].lower() in _SPLIT_OF_FOLDER for parts in below)
    placed = []
    for file, parts in zip(files, below, strict=True):
        split = _SPLIT_OF_FOLDER[parts[0].lower()] if in_splits else ""
        name = next(iter(parts[1:] if in_splits else parts), "")
        placed.append(_Placed(file, split, name))
    return placed


def _common_length(first: list[str], last: list[str]) -> int:
    """Return the number of leading folders that two paths share.

    If these are the first and the last of sorted paths, all paths between them share these folders too.
    """
    for length, (one, other) in enumerate(zip(first, last, strict=False)):
        if one != other:
            return length
    return min(len(first), len(last))
