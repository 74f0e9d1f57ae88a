"""A mask in the frame of its box, put back into the image; numpy alone."""

import numpy as np


def paste_mask(
    mask: np.ndarray, box_px: np.ndarray, height: int, width: int, *, threshold: float
) -> np.ndarray:
    """Resample a mask at the centers of the pixels that its box holds: the inverse of cropping it.

    Args:
        mask: float32 [M, M], in [0, 1]; the box is the whole of it.
        box_px: float [4], yxyx, in pixels; what lies outside the image is cut off.
        height: Of the image, px.
        width: Of the image, px.
        threshold: A pixel from this value on belongs to the object.

    Returns:
        uint8 [height, width], 0 or 1.
    """
    y_min, x_min, y_max, x_max = (float(side) for side in box_px)
    rows, down = _interpolation(y_min, y_max, height, len(mask))
    columns, across = _interpolation(x_min, x_max, width, len(mask))
    pixels = np.zeros((height, width), np.uint8)
    pixels[rows, columns] = down @ mask.astype(np.float64) @ across.T >= threshold
    return pixels


def _interpolation(start: float, stop: float, pixels: int, cells: int) -> tuple[slice, np.ndarray]:
    """Give the pixels whose centers lie in [start, stop), and how much each takes of each cell.

    Returns:
        The N pixels; float64 [N, cells], rows that sum to 1: linear between the cells' centers, constant beyond.
    """
    first, last = (min(max(int(np.ceil(side - 0.5)), 0), pixels) for side in (start, stop))
    centers = np.arange(first, max(first, last)) + 0.5
    at = np.clip((centers - start) / max(stop - start, 1e-9) * cells - 0.5, 0, cells - 1)
    weights = np.maximum(1 - np.abs(at[:, None] - np.arange(cells)), 0)
    return slice(first, max(first, last)), weights
