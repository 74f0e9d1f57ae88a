"""Reads Datumaro's JSON: ``annotations/SUBSET.json`` with ``items`` and ``categories``, and images in ``images/``.

Annotations of one item with the same ``group`` and class are one object, as a box and the polygons of its mask. A
rotated box is listed as ``box-rotated``. A label is one of the whole image. Points, polylines and captions have no box.
"""

import logging
import posixpath
from collections.abc import Iterator
from math import nan
from typing import Any

import numpy as np

from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    AnnotatedObject,
    add_all,
    box_fault,
)
from pipeline.datasets.formats.shared.extents import Box, NoBoxError, of_points, of_rotated, points_of
from pipeline.datasets.formats.shared.numbers import finite, side
from pipeline.datasets.formats.shared.outlines import enclosed, mask_of_polygons
from pipeline.datasets.formats.shared.peek import head_and_tail, peek
from pipeline.datasets.formats.shared.quadrilaterals import rotated_fault
from pipeline.datasets.formats.shared.split_words import splits_of
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.json_stream import JsonStreamError, iterate_arrays, outermost_value
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Action, Fault, Issue
from pipeline.errors import PipelineError
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

logger = logging.getLogger(__name__)

TITLE = "Datumaro (.json with items and categories)"

_ITEMS = frozenset({"items"})

_ROTATED = "rotated_bbox"


def matches(folder: DatasetFolder) -> bool:
    """Return whether one of the first JSON files has Datumaro's keys."""
    return any(map(_is_datumaro, peek(folder, ".json")))


def _is_datumaro(text: bytes) -> bool:
    keys = (b'"items"', b'"categories"', b'"annotations"')
    return all(key in text for key in keys) and b'"images"' not in text


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each file. If there are several, their names give the splits.

    Classes are in the order of the categories, with the unused ones.

    Raises:
        PipelineError: A file is not JSON.
    """
    files = [file for file in folder.with_suffix(".json") if _is_datumaro(head_and_tail(folder.root / file))]
    splits = splits_of(files)
    builder = TableBuilder()
    for file in files:
        try:
            names = _class_names(outermost_value(folder.root / file, "categories"))
            for name in filter(str.strip, names):
                builder.label(name)
            add_all(builder, folder, _images(folder, file, splits[file], names))
        except JsonStreamError as error:
            path = folder.root / file
            raise PipelineError(
                f"{path}: not readable as JSON: {error}; repair or replace the file"
            ) from None
    return builder.build()


def _class_names(categories: Any) -> list[str]:
    for key in ("label", "labels"):
        categories = categories.get(key) if isinstance(categories, dict) else None
    labels = categories if isinstance(categories, list) else []
    return [str(label.get("name", "")) if isinstance(label, dict) else "" for label in labels]


def _images(
    folder: DatasetFolder, file: str, split: str, names: list[str]
) -> Iterator[AnnotatedImage | Issue]:
    for element in iterate_arrays(folder.root / file, _ITEMS):
        item = element.value
        if not isinstance(item, dict) or not isinstance(item.get("id"), str):
            detail = f"one of its items has no id: {str(item)[:80]}"
            yield Issue(file, Fault(None, "unreadable-annotation", detail, Action.DROP))
            continue
        image = item.get("image")
        image = image if isinstance(image, dict) else {}
        size, path = image.get("size"), image.get("path")
        height, width = map(side, size) if isinstance(size, list) and len(size) == 2 else (0, 0)
        listed = item.get("annotations")
        objects, faults = _objects(listed if isinstance(listed, list) else [], names)
        subset = posixpath.splitext(posixpath.basename(file))[0]
        path = posixpath.join(subset, path if isinstance(path, str) and path else item["id"])
        yield AnnotatedImage(file, (path,), width, height, objects, faults, split=split, shared=True)


def _objects(
    annotations: list[Any], names: list[str]
) -> tuple[tuple[AnnotatedObject, ...], tuple[Fault, ...]]:
    objects, faults, rotated = [], [], 0
    for position, parts in _groups(annotations):
        try:
            label = parts[0].get("label_id")
            if not isinstance(label, int) or not 0 <= label < len(names):
                detail = f"label_id {str(label)[:80]} is none of 0 to {len(names) - 1}"
                faults.append(Fault(position, "unknown-class", detail, Action.DROP_OBJECT))
                continue
            objects.append(_object(position, names[label], parts))
        except ValueError as error:
            faults.append(box_fault(position, error))
            continue
        rotated += any(part.get("type") == _ROTATED for part in parts)
    if rotated:
        faults.append(rotated_fault(rotated, len(objects)))
    return tuple(objects), tuple(faults)


def _groups(annotations: list[Any]) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield the annotations that are one object, with the index of the first."""
    groups = dict[Any, tuple[int, list[dict[str, Any]]]]()
    for position, given in enumerate(annotations):
        annotation = given if isinstance(given, dict) else {}
        group = annotation.get("group")
        shared = isinstance(group, int) and group and str(annotation.get("type")) in _SHAPES
        key = (group, str(annotation.get("label_id"))) if shared else position
        groups.setdefault(key, (position, []))[1].append(annotation)
    yield from groups.values()


