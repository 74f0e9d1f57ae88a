"""``tiling.json``: how large pictures are cut for the training and the predictions of a detector.

With ``convert.tile``, the records of whole pictures are ``{train,val,test}-*.tfrecord`` as ever, and those of their
tiles are ``{train,val}_tiles-*.tfrecord``. A detector is trained and validated on tiles. All else, such as the crops of
the classifier, the exports of the dataset and the scores, is of whole pictures.
"""

from pathlib import Path
from typing import Any, NamedTuple

from pipeline.artifacts import read_json, write_json

TILED_SPLITS = ("train", "val")
"""The splits whose pictures are cut. Those of test are cut when they are predicted."""

TILES_PER_IMAGE = 1_000_000
"""The id of a tile is the id of its picture times this, plus its number in the picture."""

_FILE = "tiling.json"


class Tiling(NamedTuple):
    """How the pictures of a dataset are cut.

    Attributes:
        tile: The side of a tile, px of the picture.
        overlap: The share of its side by which a tile overlaps the next one at least, 0..0.5.
        counts: Split -> number of its tiles, for each of :data:`TILED_SPLITS`.
    """

    tile: int
    overlap: float
    counts: dict[str, int]


def write_tiling(tiling: Tiling, converted: Path) -> None:
    """Write ``tiling.json``."""
    write_json(converted / _FILE, tiling._asdict())


def read_tiling(converted: Path) -> Tiling | None:
    """Read ``tiling.json``; None if the pictures were not cut."""
    path = converted / _FILE
    return Tiling(**read_json(path)) if path.is_file() else None


def tile_settings(converted: Path) -> dict[str, Any]:
    """Return how pictures are cut as fields of a model's configuration; none if they were not cut."""
    tiling = read_tiling(converted)
    return {"tile": tiling.tile, "tile_overlap": tiling.overlap} if tiling else {}


def tiles_of_split(split: str) -> str:
    """Return the name by which the files of the tiles of a split begin."""
    return f"{split}_tiles"


def learnt_split(converted: Path, split: str) -> str:
    """Return the records from which a detector learns, or on which it is validated: tiles, if there are any.

    Args:
        converted: The output of the convert stage.
        split: One of the splits whose pictures may be cut.
    """
    return tiles_of_split(split) if read_tiling(converted) else split
