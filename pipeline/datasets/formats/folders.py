"""A folder a class, for classification: each image is one object, a label of the whole image.

The class folders, ``cat/*.jpg``, may be in folders of splits, ``train/cat/*.jpg``, and all of it in a folder
that holds nothing else. What is deeper in a class's folder belongs to the class.
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

TITLE = "folders of images, named after their classes"
_SPLIT_OF_FOLDER = {word: split for split, words in WORDS_OF_SPLIT.items() for word in words}
# They hold the images, masks or annotations of other formats, and are no class.
_CONTAINERS = (
    {"images", "image", "imgs", "img", "jpegimages", "photos", "pictures", "frames", "data", "obj_train_data"}
    | {"annotations", "annotation", "labels", "masks", "mask", "trimaps"}
    | {"segmentationclass", "segmentationobject"}
)


class _Placed(NamedTuple):
    """An image and what its folders say; ``name`` of the class is "" for one in none's folder."""

    file: str
    split: str
    name: str


def matches(folder: DatasetFolder) -> bool:
    """Say whether all images are in folders that may be classes, two at least."""
    placed = _place(folder.images())
    names = {image.name for image in placed}
    splits = [name for name in names if split_of(name)]  # one may be a class, such as a train
    containers = any(name.lower() in _CONTAINERS for name in names)
    in_none = any(not image.split and not image.name for image in placed)
    return len(names - {""}) > 1 and len(splits) < 2 and not containers and not in_none


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each image's class off its folder; classes are sorted by name."""
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
    """Tell each image's split and class by its folders, below the one that all are in."""
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
    """Return how many folders the first and the last path in order share, and so all between."""
    for length, (one, other) in enumerate(zip(first, last, strict=False)):
        if one != other:
            return length
    return min(len(first), len(last))
