"""Masks as SVG paths, which are smaller than pictures and stay sharp at any size."""

import cv2
import hotcoco
import numpy as np


def mask_outline(counts: str, width: int, height: int, *, tolerance: float) -> str:
    """Return the outlines of a mask and of its holes as SVG path data, to be filled by the even-odd rule.

    Args:
        counts: The mask as COCO's compressed run lengths. "" means no mask and gives "".
        width: The width of the image, px.
        height: The height of the image, px.
        tolerance: The largest distance between the path and the exact outline, px.
    """
    if not counts:
        return ""
    pixels = hotcoco.mask.decode({"size": [height, width], "counts": counts})
    contours, _ = cv2.findContours(np.ascontiguousarray(pixels), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    simpler = (cv2.approxPolyDP(contour, tolerance, True)[:, 0] for contour in contours)
    return "".join(_closed(points) for points in simpler if len(points) > 2)


def _closed(points: np.ndarray) -> str:
    """Return a closed path through the centres of the pixels ``points``, int32 [N, 2], xy."""
    return "M" + "L".join(f"{x + 0.5:g} {y + 0.5:g}" for x, y in points.tolist()) + "Z"
