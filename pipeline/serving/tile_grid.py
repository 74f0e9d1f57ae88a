"""The tiles that a large picture is cut into."""

from math import ceil
from typing import NamedTuple


class Window(NamedTuple):
    """A part of a picture, in whole px: rows from ``top`` to ``bottom``, columns from ``left`` to ``right``."""

    top: int
    left: int
    bottom: int
    right: int


def tile_windows(height: int, width: int, tile: int, overlap: float) -> list[Window]:
    """Return the tiles that cover a picture, row by row.

    All tiles of a picture have one size, and their distances are equal but for rounding. So neighbours share at least
    ``overlap``, and mostly a little more, instead of a narrow rest at the right and the lower edge.

    Args:
        height: Height of the picture, px.
        width: Width of the picture, px.
        tile: The side of a tile, px. A side of the picture that is shorter is not cut.
        overlap: The least share of a tile's side that it has in common with the next tile, from 0 to below 1.
    """
    return [
        Window(top, left, top + min(tile, height), left + min(tile, width))
        for top in _starts(height, tile, overlap)
        for left in _starts(width, tile, overlap)
    ]


def _starts(side: int, tile: int, overlap: float) -> list[int]:
    """Return where the tiles along a side of the picture begin, px."""
    rest = max(side - tile, 0)
    steps = ceil(rest / max(tile * (1 - overlap), 1))
    return [round(rest * step / max(steps, 1)) for step in range(steps + 1)]
