"""Masks as SVG paths: smaller than pictures, and as sharp as the boxes at any size."""

import cv2
import hotcoco
import numpy as np


def mask_outline(counts: str, width: int, height: int, *, tolerance: float) -> str:
    """Give the outlines of a mask and of its holes, to be filled by the even-odd rule; "" for no mask.

    Args:
        counts: COCO's compressed run lengths; "" for no mask.
        width: Of the image, px.
        height: Of the image, px.
        tolerance: How far an outline may be from the mask's, px.
    """
    if not counts:
        return ""
    pixels = hotcoco.mask.decode({"size": [height, width], "counts": counts})
    contours, _ = cv2.findContours(np.ascontiguousarray(pixels), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    simpler = (cv2.approxPolyDP(contour, tolerance, True)[:, 0] for contour in contours)
    return "".join(_closed(points) for points in simpler if len(points) > 2)


def _closed(points: np.ndarray) -> str:
    """Write a closed path through the middles of pixels, int32 [N, 2], xy."""
    return "M" + "L".join(f"{x + 0.5:g} {y + 0.5:g}" for x, y in points.tolist()) + "Z"
