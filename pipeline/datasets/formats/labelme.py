"""LabelMe: a JSON file an image, with shapes of points, and often the image itself.

Corners are px and taken as they are. Shapes other than rectangles are enclosed by their box; points and lines
have none. The two corners of a ``mask`` are pixels that belong to it, and its box ends behind the second.
An image that is not there as a file is read from the JSON file, if that has it.
"""

import posixpath
from collections.abc import Callable
from math import hypot
from pathlib import Path
from typing import Any

from pipeline.datasets.formats.shared.annotated_image import (
    AnnotatedImage,
    AnnotatedObject,
    add_all,
    left_out,
    parse_files,
)
from pipeline.datasets.formats.shared.extents import Box, NoBoxError, of_ellipse, of_points, points_of
from pipeline.datasets.formats.shared.numbers import side
from pipeline.datasets.formats.shared.peek import peek
from pipeline.datasets.formats.shared.split_words import splits_of_folders
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.safe_json import parse_json
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.faults import Issue
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

TITLE = "LabelMe (.json with shapes and imagePath)"
_IMAGE = "imageData"


def matches(folder: DatasetFolder) -> bool:
    """Say whether one of the first JSON files has shapes and the path of an image."""
    return any(b'"shapes"' in text and b'"imagePath"' in text for text in peek(folder, ".json"))


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each JSON file that has shapes and the path of an image.

    Class names are sorted. Folders of JSON files that are named after two splits or more say the split.
    """
    files = folder.with_suffix(".json")
    splits = splits_of_folders(files)
    builder = TableBuilder()
    found = parse_files(folder, files, parse, workers)
    placed = (
        image if isinstance(image, Issue) else image._replace(split=splits[image.annotation])
        for image in found
    )
    add_all(builder, folder, placed)
    return builder.build(sort_classes=True)


def parse(root: Path, file: str) -> AnnotatedImage | None:
    """Read one JSON file; its image is the one that it names, else that of its name, else the one within.

    Raises:
        UnreadableAnnotationError: it is not JSON, or its shapes are no list.
    """
    contents = parse_json((root / file).read_bytes())
    if not isinstance(contents, dict) or not {"shapes", "imagePath"} <= contents.keys():
        return None
    if not isinstance(contents["shapes"], list):
        raise UnreadableAnnotationError(f"its shapes are {str(contents['shapes'])[:80]}")
    objects, faults = [], []
    for position, shape in enumerate(contents["shapes"]):
        try:
            objects.append(_object(position, shape))
        except ValueError as error:
            faults.append(left_out(position, error))
    path, image = contents["imagePath"], contents.get(_IMAGE)
    return AnnotatedImage(
        file,
        (path if isinstance(path, str) else "", posixpath.splitext(posixpath.basename(file))[0]),
        side(contents.get("imageWidth")),
        side(contents.get("imageHeight")),
        tuple(objects),
        tuple(faults),
        embedded=_IMAGE if isinstance(image, str) and image else "",
    )


def _object(position: int, shape: Any) -> AnnotatedObject:
    """Read a shape; a ``ValueError`` says why it has no box."""
    if not isinstance(shape, dict):
        raise ValueError(f"it is no shape: {str(shape)[:80]}")
    kind = shape.get("shape_type") or "polygon"  # old files, of polygons alone, do not say
    if not isinstance(kind, str) or kind not in _EXTENTS:
        raise NoBoxError(str(kind))
    label = shape.get("label")
    name = str(label) if isinstance(label, str | int | float) else ""
    return AnnotatedObject(position, name, _EXTENTS[kind](shape.get("points")))


def _circle(values: Any) -> Box:
    """Enclose a circle, given as its centre and a point on it."""
    points = points_of(values).tolist()
    if len(points) != 2:
        raise ValueError(f"a circle has a centre and a point on it, not {len(points)} points")
    (x, y), (on_x, on_y) = points
    radius = hypot(on_x - x, on_y - y)
    return of_ellipse(x, y, radius, radius)


def _mask(values: Any) -> Box:
    xmin, ymin, xmax, ymax = of_points(values)
    return xmin, ymin, xmax + 1, ymax + 1


_EXTENTS: dict[str, Callable[[Any], Box]] = {
    "rectangle": of_points,
    "polygon": of_points,
    "rotation": of_points,  # a rectangle's corners, as X-AnyLabeling has them
    "oriented_rectangle": of_points,
    "circle": _circle,
    "mask": _mask,
}
