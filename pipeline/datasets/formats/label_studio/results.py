"""The results of a Label Studio annotation: regions of an image, and choices for all of it.

Coordinates are percent of the image's width and height. A rectangle is turned about its top left corner, an
ellipse about its centre, both clockwise; these and polygons are enclosed by an upright box. Brush strokes and
key points have none.
"""

from math import nan
from typing import Any, NamedTuple

from pipeline.datasets.formats.shared.annotated_image import AnnotatedObject, left_out
from pipeline.datasets.formats.shared.extents import Box, NoBoxError, of_ellipse, of_points, of_rotated
from pipeline.datasets.formats.shared.numbers import finite, side
from pipeline.datasets.table.faults import Fault


class Results(NamedTuple):
    """What one annotation says of its image.

    Attributes:
        objects: Boxes are shares of the image's width and height, 0..1; NaN for choices.
        faults: Of what has no box.
        width: Of the image as annotated, px; 0 where no region says so.
        height: Likewise.
    """

    objects: tuple[AnnotatedObject, ...]
    faults: tuple[Fault, ...]
    width: int
    height: int


def read_results(results: list[dict[str, Any]]) -> Results:
    """Read the results of an annotation, each with its ``value`` or, as in JSON_MIN, being it.

    A region of several classes is an object of each. Other results, of the whole image or of a region, say no
    class: texts, ratings, relations and the like.
    """
    named = (str(result.get("id", "")) for result in results if _class_names(_value(result)) is not None)
    classified = set(filter(None, named))
    objects, faults = [], []
    for position, result in enumerate(results):
        value = _value(result)
        names = _class_names(value)
        if names is None and (not _is_region(value) or str(result.get("id", "")) in classified):
            objects += [AnnotatedObject(position, name, (nan,) * 4) for name in _choices(value)]
            continue
        try:
            box = _box(value, *_size(result))
        except ValueError as error:
            faults.append(left_out(position, error))
        else:
            objects += [AnnotatedObject(position, name, box) for name in names or [""]]
    sizes = (_size(result) for result in results)
    return Results(tuple(objects), tuple(faults), *next(filter(all, sizes), (0, 0)))


def _value(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result's value; one of JSON_MIN, which has no type, is a value itself."""
    value = result.get("value", {} if "type" in result else result)
    return value if isinstance(value, dict) else {}


def _size(result: dict[str, Any]) -> tuple[int, int]:
    return side(result.get("original_width")), side(result.get("original_height"))


def _class_names(value: dict[str, Any]) -> list[str] | None:
    """Return the classes, under ``rectanglelabels``, ``labels`` and so on; None where there is no such key."""
    for key, names in value.items():
        if key.endswith("labels") and isinstance(names, list):
            return [name for name in names if isinstance(name, str)]
    return None


def _is_region(value: dict[str, Any]) -> bool:
    return "points" in value or "rle" in value or {"x", "y"} <= value.keys()


def _choices(value: dict[str, Any]) -> list[str]:
    """Return the classes of the whole image; choices for a region are a property of that."""
    choices = value.get("choices")
    if _is_region(value) or not isinstance(choices, list):
        return []
    return [name for name in choices if isinstance(name, str)]


def _box(value: dict[str, Any], width: int, height: int) -> Box:
    """Enclose a region; ``width`` and ``height`` of the image, px, tell what a turned one looks like."""
    if "points" in value:
        return _shares(of_points(value["points"]), 1, 1)
    turned = finite(value.get("rotation") or 0)
    if turned and not (width and height):
        raise ValueError("it is turned, and original_width and original_height are not given")
    across, down = (width / 100, height / 100) if turned else (1, 1)  # px in a percent, where it matters
    if {"radiusX", "radiusY"} <= value.keys():
        x, y, radius_x, radius_y = (finite(value.get(key)) for key in ("x", "y", "radiusX", "radiusY"))
        box = of_ellipse(x * across, y * down, radius_x * across, radius_y * down, turned)
    elif {"width", "height"} <= value.keys():
        x, y, w, h = (finite(value.get(key)) for key in ("x", "y", "width", "height"))
        corners = (x * across, y * down, (x + w) * across, (y + h) * down)
        box = of_rotated(corners, turned, about=corners[:2])
    else:
        raise NoBoxError("brush" if "rle" in value else "key point")
    return _shares(box, across, down)


def _shares(box: Box, across: float, down: float) -> Box:
    xmin, ymin, xmax, ymax = box
    return xmin / across / 100, ymin / down / 100, xmax / across / 100, ymax / down / 100
