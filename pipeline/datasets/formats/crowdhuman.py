"""Reads CrowdHuman's .odgt files: a line of JSON per image, with its ``ID`` and its ``gtboxes``.

An object of the tag ``person`` has the box ``fbox`` of the whole body, which may leave the image. Its boxes of the
visible part (``vbox``) and of the head (``hbox``) are not read. What the scores ignore, such as the tag ``mask``, is a
crowd.
"""

from collections.abc import Iterator
from typing import Any

from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    AnnotatedObject,
    add_all,
    parse_objects,
)
from pipeline.datasets.formats.shared.json_lines import json_lines
from pipeline.datasets.formats.shared.numbers import finite
from pipeline.datasets.formats.shared.peek import peek
from pipeline.datasets.formats.shared.split_words import splits_of
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Issue
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

TITLE = "CrowdHuman (.odgt with ID and gtboxes in each line)"

_IGNORED = "mask"  # the tag of groups, statues and pictures of persons

_PERSON = "person"


def matches(folder: DatasetFolder) -> bool:
    """Return whether one of the first .odgt files has the key ``gtboxes``."""
    return any(b'"gtboxes"' in text for text in peek(folder, ".odgt"))


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each .odgt file. If there are several, their names give the splits. Class names are sorted."""
    files = folder.with_suffix(".odgt")
    splits = splits_of(files)
    builder = TableBuilder()
    for file in files:
        add_all(builder, folder, _images(folder, file, splits[file]))
    return builder.build(sort_classes=True)


def _images(folder: DatasetFolder, file: str, split: str) -> Iterator[AnnotatedImage | Issue]:
    for line in json_lines(folder, file):
        if isinstance(line, Issue):
            yield line
            continue
        name, boxes = line.get("ID"), line.get("gtboxes")
        objects, faults = parse_objects(boxes if isinstance(boxes, list) else [], _object)
        names = (name,) if isinstance(name, str) else ()
        yield AnnotatedImage(file, names, 0, 0, objects, faults, split=split, shared=True)


def _object(position: int, item: Any) -> AnnotatedObject:
    """Parse an object.

    Raises:
        ValueError: The object has no box of the whole body.
    """
    item = item if isinstance(item, dict) else {}
    box = item.get("fbox")
    if not isinstance(box, list) or len(box) != 4:
        raise ValueError(f"its fbox is {str(box)[:80]}")
    x, y, width, height = map(finite, box)
    tag, extra = item.get("tag"), item.get("extra")
    crowd = tag == _IGNORED or (isinstance(extra, dict) and extra.get("ignore") == 1)
    name = _PERSON if tag == _IGNORED else tag
    name = name if isinstance(name, str) else ""
    return AnnotatedObject(position, name, (x, y, x + width, y + height), crowd=crowd)
