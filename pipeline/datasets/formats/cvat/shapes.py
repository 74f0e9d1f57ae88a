"""Reads the shapes of CVAT's XML files, in images and in tracks of videos.

Coordinates are continuous, in px, and are not changed. The object's box is the upright box that encloses the shape.
Boxes and ellipses may have a ``rotation``, in degrees clockwise about the centre. Lines, points, cuboids and
skeletons have no box. The checkboxes ``difficult`` and ``crowd`` of a shape, if a task has them, are the object's
flags.
"""

from collections.abc import Callable, Iterable
from math import nan
from xml.etree.ElementTree import Element

from pipeline.datasets.formats.shared.annotated_image import AnnotatedObject, box_fault
from pipeline.datasets.formats.shared.extents import Box, NoBoxError, of_ellipse, of_points, of_rotated
from pipeline.datasets.formats.shared.numbers import finite
from pipeline.datasets.table.faults import Fault


def read_shape(position: int, name: str, shape: Element) -> AnnotatedObject | Fault:
    """Parse a shape.

    Args:
        position: The shape's index in the image's annotation, from 0.
        name: The name of the class; "" if the shape has none.

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
        )
    except ValueError as error:
        return box_fault(position, error)


def _is_set(shape: Element, name: str) -> bool:
    """Return whether a shape has an attribute of this name whose checkbox is set."""
    attributes = (attribute for attribute in shape.iterfind("attribute") if attribute.get("name") == name)
    return any((attribute.text or "").strip().lower() == "true" for attribute in attributes)


def separate_faults(
    shapes: Iterable[AnnotatedObject | Fault],
) -> tuple[tuple[AnnotatedObject, ...], tuple[Fault, ...]]:
    """Return the objects and the faults of an image's shapes, each in the order of the shapes."""
    shapes = list(shapes)
    objects = tuple(shape for shape in shapes if isinstance(shape, AnnotatedObject))
    return objects, tuple(shape for shape in shapes if isinstance(shape, Fault))


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


def _polygon(shape: Element) -> Box:
    return of_points([point.split(",") for point in shape.get("points", "").split(";")])


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
