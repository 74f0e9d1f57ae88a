"""Masks of detections, resampled from their boxes to the pixels of the image, in NumPy."""

import numpy as np


def paste_mask(
    mask: np.ndarray, box_px: np.ndarray, height: int, width: int, *, threshold: float
) -> np.ndarray:
    """Resample a mask at the centers of the pixels in its box: the inverse of cropping it.

    Args:
        mask: float32 [M, M], in [0, 1]. It covers the box.
        box_px: float [4], yxyx, in pixels. The part outside the image is cut off.
        height: Height of the image, px.
        width: Width of the image, px.
        threshold: A pixel belongs to the object if its interpolated value is at least this.

    Returns:
        uint8 [height, width], 1 where the object is and 0 elsewhere.
    """
    y_min, x_min, y_max, x_max = (float(side) for side in box_px)
    rows, down = _interpolation(y_min, y_max, height, len(mask))
    columns, across = _interpolation(x_min, x_max, width, len(mask))
    pixels = np.zeros((height, width), np.uint8)
    pixels[rows, columns] = down @ mask.astype(np.float64) @ across.T >= threshold
    return pixels


def _interpolation(start: float, stop: float, pixels: int, cells: int) -> tuple[slice, np.ndarray]:
    """Return the pixels whose centers lie in [start, stop), and the weights of the cells for each.

    Returns:
        The slice of the N pixels; and float64 [N, cells], weights whose rows sum to 1. Between the centers of two cells
        the weights are linear. Outside the outermost centers the nearest cell has weight 1.
    """
    first, last = (min(max(int(np.ceil(side - 0.5)), 0), pixels) for side in (start, stop))
    centers = np.arange(first, max(first, last)) + 0.5
    at = np.clip((centers - start) / max(stop - start, 1e-9) * cells - 0.5, 0, cells - 1)
    weights = np.maximum(1 - np.abs(at[:, None] - np.arange(cells)), 0)
    return slice(first, max(first, last)), weights
