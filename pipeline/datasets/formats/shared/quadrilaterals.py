"""Quadrilaterals and rotated boxes, of which the upright box that encloses them is read."""

import numpy as np

from pipeline.datasets.table.faults import Action, Fault

_ROUNDED = 1e-3  # share of the longest side by which the corners of an upright box may differ


def is_rotated(corners: np.ndarray) -> bool:
    """Return whether four corners are not those of an upright box.

    Args:
        corners: float64 [4, 2], x and y.
    """
    low, high = corners.min(axis=0), corners.max(axis=0)
    inside = np.minimum(corners - low, high - corners)
    return bool((inside > (high - low).max() * _ROUNDED).any())


def rotated_fault(count: int, objects: int) -> Fault:
    """Return the fault of an image with rotated quadrilaterals.

    Args:
        count: The number of rotated quadrilaterals.
    """
    detail = f"{count} of {objects} quadrilaterals are rotated"
    return Fault(None, "box-rotated", detail, Action.REPAIR, "the upright boxes around them taken")
