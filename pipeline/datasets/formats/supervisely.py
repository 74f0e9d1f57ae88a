"""Reads projects of Supervisely: ``meta.json``, and for the image ``DATASET/img/1.jpg`` ``DATASET/ann/1.jpg.json``.

The objects are rectangles, polygons and bitmaps, whose pixels are a PNG in base64 at a place in the image. Polygons
and bitmaps have masks. Other geometries have no box.
"""

import posixpath
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    AnnotatedObject,
    add_all,
    parse_files,
    parse_objects,
)
from pipeline.datasets.formats.shared.extents import NoBoxError, of_points, points_of
from pipeline.datasets.formats.shared.image_splits import with_splits
from pipeline.datasets.formats.shared.numbers import finite, side
from pipeline.datasets.formats.shared.outlines import MAX_PIXELS, enclosed, mask_with_holes
from pipeline.datasets.formats.shared.packed_pixels import pixels_of
from pipeline.datasets.formats.shared.peek import head_and_tail
from pipeline.datasets.formats.shared.split_words import splits_of_folders
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.safe_json import parse_json
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.mask_shapes import segmentation_of
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

TITLE = "Supervisely (meta.json, and ann/*.json with objects and classTitle)"

_ANNOTATIONS = "ann"

_PEEKED_FILES = 20


def matches(folder: DatasetFolder) -> bool:
    """Return whether one of the first JSON files in folders called ``ann`` has objects of Supervisely."""
    texts = (head_and_tail(folder.root / file) for file in _files(folder)[:_PEEKED_FILES])
    return any(b'"classTitle"' in text for text in texts)


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each file of annotations. Class names are sorted, with the unused ones of ``meta.json``.

    If the datasets of the project are called after two or more splits, these are the splits.
    """
    files = _files(folder)
    homes = {file: f"{posixpath.dirname(posixpath.dirname(file))}/" for file in files}
    splits = splits_of_folders(list(homes.values()))
    builder = TableBuilder()
    for name in _class_names(folder):
        builder.label(name)
    images = parse_files(folder, files, parse, workers)
    add_all(builder, folder, with_splits(images, {file: splits[home] for file, home in homes.items()}))
    return builder.build(sort_classes=True)


def _files(folder: DatasetFolder) -> list[str]:
    return [
        file
        for file in folder.with_suffix(".json")
        if posixpath.basename(posixpath.dirname(file)) == _ANNOTATIONS
    ]


def _class_names(folder: DatasetFolder) -> list[str]:
    """Return the classes of each ``meta.json`` of a project; none if it cannot be read."""
    names = []
    for file in folder.files:
        if posixpath.basename(file) == "meta.json":
            try:
                contents = parse_json(head_and_tail(folder.root / file))
            except UnreadableAnnotationError:
                continue
            folder.use([file])
            classes = contents.get("classes") if isinstance(contents, dict) else None
            titles = [item.get("title") for item in classes or [] if isinstance(item, dict)]
            names += [title for title in titles if isinstance(title, str) and title.strip()]
    return names


def parse(root: Path, file: str) -> AnnotatedImage | None:
    """Parse one file of annotations. Return None if it has no ``objects``.

    Args:
        root: The dataset's folder.
        file: The path relative to ``root``.

    Raises:
        UnreadableAnnotationError: The file is not JSON, or ``objects`` is no list.
    """
    contents = parse_json((root / file).read_bytes())
    if not isinstance(contents, dict) or "objects" not in contents:
        return None
    if not isinstance(contents["objects"], list):
        raise UnreadableAnnotationError(f"its objects are {str(contents['objects'])[:80]}")
    declared = contents.get("size")
    declared = declared if isinstance(declared, dict) else {}
    size = side(declared.get("height")), side(declared.get("width"))
    objects, faults = parse_objects(contents["objects"], partial(_object, size=size))
    home, name = posixpath.split(file)
    stem = name[: -len(".json")]  # the image's name, or its stem in old projects
    names = (posixpath.join(posixpath.dirname(home), "img", stem), stem)
    return AnnotatedImage(file, names, size[1], size[0], objects, faults)


def _object(position: int, item: Any, size: tuple[int, int]) -> AnnotatedObject:
    """Parse an object.

    Args:
        size: The height and width of the image, px.

    Raises:
        ValueError: The object has no box, or its box cannot be read.
    """
    if not isinstance(item, dict):
        raise ValueError(f"it is no object: {str(item)[:80]}")
    title, kind = item.get("classTitle"), item.get("geometryType")
    name = title if isinstance(title, str) else ""
    if kind == "bitmap":
        box, mask = enclosed(_bitmap(item.get("bitmap"), size))
        return AnnotatedObject(position, name, box, mask=mask)
    if kind not in ("rectangle", "polygon"):
        raise NoBoxError(str(kind))
    points = item.get("points")
    points = points if isinstance(points, dict) else {}
    exterior = points_of(points.get("exterior"))
    if kind == "rectangle":
        return AnnotatedObject(position, name, of_points(exterior))
    mask = mask_with_holes([exterior, *map(points_of, points.get("interior") or [])], size)
    return AnnotatedObject(position, name, of_points(exterior), mask=mask)


def _bitmap(bitmap: Any, size: tuple[int, int]) -> dict[str, Any]:
    """Return a bitmap as run lengths of the image.

    Raises:
        ValueError: The bitmap cannot be decoded.
    """
    origin = bitmap.get("origin") if isinstance(bitmap, dict) else None
    if not isinstance(origin, list) or len(origin) != 2 or not 0 < size[0] * size[1] <= MAX_PIXELS:
        raise ValueError(f"its bitmap has the origin {str(origin)[:80]} in an image of {size[1]} × {size[0]}")
    left, top = (int(finite(value)) for value in origin)
    return segmentation_of(pixels_of(bitmap.get("data")), left, top, size)
