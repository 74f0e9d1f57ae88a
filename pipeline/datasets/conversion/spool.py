"""Records that are kept on disk until the splits are known."""

import json
import tempfile
from array import array
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from pipeline.datasets.conversion.tasks import SoundImage


class Spool:
    """Keeps records, masks and tiles of images in a file without a name, which the system deletes with the process."""

    def __init__(self, folder: Path, count: int) -> None:
        """Open the file.

        Args:
            folder: The file is in this folder, on whose disk all records have room.
        """
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115, __exit__ closes it
        self._places = np.zeros((count, 3), np.int64)  # offset, bytes of record and masks
        self._tiles: dict[int, array] = {}  # where the tiles of an image begin, and where the last one ends
        self._end = 0

    def add(self, row: int, image: SoundImage) -> None:
        """Add the record of an image, its masks, and the records of its tiles.

        Args:
            row: The image's row in the table.
        """
        record, tiles = image.record, image.tiles
        masks = json.dumps(image.runs).encode() if any(image.runs) else b""
        self._file.write(record)
        self._file.write(masks)
        self._places[row] = self._end, len(record), len(masks)
        self._end += len(record) + len(masks)
        if tiles:
            self._tiles[row] = array("q", [self._end])
        for tile in tiles:
            self._file.write(tile)
            self._end += len(tile)
            self._tiles[row].append(self._end)

    def read(self, row: int) -> tuple[bytes, list[str]]:
        """Return the record and the run lengths of an image that was added."""
        offset, record, masks = self._places[row].tolist()
        self._file.seek(offset)
        return self._file.read(record), json.loads(self._file.read(masks) or b"[]")

    def read_tiles(self, row: int) -> Iterator[bytes]:
        """Yield the records of the tiles of an image."""
        for start, end in pairwise(self._tiles.get(row, ())):
            self._file.seek(start)
            yield self._file.read(end - start)

    def __enter__(self) -> Self:
        """Return the spool."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Delete the file."""
        self._file.close()
