"""The tiles that large pictures are cut into, and the objects that a detector learns from each.

An object is learnt from a tile that shows enough of it. In other tiles it is ignored: it is neither an object nor
background there. An object of which no tile shows enough, because it is larger than a tile, is learnt from the whole
picture, in which the others are ignored. Predictions come from the tiles and the whole picture, too.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.datasets.conversion.splits import image_hash
from pipeline.datasets.converted.tile_grid import Window, tile_windows
from pipeline.datasets.table.annotation_table import BOX, AnnotationTable
from pipeline.params.convert import Convert

_LEAST_SIDE = 1.0
"""A part of an object that is cut to less than this has nothing to see, px."""

_ROUNDING = 1e-9


class Tile(NamedTuple):
    """A part of a picture with the K objects that are in it.

    Attributes:
        number: 0 is the whole picture; tiles are counted from 1.
        window: Where the part is in the picture, px.
        objects: int64 [K], the positions of the objects among those of the picture.
        boxes: float64 [K, 4], xyxy, px of the picture, clipped to the part.
        shares: float64 [K], the share of each object's area that is inside, in (0, 1].
        learnt: bool [K], False for the objects that are ignored because another part shows more of them.
    """

    number: int
    window: Window
    objects: np.ndarray
    boxes: np.ndarray
    shares: np.ndarray
    learnt: np.ndarray


def picture_side(settings: Convert) -> int | None:
    """Return the longest side of a whole picture in its record, px; None for no limit.

    Pictures that are cut into tiles keep their size, as predictions are made on tiles of them.
    """
    return None if settings.tile else settings.max_side


def tiles_of(
    boxes: np.ndarray, counted: np.ndarray, size: tuple[int, int], settings: Convert, file: str
) -> list[Tile]:
    """Return the parts of a picture from which a detector learns.

    Of the tiles without an object that counts, the share ``convert.tile_negatives`` is kept. Which ones depends on the
    path of the picture and on the number of the tile alone.

    Args:
        boxes: float64 [G, 4], xyxy, px; NaN for labels of the whole image, which are in no tile.
        counted: bool [G], False for difficult objects and crowds.
        size: Width and height of the picture, px.
        settings: The section ``convert``, with a tile.
        file: The path of the picture.
    """
    width, height = size
    boxed = ~np.isnan(boxes).any(axis=1)
    windows = tile_windows(height, width, settings.tile or max(size), settings.tile_overlap)
    found = [_tile(number, window, boxes, settings) for number, window in enumerate(windows, start=1)]
    shown = np.zeros(len(boxes), bool)
    for tile in found:
        shown[tile.objects[tile.learnt]] = True
    kept = [tile for tile in found if _has_object(tile, counted) or _drawn(tile, settings, file)]
    if not (boxed & counted & ~shown).any():
        return kept
    everything = _tile(0, Window(0, 0, height, width), boxes, settings)
    return [everything._replace(learnt=~shown[everything.objects]), *kept]


def _tile(number: int, window: Window, boxes: np.ndarray, settings: Convert) -> Tile:
    """Return a part with all objects of which it shows anything."""
    low, high = np.array([window.left, window.top]), np.array([window.right, window.bottom])
    clipped = np.concatenate([np.maximum(boxes[:, :2], low), np.minimum(boxes[:, 2:], high)], axis=1)
    sides = clipped[:, 2:] - clipped[:, :2]
    inside = np.flatnonzero((sides > 0).all(axis=1))
    area = (boxes[inside, 2:] - boxes[inside, :2]).prod(axis=1)
    shares = np.minimum(sides[inside].prod(axis=1) / area, 1.0)
    learnt = shares >= settings.tile_visibility - _ROUNDING
    seen = learnt | (sides[inside] >= _LEAST_SIDE).all(axis=1)
    return Tile(number, window, inside[seen], clipped[inside[seen]], shares[seen], learnt[seen])


def _has_object(tile: Tile, counted: np.ndarray) -> bool:
    return bool((tile.learnt & counted[tile.objects]).any())


def _drawn(tile: Tile, settings: Convert, file: str) -> bool:
    return image_hash(f"tile {tile.number}", file) < settings.tile_negatives * 2**64


def count_tiles(table: AnnotationTable, split: str, settings: Convert) -> int:
    """Return the number of parts from which a detector would learn, of the pictures of a split.

    Args:
        split: "train" or "val".
        settings: The section ``convert``, with a tile.
    """
    images = table.images[table.images["split"] == split]
    return sum(len(tiles_of_row(table, image, settings)) for _, image in images.iterrows())


def tiles_of_row(table: AnnotationTable, image: pd.Series, settings: Convert) -> list[Tile]:
    """Return the parts of a picture from which a detector learns; see :func:`tiles_of`.

    Args:
        image: A row of its images.
        settings: The section ``convert``, with a tile.
    """
    start, end = np.searchsorted(table.objects["image_id"].to_numpy(), [image["id"], image["id"] + 1])
    objects = table.objects.iloc[start:end]
    counted = ~(objects["difficult"] | objects["crowd"]).to_numpy(bool)
    size = (int(image["width"]), int(image["height"]))
    return tiles_of(objects[BOX].to_numpy(), counted, size, settings, image["file"])
