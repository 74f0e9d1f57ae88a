"""Computes the boxes that enclose other shapes.

A box is xmin, ymin, xmax, ymax, in the unit of the shape. The y axis points down, so positive angles are clockwise.
"""

from math import cos, hypot, isfinite, radians, sin
from typing import Any

import numpy as np

Box = tuple[float, float, float, float]

_LONGEST = 80  # characters of wrong input that a message quotes


class NoBoxError(ValueError):
    """A shape, such as a point or a line, has no box. The message names the type of shape."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"a shape of type {kind[:_LONGEST]!r} has no box")


def points_of(values: Any) -> np.ndarray:
    """Convert points to float64 [N, 2], x and y, N > 0.

    Args:
        values: A sequence of pairs of numbers, or of numbers as text. Broken files may hold anything else.

    Raises:
        ValueError: The values are not such a sequence, are empty, or are not finite.
    """
    try:
        points = np.asarray(values, np.float64)
    except (TypeError, ValueError, OverflowError):
        points = np.empty(0)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points) or not np.isfinite(points).all():
        raise ValueError(f"its points are {str(values)[:_LONGEST]}")
    return points


def of_points(values: Any) -> Box:
    """Return the box that encloses points.

    Raises:
        ValueError: The values are not points that :func:`points_of` accepts.
    """
    points = points_of(values)
    (xmin, ymin), (xmax, ymax) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return xmin, ymin, xmax, ymax


def of_ellipse(x: float, y: float, radius_x: float, radius_y: float, degrees: float = 0.0) -> Box:
    """Return the box that encloses an ellipse with the centre (x, y).

    Args:
        radius_x: The radius along the x axis before the rotation.
        radius_y: The radius along the y axis before the rotation.
        degrees: The clockwise rotation about the centre.

    Raises:
        ValueError: A corner of the box is not finite.
    """
    cosine, sine = cos(radians(degrees)), sin(radians(degrees))
    half_width = hypot(radius_x * cosine, radius_y * sine)
    half_height = hypot(radius_x * sine, radius_y * cosine)
    return _bounded((x - half_width, y - half_height, x + half_width, y + half_height))


def of_rotated(box: Box, degrees: float, about: tuple[float, float]) -> Box:
    """Return the upright box that encloses a rotated box. A box that is not rotated is returned unchanged.

    Args:
        degrees: The clockwise rotation.
        about: The centre of rotation, x and y.

    Raises:
        ValueError: A corner of the box is not finite.
    """
    if not degrees:
        return _bounded(box)
    xmin, ymin, xmax, ymax = box
    x, y = about
    cosine, sine = cos(radians(degrees)), sin(radians(degrees))
    offsets = [(corner_x - x, corner_y - y) for corner_x in (xmin, xmax) for corner_y in (ymin, ymax)]
    return of_points([(x + dx * cosine - dy * sine, y + dx * sine + dy * cosine) for dx, dy in offsets])


def _bounded(box: Box) -> Box:
    if not all(map(isfinite, box)):
        raise ValueError(f"its corners are {box}")
    return box
