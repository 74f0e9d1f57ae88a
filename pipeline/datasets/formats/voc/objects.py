"""Reads the objects of VOC's XML files: their boxes, and what is in them that nothing uses."""

from math import degrees, isnan, nan, radians, sin
from xml.etree.ElementTree import Element

from pipeline.datasets.formats.shared.extents import Box, NoBoxError, of_points, of_rotated
from pipeline.datasets.table.unused_keys import MOST_OF_IMAGE

# Elements that tools write and that say nothing about boxes and classes.
_KNOWN = frozenset(
    [
        "folder",
        "filename",
        "path",
        "source",
        "owner",
        "size",
        "imagesize",
        "segmented",
        "object",
        "database",
        "annotation",
        "image",
        "verified",
    ]
)
_KNOWN_OF_OBJECT = frozenset(
    [
        "name",
        "pose",
        "truncated",
        "difficult",
        "occluded",
        "bndbox",
        "robndbox",
        "polygon",
        "segm",
        "part",
        "deleted",
        "verified",
        "date",
        "id",
        "parts",
        "type",
        "attributes",
        "viewpoint",
        "actions",
    ]
)
WHOLE_IMAGE = (nan, nan, nan, nan)
"""The box of an object without a shape, which is a label of the whole image."""

_SHOWN = 40  # characters of a wrong coordinate that a message quotes
_UPRIGHT = 1e-6  # sine of twice the angle of a box that counts as upright


def boxes_of(element: Element) -> list[Box]:
    """Return the boxes of an ``<object>`` in px. All values are NaN if it has no shape: a label of the whole image.

    ybat writes one object with a ``<bndbox>`` for each instance of a class. LabelMe 3.0 writes polygons, and masks
    with their box. roLabelImg writes rotated boxes with the angle in radians. CVAT writes the angle of a box as an
    attribute, in degrees.

    Raises:
        ValueError: The coordinates are no numbers, or the shape is none of these.
    """
    if found := element.findall("bndbox"):
        rotation = _rotation(element)
        return [of_rotated(box, rotation, _centre(box)) for box in map(_corners, found)]
    if found := element.findall("robndbox"):
        return [_of_robndbox(box) for box in found]
    if element.find("polygon") is not None:
        return [of_points([(pt.findtext("x"), pt.findtext("y")) for pt in element.iterfind("polygon/pt")])]
    if found := element.findall("segm/box"):
        return [_corners(box) for box in found]
    if shapes := [child.tag for child in element if child.tag == "segm" or child.tag not in _KNOWN_OF_OBJECT]:
        raise NoBoxError(shapes[0])
    return [WHOLE_IMAGE]


def _corners(box: Element) -> Box:
    xmin, ymin, xmax, ymax = _numbers(box, ("xmin", "ymin", "xmax", "ymax"))
    return xmin, ymin, xmax, ymax


def _centre(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _of_robndbox(box: Element) -> Box:
    x, y, width, height, angle = _numbers(box, ("cx", "cy", "w", "h", "angle"))
    corners = x - width / 2, y - height / 2, x + width / 2, y + height / 2
    return of_rotated(corners, degrees(angle), (x, y))


def is_rotated(element: Element) -> bool:
    """Return whether an object's boxes, which could be read, are rotated by something else than quarter turns."""
    if element.find("bndbox") is not None:
        return abs(sin(2 * radians(_rotation(element)))) > _UPRIGHT
    angles = (_numbers(box, ("angle",))[0] for box in element.findall("robndbox"))
    return any(abs(sin(2 * angle)) > _UPRIGHT for angle in angles)


def _numbers(element: Element, names: tuple[str, ...]) -> tuple[float, ...]:
    texts = [element.findtext(name) for name in names]
    try:
        numbers = tuple(float(text or "") for text in texts)
    except ValueError:
        numbers = (nan,)
    if isnan(sum(numbers)):  # a box of NaN would be a label of the whole image
        raise ValueError(f"its corners are {[text and text[:_SHOWN] for text in texts]}")
    return numbers


def _rotation(element: Element) -> float:
    """Return the clockwise rotation of an ``<object>`` of CVAT in degrees, or 0 if it has none."""
    for attribute in _attributes(element):
        if attribute.findtext("name") == "rotation":
            return _numbers(attribute, ("value",))[0]
    return 0.0


def integer_of(text: str | None) -> int:
    """Return the whole part of the number in ``text``, or 0 if there is none."""
    try:
        return int(float(text or 0))
    except (ValueError, OverflowError):
        return 0


def unused_elements(annotation: Element) -> list[str]:
    """Return the elements that are not used, sorted and at most a few. A second ``<name>`` is not used either."""
    found = {f"the element <{tag}>" for tag in {element.tag for element in annotation} - _KNOWN}
    for thing in annotation.findall("object"):
        tags = {element.tag for element in thing}
        found.update(f"the element <{tag}> of objects" for tag in tags - _KNOWN_OF_OBJECT)
        if len(thing.findall("name")) > 1:
            found.add("the second <name> of objects")
        names = {attribute.findtext("name") for attribute in _attributes(thing)} - {"rotation"}
        found.update(f"the attribute {name!r} of objects" for name in names)
    return sorted(found)[:MOST_OF_IMAGE]


def _attributes(element: Element) -> list[Element]:
    """Return the attributes that CVAT gives an ``<object>``."""
    attributes = element.find("attributes")
    return [] if attributes is None else attributes.findall("attribute")
