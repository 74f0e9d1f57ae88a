"""Whether tiles would show a detector the small objects of large pictures, and how large they should be."""

import math

import numpy as np

from pipeline.datasets.conversion.summary import relative_sides
from pipeline.datasets.table.annotation_table import BOX, AnnotationTable

UNSEEN_SIDE = 8
"""A small box whose shorter side is shorter than this at the network's input can hardly be found, px."""

SEEN_SIDE = 16
"""The shorter side that a small box should have at the network's input, px: two cells of the finest level."""

_LEAST_TILE, _STEP = 64, 32  # px

_FEWEST = 2
"""A picture that is not so many tiles long is hardly larger than a tile."""


def advised_tile(table: AnnotationTable, image_size: int, *, largest: int) -> int | None:
    """Return the side of tiles that show a small box, such as one of ten, with :data:`SEEN_SIDE`, px of the picture.

    Args:
        table: The checked table, with boxes in px of pictures that are not shrunk.
        image_size: The side of the network's input with tiles, px.
        largest: The side of the network's input that is the largest choice without tiles, px.

    Returns:
        None if tiles are not needed or do not help: whole pictures show small boxes with :data:`UNSEEN_SIDE` or more,
        the pictures themselves do not, or they are hardly larger than the tiles.
    """
    boxes = table.objects.dropna(subset=["xmin"])
    if boxes.empty:
        return None
    corners = boxes[BOX].to_numpy()
    small = float(np.percentile((corners[:, 2:] - corners[:, :2]).min(axis=1), 10))
    seen = float(np.percentile(relative_sides(table, boxes).min(axis=1), 10)) * largest
    if seen >= UNSEEN_SIDE or small < UNSEEN_SIDE:
        return None
    tile = max(math.ceil(image_size * small / SEEN_SIDE / _STEP) * _STEP, _LEAST_TILE)
    return tile if _FEWEST * tile <= longer_side(table) else None


def longer_side(table: AnnotationTable) -> float:
    """Return the median of the longer sides of the pictures, px."""
    return float(table.images[["width", "height"]].max(axis=1).median())
