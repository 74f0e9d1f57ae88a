"""Reads COCO JSON: images, annotations and categories, in one file or in one file per split.

If there are several files, their names or folders give the splits, as in ``instances_train2017.json`` and
``valid/_annotations.coco.json``. Images are found by name. A folder whose name is a word of the annotation file's
name or names the split is preferred. Masks are not copied: the table holds their places in the file.
"""

import logging
import re

import orjson

from pipeline.datasets.formats.coco.annotations import add_annotations
from pipeline.datasets.formats.coco.categories import tell_apart
from pipeline.datasets.formats.coco.contents import KEYS, Contents, contains, read_contents
from pipeline.datasets.formats.coco.images import add_images
from pipeline.datasets.formats.shared.detections import all_are_detections, detections_issue
from pipeline.datasets.formats.shared.peek import head_and_tail
from pipeline.datasets.formats.shared.split_words import split_of, splits_of
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Issue
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

logger = logging.getLogger(__name__)

TITLE = "COCO (.json with images, annotations and categories)"

_HEAD_BYTES = 4096

_LABEL_STUDIO = re.compile(rb'"contributor"\s*:\s*"Label Studio"')

_KEYS_OF_LABELME = (b'"imagePath"', b'"imageData"', b'"shapes"')


def matches(folder: DatasetFolder) -> bool:
    """Return whether a JSON file has the keys ``images``, ``annotations`` and ``categories``."""
    return any(_has_keys(folder, file) for file in folder.with_suffix(".json"))


def is_broken(folder: DatasetFolder, file: str) -> bool:
    """Return whether a file is not JSON, such as one that was cut off because the disk was full."""
    try:
        orjson.loads((folder.root / file).read_bytes())
    except orjson.JSONDecodeError:
        return True
    return False


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each COCO file of boxes. A file of keypoints is left out if another file has boxes of the same split.

    Classes are in the order of their category ids. If there is only one file, its name gives no split. Annotations
    with a score are detections, which are never taken for the truth.

    Args:
        dataset: Only ``group_column`` is used, as the key of an image that holds its group.

    Raises:
        PipelineError: A file is not JSON, or all files are of detections alone.
    """
    files = _box_files(folder, [file for file in folder.with_suffix(".json") if _has_keys(folder, file)])
    folder.use(files)
    splits = splits_of(files)
    builder = TableBuilder(drawn_upright=all(_by_label_studio(folder, file) for file in files))
    contents = [read_contents(folder, file, dataset.group_column, builder) for file in files]
    contents = _truth(folder, contents, builder.issues)
    builder.issues += tell_apart(contents)
    categories = {key: name for content in contents for key, name in content.categories.items()}
    for key in sorted(categories, key=lambda key: (isinstance(key, str), key)):
        builder.label(categories[key])
    named = [names for content in contents for names in content.keypoints.values()]
    builder.keypoints.names = named[0] if named else ()
    for content in contents:
        images = add_images(folder, content, splits[content.file], builder)
        add_annotations(folder, content, images, builder)
    return builder.build()


def _by_label_studio(folder: DatasetFolder, file: str) -> bool:
    """Return whether Label Studio wrote a file: its boxes are of upright pictures, but its sizes of stored ones."""
    return bool(_LABEL_STUDIO.search(head_and_tail(folder.root / file)))


def _truth(folder: DatasetFolder, contents: list[Contents], issues: list[Issue]) -> list[Contents]:
    """Return the files without those of detections alone, and list the detections of all files as issues.

    Raises:
        PipelineError: All files are of detections alone.
    """
    for content in contents:
        if content.has_detections:
            issues.append(detections_issue(content.file, content.scored))
    kept = [
        content for content in contents if not content.has_detections or content.scored < content.annotations
    ]
    if contents and not kept:
        raise all_are_detections(folder.root, issues)
    return kept


def _has_keys(folder: DatasetFolder, file: str) -> bool:
    with (folder.root / file).open("rb") as opened:
        head = opened.read(_HEAD_BYTES)
    if any(key in head for key in _KEYS_OF_LABELME):
        return False  # LabelMe has a large file for each image, which takes long to search
    return all(contains(folder, file, f'"{key}"'.encode()) for key in KEYS)


def _box_files(folder: DatasetFolder, files: list[str]) -> list[str]:
    """Return the files without those of panoptic segments, and without those of keypoints if others have boxes."""
    segments = [file for file in files if contains(folder, file, b'"segments_info"')]
    if segments:
        logger.info(
            "files are left out, because they have panoptic segments, not boxes: %s", ", ".join(segments)
        )
    files = [file for file in files if file not in segments]
    keypoints = {file for file in files if contains(folder, file, b'"keypoints"')}
    boxes_of = {split_of(file) for file in files if file not in keypoints}
    left_out = [file for file in files if file in keypoints and split_of(file) in boxes_of]
    if left_out:
        logger.info(
            "files of keypoints are left out, because other files have boxes of the same split: %s",
            ", ".join(left_out),
        )
    return [file for file in files if file not in left_out]
