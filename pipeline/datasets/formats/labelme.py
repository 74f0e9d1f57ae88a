"""Reads LabelMe: one JSON file per image, which lists shapes and may contain the image.

Coordinates are in px and are not changed. The object's box is the one that encloses its shape. Points and lines have
no box. Shapes of one label and one ``group_id`` are the parts of one object. The two points of a ``mask`` are its
first and last pixel, so its box ends 1 px after the second point. Polygons and masks are masks. If no file of the image
is found, the image in the JSON file is used. The flags ``difficult`` and ``crowd`` of a shape are those of the object.
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
    box_fault,
    parse_files,
)
from pipeline.datasets.formats.shared.extents import Box, NoBoxError, of_ellipse, of_points, points_of
from pipeline.datasets.formats.shared.image_splits import with_splits
from pipeline.datasets.formats.shared.numbers import side
from pipeline.datasets.formats.shared.object_parts import joined_parts
from pipeline.datasets.formats.shared.outlines import MAX_PIXELS, mask_of_points
from pipeline.datasets.formats.shared.packed_pixels import pixels_of
from pipeline.datasets.formats.shared.peek import peek
from pipeline.datasets.formats.shared.quadrilaterals import is_rotated, rotated_fault
from pipeline.datasets.formats.shared.split_words import splits_of_folders
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.raw.safe_json import parse_json
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.builder import TableBuilder
from pipeline.datasets.table.mask_shapes import segmentation_of
from pipeline.datasets.table.segmentations import packed
from pipeline.datasets.table.unused_keys import MOST_OF_IMAGE
from pipeline.params.dataset import DatasetFormat
from pipeline.workers import Workers

TITLE = "LabelMe (.json with shapes and imagePath)"
_IMAGE = "imageData"
_KNOWN = frozenset(
    ["version", "shapes", "imagePath", _IMAGE, "imageHeight", "imageWidth", "lineColor", "fillColor"]
)
_KNOWN_OF_SHAPE = frozenset(
    [
        "label",
        "points",
        "group_id",
        "shape_type",
        "mask",
        "difficult",
        "direction",
        "line_color",
        "fill_color",
    ]
)
_FLAGS = frozenset({"difficult", "crowd"})
_ROTATED = ("rotation", "oriented_rectangle")


def matches(folder: DatasetFolder) -> bool:
    """Return whether one of the first JSON files has the keys ``shapes`` and ``imagePath``."""
    return any(b'"shapes"' in text and b'"imagePath"' in text for text in peek(folder, ".json"))


def read(folder: DatasetFolder, dataset: DatasetFormat, workers: Workers) -> AnnotationTable:
    """Read each JSON file that has the keys ``shapes`` and ``imagePath``.

    Class names are sorted. If the folders of the JSON files name two or more splits, each image has the split of its
    folder.
    """
    files = folder.with_suffix(".json")
    splits = splits_of_folders(files)
    builder = TableBuilder()
    add_all(builder, folder, with_splits(parse_files(folder, files, parse, workers), splits))
    return builder.build(sort_classes=True)


def parse(root: Path, file: str) -> AnnotatedImage | None:
    """Parse one JSON file.

    The image is the one of ``imagePath``, else the one with the JSON file's stem, else the one in ``imageData``.

    Args:
        root: The dataset's folder.
        file: The path relative to ``root``.

    Returns:
        The image, or None if the file has no ``shapes`` or no ``imagePath``.

    Raises:
        UnreadableAnnotationError: The file is not JSON, or ``shapes`` is no list.
    """
    contents = parse_json((root / file).read_bytes())
    if not isinstance(contents, dict) or not {"shapes", "imagePath"} <= contents.keys():
        return None
    if not isinstance(contents["shapes"], list):
        raise UnreadableAnnotationError(f"its shapes are {str(contents['shapes'])[:80]}")
    objects, groups, faults, rotated = [], [], [], 0
    width, height = side(contents.get("imageWidth")), side(contents.get("imageHeight"))
    for position, shape in enumerate(contents["shapes"]):
        try:
            item = _object(position, shape)
            objects.append(item._replace(mask=_mask_of(shape, item.box, (height, width))))
        except ValueError as error:
            faults.append(box_fault(position, error))
            continue
        groups.append(_group(shape))
        rotated += _is_rotated(shape)
    if rotated:
        faults.append(rotated_fault(rotated, len(objects)))
    objects, joined = joined_parts(objects, groups)
    path, image = contents["imagePath"], contents.get(_IMAGE)
    return AnnotatedImage(
        file,
        (path if isinstance(path, str) else "", posixpath.splitext(posixpath.basename(file))[0]),
        width,
        height,
        tuple(objects),
        (*faults, *joined),
        unused=tuple(_unused(contents)),
        embedded=_IMAGE if isinstance(image, str) and image else "",
    )


def _object(position: int, shape: Any) -> AnnotatedObject:
    """Parse a shape, without its mask.

    Raises:
        ValueError: The shape has no box, or its box cannot be read.
    """
    if not isinstance(shape, dict):
        raise ValueError(f"it is no shape: {str(shape)[:80]}")
    kind = shape.get("shape_type") or "polygon"  # old files have only polygons and no shape_type
    if not isinstance(kind, str) or kind not in _EXTENTS:
        raise NoBoxError(str(kind))
    label = shape.get("label")
    name = str(label) if isinstance(label, str | int | float) else ""
    flags = shape.get("flags")
    is_set = flags.get if isinstance(flags, dict) else {}.get
    return AnnotatedObject(
        position,
        name,
        _EXTENTS[kind](shape.get("points")),
        # X-AnyLabeling has the key, LabelMe the flag
        difficult=shape.get("difficult") is True or is_set("difficult") is True,
        crowd=is_set("crowd") is True,
    )


def _group(shape: dict[str, Any]) -> str | None:
    """Return the group of a shape that could be read; None for none."""
    group = shape.get("group_id")
    return None if group is None or not isinstance(group, str | int) else str(group)


def _is_rotated(shape: dict[str, Any]) -> bool:
    """Return whether a shape that could be read is a rotated rectangle."""
    corners = points_of(shape["points"])
    return shape.get("shape_type") in _ROTATED and len(corners) == 4 and is_rotated(corners)


def _unused(contents: dict[str, Any]) -> list[str]:
    """Return the keys of a file and of its shapes that have a value and are not used, sorted and at most a few."""
    found = {f"the key {key!r}" for key, value in contents.items() if key not in _KNOWN and _has_value(value)}
    for shape in contents["shapes"]:
        if isinstance(shape, dict):
            found |= {
                f"the key {key!r} of shapes"
                for key, value in shape.items()
                if key not in _KNOWN_OF_SHAPE and _has_value(value) and not _are_known_flags(key, value)
            }
    return sorted(found)[:MOST_OF_IMAGE]


def _are_known_flags(key: str, value: Any) -> bool:
    """Return whether the flags that are set are those of an object, which are used."""
    return key == "flags" and isinstance(value, dict) and {name for name in value if value[name]} <= _FLAGS


def _has_value(value: Any) -> bool:
    """Return whether a value says something. Flags that are all false say nothing."""
    return any(value.values()) if isinstance(value, dict) else bool(value)


def _mask_of(shape: dict[str, Any], box: Box, size: tuple[int, int]) -> bytes:
    """Return the mask of a polygon, or of a shape whose pixels are a PNG in base64; b"" if there is none.

    Of pixels that cannot be decoded the message is the mask, so that its check says so and the box is kept.

    Args:
        box: The box of the shape, px.
        size: The declared height and width of the image, px.
    """
    kind = shape.get("shape_type") or "polygon"
    if kind == "polygon":
        return mask_of_points(shape.get("points"))
    if kind != "mask" or not shape.get("mask") or not 0 < size[0] * size[1] <= MAX_PIXELS:
        return b""
    try:
        return packed(segmentation_of(pixels_of(shape["mask"]), int(box[0]), int(box[1]), size))
    except ValueError as error:
        return packed(str(error))


def _circle(values: Any) -> Box:
    """Return the box that encloses a circle, given as its centre and a point on it."""
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
    "rotation": of_points,  # the corners of a rotated rectangle in X-AnyLabeling
    "oriented_rectangle": of_points,
    "circle": _circle,
    "mask": _mask,
}
