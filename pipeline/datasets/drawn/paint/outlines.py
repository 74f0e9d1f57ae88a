"""Outlines in unit coordinates: x goes to the right and y down, and an object's longer side extends from -1 to 1."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]  # [N, 2], xy

Point = Sequence[float] | NDArray[np.float64]  # xy

STEPS = 8  # samples per segment of a spline

_T = np.linspace(0, 1, STEPS, endpoint=False)[:, None]

_CATMULL_ROM = 0.5 * np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]], float)

_BASIS = np.hstack([_T**0, _T, _T**2, _T**3]) @ _CATMULL_ROM  # [STEPS, 4]


def points(*corners: Point) -> Points:
    """Return the polyline through the given corners."""
    return np.array(corners, float)


def curve(*through: Point) -> Points:
    """Return an open Catmull-Rom spline through the given points."""
    knots = np.array(through, float)
    knots = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    return np.vstack([_sample(knots), knots[-2]])


def loop(*through: Point) -> Points:
    """Return a closed Catmull-Rom spline through the given points."""
    knots = np.array(through, float)
    return _sample(np.vstack([knots[-1], knots, knots[:2]]))


def _sample(knots: Points) -> Points:
    """Sample the spline between all knots but the first and the last, which only set the direction at its ends."""
    windows = np.stack([knots[:-3], knots[1:-2], knots[2:-1], knots[3:]], axis=1)  # [N, 4, 2]
    return np.einsum("sk,nkd->nsd", _BASIS, windows).reshape(-1, 2)


def mirrored(right: Points) -> Points:
    """Return a closed outline from its right half, whose points go from top to bottom."""
    return np.vstack([right, flip(right)[::-1]])


def flip(right: Points) -> Points:
    """Swap left and right."""
    return right * (-1.0, 1.0)


def ellipse(centre: Point, radii: Point, start: float = 0, stop: float = 360) -> Points:
    """Return the arc of an ellipse.

    Args:
        radii: The horizontal and the vertical radius.
        start: The first angle in degrees. 0 is right and 90 is down.
        stop: The last angle in degrees.
    """
    angles = np.radians(np.linspace(start, stop, max(9, int(abs(stop - start) // 10) + 1)))
    return np.stack([centre[0] + radii[0] * np.cos(angles), centre[1] + radii[1] * np.sin(angles)], axis=1)


def box(left: float, top: float, right: float, bottom: float, radius: float = 0) -> Points:
    """Return an upright rectangle with rounded corners."""
    if not radius:
        return points((left, top), (right, top), (right, bottom), (left, bottom))
    centres = [(right - radius, top + radius, -90), (right - radius, bottom - radius, 0)]
    centres += [(left + radius, bottom - radius, 90), (left + radius, top + radius, 180)]
    return np.vstack([ellipse((x, y), (radius, radius), a, a + 90) for x, y, a in centres])


def band(spine: Points, *widths: float) -> Points:
    """Return the outline of a ribbon.

    Args:
        spine: The middle line of the ribbon.
        widths: The widths at equal intervals from the first to the last point, linearly interpolated between them.
    """
    along = np.gradient(spine, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1) / (np.hypot(*along.T)[:, None] + 1e-9)
    width = np.interp(np.linspace(0, 1, len(spine)), np.linspace(0, 1, len(widths)), widths)
    half = across * width[:, None] / 2
    return np.vstack([spine + half, (spine - half)[::-1]])


def between(first: Points, second: Points, share: float) -> Points:
    """Interpolate between two lines with the same number of points. A share of 0 is the first line, 1 the second."""
    return first + (second - first) * share
