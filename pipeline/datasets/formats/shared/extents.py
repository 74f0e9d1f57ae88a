"""The boxes that enclose other shapes: xmin, ymin, xmax, ymax, in the unit of what they enclose.

y runs downwards, so that positive angles turn clockwise.
"""

from math import cos, hypot, isfinite, radians, sin
from typing import Any

import numpy as np

Box = tuple[float, float, float, float]

_LONGEST = 80  # characters of what are no points that are quoted


class NoBoxError(ValueError):
    """A shape has no box, as it is a point, a line or the like; the text says which."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"a shape of type {kind[:_LONGEST]!r} has no box")


def points_of(values: Any) -> np.ndarray:
    """Return points as float64 [N, 2], N > 0.

    Args:
        values: A sequence of pairs of numbers, or of texts of numbers, if the file is sound.

    Raises:
        ValueError: they are anything else, or not finite.
    """
    try:
        points = np.asarray(values, np.float64)
    except (TypeError, ValueError, OverflowError):
        points = np.empty(0)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points) or not np.isfinite(points).all():
        raise ValueError(f"its points are {str(values)[:_LONGEST]}")
    return points


def of_points(values: Any) -> Box:
    """Enclose points, given as :func:`points_of` takes them.

    Raises:
        ValueError: they are none.
    """
    points = points_of(values)
    (xmin, ymin), (xmax, ymax) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return xmin, ymin, xmax, ymax


def of_ellipse(x: float, y: float, radius_x: float, radius_y: float, degrees: float = 0.0) -> Box:
    """Enclose an ellipse around (x, y) that is turned about its centre.

    Raises:
        ValueError: it is too large for a number.
    """
    cosine, sine = cos(radians(degrees)), sin(radians(degrees))
    half_width = hypot(radius_x * cosine, radius_y * sine)
    half_height = hypot(radius_x * sine, radius_y * cosine)
    return _bounded((x - half_width, y - half_height, x + half_width, y + half_height))


def of_rotated(box: Box, degrees: float, about: tuple[float, float]) -> Box:
    """Enclose a box that is turned about a point; one that is not turned stays as it stands.

    Raises:
        ValueError: it is too large for a number.
    """
    if not degrees:
        return _bounded(box)
    xmin, ymin, xmax, ymax = box
    x, y = about
    cosine, sine = cos(radians(degrees)), sin(radians(degrees))
    away = [(corner_x - x, corner_y - y) for corner_x in (xmin, xmax) for corner_y in (ymin, ymax)]
    return of_points([(x + dx * cosine - dy * sine, y + dx * sine + dy * cosine) for dx, dy in away])


def _bounded(box: Box) -> Box:
    if not all(map(isfinite, box)):
        raise ValueError(f"its corners are {box}")
    return box
