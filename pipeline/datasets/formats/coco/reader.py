"""COCO JSON: images, annotations and categories in one file, or in one file a split.

The file's name, or its folder's, says the split where there are several (``instances_train2017.json``,
``valid/_annotations.coco.json``). Images are found by name, in a folder of that name if there is one. Masks,
polygons or run lengths, stay where they are, and the table says where.
"""

import logging

import orjson

from pipeline.datasets.formats.coco.annotations import add_annotations
from pipeline.datasets.formats.coco.contents import KEYS, contains, read_contents
from pipeline.datasets.formats.coco.images import add_images
from pipeline.datasets.formats.shared.split_words import split_of, splits_of
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

logger = logging.getLogger(__name__)

TITLE = "COCO (.json with images, annotations and categories)"

_HEAD_BYTES = 4096

_KEYS_OF_LABELME = (b'"imagePath"', b'"imageData"', b'"shapes"')


def matches(folder: DatasetFolder) -> bool:
    """Say whether a JSON file has images, annotations and categories."""
    return any(_has_keys(folder, file) for file in folder.with_suffix(".json"))


def is_broken(folder: DatasetFolder, file: str) -> bool:
    """Say whether a file is not JSON at all, such as one cut off by a full disk."""
    try:
        orjson.loads((folder.root / file).read_bytes())
    except orjson.JSONDecodeError:
        return True
    return False


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each COCO file of boxes; beside one, those of keypoints of the same split are passed over.

    Classes are numbered in order of their category ids. Where one file holds everything, its name says no
    split.
    """
    files = _box_files(folder, [file for file in folder.with_suffix(".json") if _has_keys(folder, file)])
    splits = splits_of(files)
    builder = TableBuilder()
    contents = [read_contents(folder, file, dataset.group_column, builder) for file in files]
    categories = {key: name for content in contents for key, name in content.categories.items()}
    for key in sorted(categories, key=lambda key: (isinstance(key, str), key)):
        builder.label(categories[key])
    for content in contents:
        images = add_images(folder, content, splits[content.file], builder)
        add_annotations(folder, content, images, builder)
    return builder.build()


def _has_keys(folder: DatasetFolder, file: str) -> bool:
    with (folder.root / file).open("rb") as opened:
        head = opened.read(_HEAD_BYTES)
    if any(key in head for key in _KEYS_OF_LABELME):
        return False  # at once: there is one for every image, with the image in it
    return all(contains(folder, file, f'"{key}"'.encode()) for key in KEYS)


def _box_files(folder: DatasetFolder, files: list[str]) -> list[str]:
    """Leave out files of segments, which have no boxes, and of keypoints where the same split has others."""
    segments = [file for file in files if contains(folder, file, b'"segments_info"')]
    if segments:
        logger.info("left out, panoptic segments: %s", ", ".join(segments))
    files = [file for file in files if file not in segments]
    keypoints = {file for file in files if contains(folder, file, b'"keypoints"')}
    boxes_of = {split_of(file) for file in files if file not in keypoints}
    left_out = [file for file in files if file in keypoints and split_of(file) in boxes_of]
    if left_out:
        logger.info("left out, annotating the same images with keypoints: %s", ", ".join(left_out))
    return [file for file in files if file not in left_out]
