"""Reads the results of a Label Studio annotation: regions of an image, and choices for the whole image.

Coordinates are in percent of the image's width and height. Rectangles are rotated clockwise about the top left
corner, and ellipses about the centre. The object's box is the upright box that encloses the region. Brush strokes and
key points have no box. The choices ``difficult`` and ``crowd`` for a region are the object's flags.
"""

from collections import defaultdict
from math import nan
from typing import Any, NamedTuple

from pipeline.datasets.formats.shared.annotated_image import AnnotatedObject, box_fault
from pipeline.datasets.formats.shared.extents import Box, NoBoxError, of_ellipse, of_points, of_rotated
from pipeline.datasets.formats.shared.numbers import finite, side
from pipeline.datasets.formats.shared.quadrilaterals import rotated_fault
from pipeline.datasets.table.faults import Fault
from pipeline.datasets.table.unused_keys import MOST_OF_IMAGE

_FLAGS = ("difficult", "crowd")  # choices for a region that are used


# A region without a class may be the shape of a further result with the class.
_GEOMETRIES = ("rectangle", "polygon", "ellipse", "brush", "keypoint", "videorectangle")


class Results(NamedTuple):
    """The objects of one annotation and the size of its image.

    Attributes:
        objects: The objects. Boxes are fractions of the image's width and height, 0..1, and NaN for choices.
        faults: The faults of regions that have no box or cannot be read.
        width: The width of the image in px; 0 if no result has it.
        height: The height of the image in px; 0 if no result has it.
        unused: The kinds of results that are not used, sorted.
    """

    objects: tuple[AnnotatedObject, ...]
    faults: tuple[Fault, ...]
    width: int
    height: int
    unused: tuple[str, ...] = ()


def read_results(results: list[dict[str, Any]]) -> Results:
    """Read the results of an annotation.

    A region with several classes becomes one object for each class. Results without classes, such as texts, ratings
    and relations, are not used.

    Args:
        results: Each result has the key ``value``. In JSON_MIN, each result is itself the value.
    """
    identities = (str(result.get("id", "")) for result in results if _class_names(_value(result)) is not None)
    classified = set(filter(None, identities))
    flags = _flags(results)
    objects, faults, rotated = [], [], 0
    for position, result in enumerate(results):
        value = _value(result)
        names = _class_names(value)
        if names is None and (not _is_region(value) or str(result.get("id", "")) in classified):
            objects += [AnnotatedObject(position, name, (nan,) * 4) for name in _choices(value)]
            continue
        try:
            box = _box(value, *_size(result))
        except ValueError as error:
            faults.append(box_fault(position, error))
        else:
            of_region = flags[str(result.get("id", ""))]
            difficult, crowd = (flag in of_region for flag in _FLAGS)
            objects += [AnnotatedObject(position, name, box, difficult, crowd) for name in names or [""]]
            rotated += bool(finite(value.get("rotation") or 0) % 90)
    if rotated:
        faults.append(rotated_fault(rotated, len(objects)))
    sizes = (_size(result) for result in results)
    size = next(filter(all, sizes), (0, 0))
    return Results(tuple(objects), tuple(faults), *size, unused=_unused(results))


def _unused(results: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return the kinds of results that are neither regions nor classes, sorted."""
    kinds = set()
    for result in results:
        value = _value(result)
        kind = result.get("type")
        if not isinstance(kind, str) or kind in _GEOMETRIES:
            continue
        if _class_names(value) is None and not _choices(value) and not _are_flags(value):
            kinds.add(f"a result of type {kind!r}")
    return tuple(sorted(kinds)[:MOST_OF_IMAGE])


def _are_flags(value: dict[str, Any]) -> bool:
    """Return whether the choices for a region are flags of its object, which are used."""
    choices = value.get("choices")
    return isinstance(choices, list) and bool(choices) and all(name in _FLAGS for name in choices)


def _flags(results: list[dict[str, Any]]) -> defaultdict[str, set[str]]:
    """Return the choices for each region by its id, among which may be ``difficult`` and ``crowd``."""
    flags: defaultdict[str, set[str]] = defaultdict(set)
    for result in results:
        value, identity = _value(result), str(result.get("id", ""))
        choices = value.get("choices")
        if identity and _is_region(value) and isinstance(choices, list):
            flags[identity].update(name for name in choices if isinstance(name, str))
    return flags


def _value(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result's value. A result of JSON_MIN has no ``type`` and is itself the value."""
    value = result.get("value", {} if "type" in result else result)
    return value if isinstance(value, dict) else {}


def _size(result: dict[str, Any]) -> tuple[int, int]:
    return side(result.get("original_width")), side(result.get("original_height"))


def _class_names(value: dict[str, Any]) -> list[str] | None:
    """Return the classes of a key such as ``rectanglelabels`` or ``labels``, or None if there is no such key."""
    for key, names in value.items():
        if key.endswith("labels") and isinstance(names, list):
            return [name for name in names if isinstance(name, str)]
    return None


def _is_region(value: dict[str, Any]) -> bool:
    return "points" in value or "rle" in value or {"x", "y"} <= value.keys()


def _choices(value: dict[str, Any]) -> list[str]:
    """Return the classes of the whole image. Choices for a region are its attributes, not classes."""
    choices = value.get("choices")
    if _is_region(value) or not isinstance(choices, list):
        return []
    return [name for name in choices if isinstance(name, str)]


def _box(value: dict[str, Any], width: int, height: int) -> Box:
    """Return the box that encloses a region, in fractions of the image.

    Args:
        width: The width of the image in px, or 0 if it is unknown. A rotated region needs it.
        height: The height of the image in px, or 0 if it is unknown. A rotated region needs it.

    Raises:
        ValueError: The region has no box, or its box cannot be read.
    """
    if "points" in value:
        return _fractions(of_points(value["points"]), 1, 1)
    rotation = finite(value.get("rotation") or 0)
    if rotation and not (width and height):
        raise ValueError("it is turned, and original_width and original_height are not given")
    # the length of 1 % along each axis, in px; without a rotation, percent need not be converted
    across, down = (width / 100, height / 100) if rotation else (1, 1)
    if {"radiusX", "radiusY"} <= value.keys():
        x, y, radius_x, radius_y = (finite(value.get(key)) for key in ("x", "y", "radiusX", "radiusY"))
        box = of_ellipse(x * across, y * down, radius_x * across, radius_y * down, rotation)
    elif {"width", "height"} <= value.keys():
        x, y, w, h = (finite(value.get(key)) for key in ("x", "y", "width", "height"))
        corners = (x * across, y * down, (x + w) * across, (y + h) * down)
        box = of_rotated(corners, rotation, about=corners[:2])
    else:
        raise NoBoxError("brush" if "rle" in value else "key point")
    return _fractions(box, across, down)


def _fractions(box: Box, across: float, down: float) -> Box:
    """Return a box in fractions of the image, given the length of 1 % along each axis in the box's unit."""
    xmin, ymin, xmax, ymax = box
    return xmin / across / 100, ymin / down / 100, xmax / across / 100, ymax / down / 100
