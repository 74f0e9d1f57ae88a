"""Whether boxes are in pixels or in shares of the image."""

import numpy as np

_ROUNDED_SHARE = 1.01  # by rounding alone


def telling(boxes: np.ndarray) -> np.ndarray:
    """Return bool [G]: which boxes, float64 [G, 4], xyxy, could tell shares of an image from pixels."""
    told = np.isfinite(boxes).all(axis=1) & (boxes[:, :2] != boxes[:, 2:]).all(axis=1)
    return told & ~np.isin(boxes, (0, 1)).all(axis=1)


def within_shares(boxes: np.ndarray) -> np.ndarray:
    """Return bool [G]: which boxes, float64 [G, 4], have corners within 0..1, give or take a rounding."""
    return (boxes.min(axis=1) >= 1 - _ROUNDED_SHARE) & (boxes.max(axis=1) <= _ROUNDED_SHARE)
