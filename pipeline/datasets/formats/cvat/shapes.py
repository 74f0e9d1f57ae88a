"""Reads the shapes of CVAT's XML files, in images and in tracks of videos.

Coordinates are continuous, in px, and are not changed. The object's box is the upright box that encloses the shape.
Boxes and ellipses may have a ``rotation``, in degrees clockwise about the centre. Lines, points, cuboids and
skeletons have no box. Polygons are masks, and so are the shapes drawn with a brush, if the image's size is declared
beside them, which is not so in tracks of videos. The checkboxes ``difficult`` and ``crowd`` of a shape, if a task has
them, are the object's flags.
"""

from collections.abc import Callable
from math import nan
from xml.etree.ElementTree import Element

import numpy as np

from pipeline.datasets.formats.shared.annotated_image import AnnotatedObject, box_fault
from pipeline.datasets.formats.shared.extents import Box, NoBoxError, of_ellipse, of_points, of_rotated
from pipeline.datasets.formats.shared.numbers import finite
from pipeline.datasets.formats.shared.object_parts import joined_parts
from pipeline.datasets.formats.shared.outlines import MAX_PIXELS, mask_of_points
from pipeline.datasets.formats.shared.quadrilaterals import rotated_fault
from pipeline.datasets.table.faults import Fault
from pipeline.datasets.table.mask_shapes import segmentation_of
from pipeline.datasets.table.segmentations import packed
from pipeline.datasets.table.unused_keys import MOST_OF_IMAGE

_NO_GROUP = ("", "0")

_ROTATABLE = ("box", "ellipse")

_FLAGS = ("difficult", "crowd")  # attributes that are used


def read_shape(
    position: int, name: str, shape: Element, size: tuple[int, int] = (0, 0)
) -> AnnotatedObject | Fault:
    """Parse a shape.

    Args:
        position: The shape's index in the image's annotation, from 0.
        name: The name of the class; "" if the shape has none.
        size: The height and width of the image, px; 0 if they are unknown.

    Returns:
        The object, or the fault of a shape that has no box or cannot be read.
    """
    try:
        return AnnotatedObject(
            position,
            name,
            _extent(shape),
            difficult=_is_set(shape, "difficult"),
            crowd=_is_set(shape, "crowd"),
            mask=_mask_of(shape, size),
        )
    except ValueError as error:
        return box_fault(position, error)


class Shapes:
    """The shapes of one image: its objects, its faults, and what is in the shapes that nothing uses."""

    __slots__ = ("_faults", "_groups", "_objects", "_rotated", "_size", "_unused")  # a video has many of them

    def __init__(self, size: tuple[int, int] = (0, 0)) -> None:
        """Start without shapes.

        Args:
            size: The declared height and width of the image, px; zeros if they are not declared.
        """
        self._size = size
        self._objects: list[AnnotatedObject] = []
        self._groups: list[str | None] = []
        self._faults: list[Fault] = []
        self._rotated = 0
        self._unused: frozenset[str] = frozenset()

    def add(self, name: str, shape: Element, group: str = "") -> None:
        """Add a shape. Shapes of one class and one group are the parts of one object.

        Args:
            name: The name of the class; "" if the shape has none.
            group: The group of the shape's track; "" for none.
        """
        found = read_shape(len(self._objects) + len(self._faults), name, shape, self._size)
        if isinstance(found, Fault):
            self._faults.append(found)
        else:
            self._objects.append(found)
            group = group or shape.get("group_id", "")
            self._groups.append(None if group in _NO_GROUP else group)
            self._rotated += shape.tag in _ROTATABLE and bool(finite(shape.get("rotation", 0)) % 90)
        if len(self._unused) < MOST_OF_IMAGE:
            names = (attribute.get("name") for attribute in shape.iterfind("attribute"))
            self._unused |= frozenset(
                f"the attribute {attribute!r} of shapes" for attribute in names if attribute not in _FLAGS
            )

    def objects_and_faults(self) -> tuple[tuple[AnnotatedObject, ...], tuple[Fault, ...]]:
        """Return the objects and the faults, each in the order of the shapes."""
        objects, joined = joined_parts(self._objects, self._groups)
        rotated = [rotated_fault(self._rotated, len(objects))] if self._rotated else []
        return tuple(objects), (*self._faults, *rotated, *joined)

    @property
    def unused(self) -> tuple[str, ...]:
        """What the shapes have and nothing uses, sorted."""
        return tuple(sorted(self._unused))


def _is_set(shape: Element, name: str) -> bool:
    """Return whether a shape has an attribute of this name whose checkbox is set."""
    attributes = (attribute for attribute in shape.iterfind("attribute") if attribute.get("name") == name)
    return any((attribute.text or "").strip().lower() == "true" for attribute in attributes)


def _extent(shape: Element) -> Box:
    if shape.tag not in _EXTENTS:
        raise NoBoxError(shape.tag)
    return _EXTENTS[shape.tag](shape)


def _numbers(shape: Element, *names: str) -> list[float]:
    return [finite(shape.get(name)) for name in names]


def _box(shape: Element) -> Box:
    xmin, ymin, xmax, ymax = _numbers(shape, "xtl", "ytl", "xbr", "ybr")
    centre = ((xmin + xmax) / 2, (ymin + ymax) / 2)
    return of_rotated((xmin, ymin, xmax, ymax), finite(shape.get("rotation", 0)), centre)


def _mask_of(shape: Element, size: tuple[int, int]) -> bytes:
    """Return the mask of a polygon or of a shape drawn with a brush; b"" if there is none.

    The run lengths of a brush go along the rows of its box, beginning with those outside the mask. Those that are not
    of the box are the mask as they are, so that its check says so and the box is kept.
    """
    if shape.tag == "polygon":
        return mask_of_points(_points(shape))
    if shape.tag != "mask" or not shape.get("rle") or not 0 < size[0] * size[1] <= MAX_PIXELS:
        return b""
    left, top, width, height = (int(number) for number in _numbers(shape, "left", "top", "width", "height"))
    text = shape.get("rle", "")
    runs = [int(count) if count.strip().isdecimal() else -1 for count in text.split(",")]
    if min(runs) < 0 or sum(runs) != width * height or width * height > MAX_PIXELS:
        return packed(text[:80])
    pixels = np.repeat(np.arange(len(runs)) % 2 == 1, np.array(runs, np.int64)).reshape(height, width)
    return packed(segmentation_of(pixels, left, top, size))


def _points(shape: Element) -> list[list[str]]:
    return [point.split(",") for point in shape.get("points", "").split(";")]


def _polygon(shape: Element) -> Box:
    return of_points(_points(shape))


def _ellipse(shape: Element) -> Box:
    x, y, radius_x, radius_y = _numbers(shape, "cx", "cy", "rx", "ry")
    return of_ellipse(x, y, radius_x, radius_y, finite(shape.get("rotation", 0)))


def _mask(shape: Element) -> Box:
    left, top, width, height = _numbers(shape, "left", "top", "width", "height")
    return of_rotated((left, top, left + width, top + height), 0, (left, top))


def _tag(shape: Element) -> Box:
    """Return the box of NaN, which means a label of the whole image."""
    return nan, nan, nan, nan


_EXTENTS: dict[str, Callable[[Element], Box]] = {
    "box": _box,
    "polygon": _polygon,
    "ellipse": _ellipse,
    "mask": _mask,
    "tag": _tag,
}
