"""The outline of a mask as a polygon that lies in its object's box."""

import io
import logging

import cv2
import numpy as np
from PIL import Image

from pipeline.datasets.converted.checked_dataset import WrittenObject

logger = logging.getLogger(__name__)

_TOLERANCE = 0.75
"""The largest distance of the polygon from the outline of the pixels, px."""

_REACH = 2.0
"""The largest distance, px, by which a point of a polygon is moved to the side of the object's box."""

_ROUNDING = 1.0
"""The largest distance, px, between the box of a mask of pixels, which is whole, and the object's box."""


def decode_mask(item: WrittenObject) -> np.ndarray | None:
    """Return uint8 [H, W], 0 or 1; None for an object without a mask."""
    if not item.mask:
        return None
    with Image.open(io.BytesIO(item.mask)) as image:
        return np.asarray(image, np.uint8)


def distance_to_box(item: WrittenObject, pixels: np.ndarray) -> float:
    """Return the largest distance of a side of the object's box from the same side of the box around its mask, px."""
    return float(np.abs(np.array(extent(pixels), float) - _corners(item)).max())


def extent(pixels: np.ndarray) -> tuple[int, int, int, int]:
    """Return the box around the pixels of a mask that is not empty: xmin, ymin, xmax, ymax."""
    columns, rows = (np.flatnonzero(pixels.any(axis=axis)) for axis in (0, 1))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def polygon_of(item: WrittenObject, pixels: np.ndarray) -> list[tuple[float, float]] | None:
    """Return the outline of a mask, whose outermost points are on the sides of the object's box.

    Args:
        item: The object, whose box is about the one around the mask; see :func:`distance_to_box`.
        pixels: uint8 [H, W], its mask.

    Returns:
        x and y of each point, px; None if the mask has a hole or several parts, which no polygon has.
    """
    left, top, right, lower = extent(pixels)
    # With each pixel as two by two, the outline through pixels becomes the outline along their edges.
    doubled = np.ascontiguousarray(pixels[top:lower, left:right].repeat(2, axis=0).repeat(2, axis=1))
    outlines, _ = cv2.findContours(doubled, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if len(outlines) != 1:
        return None
    edges = (outlines[0] + 1) // 2
    points = cv2.approxPolyDP(edges.astype(np.int32), _TOLERANCE, True)[:, 0] + (left, top)
    if len(points) < 3:
        return None
    placed = points.astype(float)
    xmin, ymin, xmax, ymax = _corners(item).tolist()
    for axis, (low, high) in enumerate(((xmin, xmax), (ymin, ymax))):
        values = points[:, axis]
        placed[values == values.min(), axis] = low
        placed[values == values.max(), axis] = high
    return [(x, y) for x, y in np.clip(placed, (xmin, ymin), (xmax, ymax)).tolist()]


def _corners(item: WrittenObject) -> np.ndarray:
    return np.array([item.xmin, item.ymin, item.xmax, item.ymax])


class MaskShapes:
    """Chooses how the masks of a dataset are written, and counts those that are written otherwise than as polygons."""

    def __init__(self, title: str, *, whole_pixels: bool) -> None:
        """Start to count.

        Args:
            title: The format's name, for messages.
            whole_pixels: Whether the format has masks of pixels beside polygons.
        """
        self._title, self._whole_pixels = title, whole_pixels
        self._looser = self._parted = 0

    def outline(self, item: WrittenObject) -> list[tuple[float, float]] | np.ndarray | None:
        """Return the polygon of an object's mask, or its pixels, or None for an object that is written as a box."""
        pixels = decode_mask(item)
        if pixels is None:
            return None
        distance = distance_to_box(item, pixels) if pixels.any() else np.inf
        polygon = polygon_of(item, pixels) if distance <= _REACH else None
        if polygon is not None:
            return polygon
        if distance > (_ROUNDING if self._whole_pixels else _REACH):
            self._looser += 1
            return None
        self._parted += 1
        return pixels if self._whole_pixels else None

    def log(self) -> None:
        """Log the numbers of masks that are not written as polygons."""
        if self._looser:
            logger.info(
                "written as boxes, because the box is not the one around the mask, and %s has one shape an "
                "object: %d masks",
                self._title,
                self._looser,
            )
        if self._parted and self._whole_pixels:
            logger.info(
                "written as masks of pixels, whose boxes are whole pixels, because they have a hole or several "
                "parts: %d masks",
                self._parted,
            )
        elif self._parted:
            logger.info(
                "written as boxes, because they have a hole or several parts, and %s has polygons alone: %d masks",
                self._title,
                self._parted,
            )
