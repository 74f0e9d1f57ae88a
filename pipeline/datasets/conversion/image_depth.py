"""The bits that the images of a dataset use, if they are stored with more than 8 bits a channel."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from pipeline.datasets.checks.bit_depth import STORED, depth_of, greatest_value
from pipeline.datasets.checks.images import readers
from pipeline.workers import Workers

_EIGHT_BITS = (".jpg", ".jpeg", ".webp", ".gif", ".bmp")
"""Suffixes of images that have 8 bits a channel."""

_BATCH = 64


def dataset_depth(raw: Path, files: Sequence[str], workers: Workers, max_pixels: int) -> int:
    """Return the bits that the deep images of a dataset use: 8, 10, 12, 14 or 16; 16 if there are none.

    All images are scaled alike, so that a dark one stays darker than the others. Images inside larger files do not
    count.

    Args:
        files: The paths of the images, relative to ``raw``.
        max_pixels: Larger images are not decoded.
    """
    suspects = [file for file in files if not file.lower().endswith(_EIGHT_BITS)]
    batches = [suspects[start : start + _BATCH] for start in range(0, len(suspects), _BATCH)]
    greatest = max(workers.map(partial(_greatest, raw, max_pixels), batches), default=-1)
    return depth_of(greatest) if greatest >= 0 else STORED


def _greatest(raw: Path, max_pixels: int, files: list[str]) -> int:
    """Return the greatest value of all deep images among some files, -1 if there are none."""
    values = (greatest_value(raw / file, readers(), max_pixels) for file in files)
    return max((value for value in values if value is not None), default=-1)
