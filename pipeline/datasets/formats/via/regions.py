"""The regions of the VGG Image Annotator: their boxes, their masks, and the attribute that is their class.

Coordinates are in px. Rectangles, circles, ellipses and polygons have a box, points and lines have none. A polygon is
also a mask.
"""

from collections import Counter
from collections.abc import Iterable
from math import degrees
from typing import Any, NamedTuple

from pipeline.datasets.formats.csv.columns import CUSTOMARY
from pipeline.datasets.formats.shared.annotated_image import AnnotatedObject, box_fault
from pipeline.datasets.formats.shared.csv_files import column_key
from pipeline.datasets.formats.shared.extents import Box, NoBoxError, of_ellipse, of_points
from pipeline.datasets.formats.shared.numbers import finite
from pipeline.datasets.formats.shared.outlines import mask_of_points
from pipeline.datasets.table.faults import Action, Fault
from pipeline.errors import PipelineError

_SHOWN = 80  # characters of wrong input that a message quotes

# The value of a drop-down list from which nothing was chosen.
_NOT_CHOSEN = "undefined"

_CLASS_NAMES = frozenset((*CUSTOMARY["label"], "type"))


class Region(NamedTuple):
    """A region of an image.

    Attributes:
        shape: The shape's attributes, such as name, x, y, width and height. Broken files may hold anything.
        values: The values of each attribute of the region that has any. Several boxes of a list of boxes can be ticked.
    """

    shape: Any
    values: dict[str, list[str]]


class Entry(NamedTuple):
    """An image and its regions.

    Attributes:
        annotation: The annotation file, relative to the dataset's folder.
        name: The name of the image.
        regions: Its regions.
    """

    annotation: str
    name: str
    regions: list[Region]


def values_of(attributes: Any) -> dict[str, list[str]]:
    """Return the values of each attribute that has any. A ticked box is the value True of its name."""
    found = {}
    for name, value in attributes.items() if isinstance(attributes, dict) else ():
        if isinstance(value, dict):
            values = [key for key, ticked in value.items() if ticked is True]
        else:
            values = [str(value)] if isinstance(value, str | int | float) else []
        if values := [text.strip() for text in values if text.strip() not in ("", _NOT_CHOSEN)]:
            found[str(name)] = values
    return found


def class_attribute(entries: Iterable[Entry]) -> str:
    """Return the attribute that is the class: the one that all regions have, else the one that most have.

    Of several such attributes, the one with a common name of classes is taken.

    Returns:
        The name of the attribute; "" if there is no region.

    Raises:
        PipelineError: No region has an attribute, or it is not clear which attribute is the class. The message has no
            file.
    """
    counts, regions = Counter[str](), 0
    for entry in entries:
        regions += len(entry.regions)
        for region in entry.regions:
            counts.update(region.values.keys())
    if not regions:
        return ""
    if not counts:
        raise PipelineError(
            "none of the regions has an attribute, so no object has a class; "
            "give all regions an attribute in the VGG Image Annotator, such as class"
        )
    most = max(counts.values())
    names = [name for name, count in counts.items() if count == most]
    named = [name for name in names if column_key(name) in _CLASS_NAMES] if len(names) > 1 else names
    if len(named) != 1:
        raise PipelineError(
            f"{most} of the {regions} regions have the attributes {', '.join(names)[:200]}, and it is not clear which "
            "of them is the class; rename that one to class in the VGG Image Annotator"
        )
    return named[0]


def objects_of(
    regions: list[Region], attribute: str
) -> tuple[tuple[AnnotatedObject, ...], tuple[Fault, ...]]:
    """Return the objects of an image's regions, one for each value of the attribute, and the faults of the others."""
    objects, faults = [], []
    for position, region in enumerate(regions):
        try:
            box = box_of(region.shape)
        except ValueError as error:
            faults.append(box_fault(position, error))
            continue
        names = region.values.get(attribute, [])
        mask = mask_of_points(outline_of(region.shape)) if region.shape["name"] == "polygon" else b""
        objects += [AnnotatedObject(position, name, box, mask=mask) for name in names]
        if not names:
            detail = f"the region has no value of the attribute {attribute!r}"
            faults.append(Fault(position, "unknown-class", detail, Action.DROP_OBJECT))
    return tuple(objects), tuple(faults)


def box_of(shape: Any) -> Box:
    """Return the box that encloses a shape. The angle of an ellipse is in radians.

    The shape "four edges" is that of :mod:`pipeline.datasets.formats.via.json_files`: a point on each edge of a box.

    Raises:
        ValueError: The shape has no box, or its box cannot be read.
    """
    if not isinstance(shape, dict):
        raise ValueError(f"it is no shape: {str(shape)[:_SHOWN]}")
    match shape.get("name"):
        case "rect":
            x, y, width, height = _numbers(shape, "x", "y", "width", "height")
            return x, y, x + width, y + height
        case "circle":
            x, y, radius = _numbers(shape, "cx", "cy", "r")
            return of_ellipse(x, y, radius, radius)
        case "ellipse":
            x, y, radius_x, radius_y = _numbers(shape, "cx", "cy", "rx", "ry")
            return of_ellipse(x, y, radius_x, radius_y, degrees(finite(shape.get("theta") or 0)))
        case "polygon" | "four edges":
            return of_points(outline_of(shape))
        case kind:
            raise NoBoxError(str(kind))


def outline_of(shape: dict[str, Any]) -> list[tuple[Any, Any]]:
    """Return the points of a polygon, which may be anything but are pairs.

    Raises:
        ValueError: The points are no lists, or there are not as many x as y.
    """
    across, down = shape.get("all_points_x"), shape.get("all_points_y")
    if not isinstance(across, list) or not isinstance(down, list) or len(across) != len(down):
        raise ValueError(f"its points are {str(across)[:_SHOWN]} and {str(down)[:_SHOWN]}")
    return list(zip(across, down, strict=True))


def _numbers(shape: dict[str, Any], *keys: str) -> list[float]:
    return [finite(shape.get(key)) for key in keys]
