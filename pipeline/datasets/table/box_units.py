"""Tells whether boxes are in pixels or in shares of the image."""

import numpy as np

_ROUNDED_SHARE = 1.01  # a share that was rounded may exceed 1 by this much


def shows_unit(boxes: np.ndarray) -> np.ndarray:
    """Return which boxes show their unit: the others fit shares and pixels alike.

    Args:
        boxes: float64 [G, 4], xyxy.

    Returns:
        bool [G].
    """
    sound = np.isfinite(boxes).all(axis=1) & (boxes[:, :2] != boxes[:, 2:]).all(axis=1)
    return sound & ~np.isin(boxes, (0, 1)).all(axis=1)


def within_shares(boxes: np.ndarray) -> np.ndarray:
    """Return which boxes have all corners within 0..1, with a tolerance for rounding.

    Args:
        boxes: float64 [G, 4], xyxy.

    Returns:
        bool [G].
    """
    return (boxes.min(axis=1) >= 1 - _ROUNDED_SHARE) & (boxes.max(axis=1) <= _ROUNDED_SHARE)