def _object(position: int, name: str, parts: list[dict[str, Any]]) -> AnnotatedObject:
    """Parse the annotations of an object.

    Raises:
        ValueError: The object has no box, or a box or a mask of it cannot be read.
    """
    attributes = [part["attributes"] for part in parts if isinstance(part.get("attributes"), dict)]
    flags = {key for found in attributes for key, value in found.items() if value is True or value == 1}
    boxes, mask = [_box(part) for part in parts], _mask(parts)
    own = [box for box, part in zip(boxes, parts, strict=True) if part.get("type") in ("bbox", _ROTATED)]
    if len(boxes) > 1:
        boxes = own[:1] or [of_points(np.array(boxes).reshape(-1, 2))]
    return AnnotatedObject(
        position, name, boxes[0], difficult="difficult" in flags, crowd="is_crowd" in flags, mask=mask
    )


def _box(part: dict[str, Any]) -> Box:
    """Return the box of an annotation, NaN for a label.

    Raises:
        ValueError: It has none, or it cannot be read.
    """
    kind = str(part.get("type"))
    if kind == "label":
        return nan, nan, nan, nan
    if kind == "polygon":
        return of_points(_points(part))
    if kind == "mask":
        return enclosed(_rle(part))[0]
    if kind not in _SHAPES:
        raise NoBoxError(kind)
    if kind == "ellipse":
        return of_points(_points(part))
    if kind == _ROTATED:
        x, y, width, height, rotation = _numbers(part, "points", 5)
        box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        return of_rotated(box, rotation, (x, y))
    x, y, width, height = _numbers(part, "bbox", 4)
    return x, y, x + width, y + height


def _mask(parts: list[dict[str, Any]]) -> bytes:
    """Return the mask of an object: its run lengths, else its polygons."""
    for part in parts:
        if part.get("type") == "mask":
            return enclosed(_rle(part))[1]
    return mask_of_polygons([_points(part) for part in parts if part.get("type") == "polygon"])


def _numbers(part: dict[str, Any], key: str, count: int) -> list[float]:
    values = part.get(key)
    if not isinstance(values, list) or len(values) != count:
        raise ValueError(f"its {key} is {str(values)[:80]}")
    return list(map(finite, values))


def _points(part: dict[str, Any]) -> np.ndarray:
    values = part.get("points")
    values = values if isinstance(values, list) else []
    return points_of([values[at : at + 2] for at in range(0, len(values), 2)])


def _rle(part: dict[str, Any]) -> dict[str, Any]:
    rle = part.get("rle")
    if not isinstance(rle, dict):
        raise ValueError(f"its rle is {str(rle)[:80]}")
    return rle


_SHAPES = frozenset({"bbox", _ROTATED, "polygon", "mask", "ellipse"})
