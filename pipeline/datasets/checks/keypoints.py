"""The checks of an image's keypoints."""

import numpy as np

from pipeline.datasets.checks.boxes import turn_boxes
from pipeline.datasets.checks.rules import judged
from pipeline.datasets.table.faults import Action, Fault
from pipeline.datasets.table.keypoints import ABSENT, extent
from pipeline.params.convert import Checks

TOLERANCE = 1.0
"""A keypoint that leaves the image by at most this many px was rounded. It is moved to the edge."""


def turn_keypoints(points: np.ndarray, orientation: int, width: int, height: int) -> np.ndarray:
    """Turn keypoints of an image as stored into those of the upright image.

    Args:
        points: float64 [G, N, 3], x and y in px, and the code.
        orientation: EXIF orientation of the stored image, 1..8.
        width: Width of the upright image, px.
        height: Height of the upright image, px.
    """
    corners = np.tile(points[..., :2].reshape(-1, 2), 2)  # a point is a box without extent
    turned = turn_boxes(corners, orientation, width, height)[:, :2].reshape(points[..., :2].shape)
    return np.concatenate([turned, points[..., 2:]], axis=-1)


def check_keypoints(
    points: np.ndarray, width: int, height: int, checks: Checks
) -> tuple[np.ndarray, list[Fault]]:
    """Drop the keypoints outside the image.

    Args:
        points: float64 [G, N, 3], x and y in px, and the code.
        width: Width of the image, px.
        height: Height of the image, px.
        checks: The rules. They may ask for another action.

    Returns:
        float64 [G, N, 3], 0 where a keypoint is absent; and a fault for each object with keypoints outside.
    """
    places, limits = points[..., :2], np.array([width, height], np.float64)
    cut = np.clip(places, 0.0, limits)
    labelled = points[..., 2] > ABSENT
    outside = labelled & ~(np.abs(cut - places) <= TOLERANCE).all(axis=-1)
    faults = []
    for row in np.flatnonzero(outside.any(axis=1)).tolist():
        detail = f"{int(outside[row].sum())} of its keypoints lie outside the image of {width} × {height}"
        fault = Fault(row, "keypoint-outside", detail, Action.REPAIR, "they count as not labelled")
        faults.append(judged(fault, checks))
    kept = labelled & ~outside
    return np.where(kept[..., None], np.concatenate([cut, points[..., 2:]], axis=-1), 0.0), faults


def around_keypoints(
    given_boxes: np.ndarray, given: np.ndarray, left: np.ndarray, boxes: np.ndarray, *, least: float
) -> np.ndarray:
    """Return the boxes of objects. One that was the box around its keypoints is that around those that are left.

    Args:
        given_boxes: float64 [G, 4], xyxy, as the annotation or its reader gives them.
        given: float64 [G, N, 3], the keypoints in the same unit.
        left: float64 [G, N, 3], px, the keypoints that are left.
        boxes: float64 [G, 4], xyxy, px.
        least: The least side of a box around keypoints, in the unit of the annotation.
    """
    around = boxes.copy()
    for row in np.flatnonzero((left[..., 2] > ABSENT).any(axis=1)).tolist():
        if np.allclose(given_boxes[row], extent(given[row], least)):
            around[row] = extent(left[row])
    return around
