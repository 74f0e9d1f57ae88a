"""Masks as formats write them, in the form in which the table holds them."""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from pipeline.datasets.formats.shared.extents import Box, points_of
from pipeline.datasets.table.mask_shapes import enclose, segmentation_of
from pipeline.datasets.table.segmentations import packed, unpacked

MAX_PIXELS = 2**27
"""Most pixels of an image whose masks are drawn."""


_FARTHEST = 2**15  # px; farther points are drawn there, because OpenCV's numbers end


def mask_of_points(values: Any) -> bytes:
    """Return the mask of one polygon, in the unit of its points.

    Args:
        values: A sequence of pairs of numbers.

    Raises:
        ValueError: The values are no points.
    """
    return mask_of_polygons([points_of(values)])


def mask_of_polygons(polygons: Sequence[np.ndarray]) -> bytes:
    """Return the mask of an object that consists of polygons, each float64 [N, 2]; b"" if none has three points."""
    flat = [points.ravel().tolist() for points in polygons if len(points) > 2]
    return packed(flat) if flat else b""


def joined_masks(masks: Sequence[bytes], boxes: Sequence[Box]) -> bytes:
    """Return the mask of an object whose parts have these masks and boxes; b"" if no part has a mask.

    A part without a mask counts as its filled box. Run lengths cannot be joined here: with any, there is no mask.
    """
    if not any(masks):
        return b""
    polygons: list[Any] = []
    for mask, box in zip(masks, boxes, strict=True):
        part = unpacked(mask) if mask else [_corners(box)]
        if not isinstance(part, list):
            return b""
        polygons += part
    return packed(polygons)


def _corners(box: Box) -> list[float]:
    xmin, ymin, xmax, ymax = box
    return [xmin, ymin, xmax, ymin, xmax, ymax, xmin, ymax]


def mask_with_holes(outlines: Sequence[np.ndarray], size: tuple[int, int]) -> bytes:
    """Return the mask of a polygon, which may have holes.

    Args:
        outlines: The outline, then that of each hole, each float64 [N, 2], px.
        size: The height and width of the image, px; without them, the holes are filled.
    """
    height, width = size
    if len(outlines) == 1 or not 0 < height * width <= MAX_PIXELS:
        return mask_of_polygons(outlines[:1])
    rounded = [np.clip(np.rint(points), -_FARTHEST, _FARTHEST).astype(np.int32) for points in outlines]
    pixels = cv2.fillPoly(np.zeros(size, np.uint8), rounded, 1)
    return packed(segmentation_of(pixels > 0, 0, 0, size))


def enclosed(segmentation: dict[str, Any]) -> tuple[Box, bytes]:
    """Return the box and the mask of run lengths in COCO's form.

    Raises:
        ValueError: They are no run lengths, or no pixel is in the mask.
    """
    return enclose(segmentation), packed(segmentation)
