"""Reads datasets for classification, in which each class has a folder of images.

Each image has one object, which is a label of the whole image. The class folders, such as ``cat``, may be in folders
of splits, such as ``train/cat``. All of these may be in common outer folders. Images in subfolders of a class's
folder belong to the class.
"""

from math import nan
from typing import NamedTuple

from pipeline.datasets.formats.shared.annotated_image import AnnotatedImage, AnnotatedObject, add
from pipeline.datasets.formats.shared.split_words import WORDS_OF_SPLIT, split_of
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
