"""Records that are kept on disk until the splits are known."""

import json
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np


class Spool:
    """Keeps records and masks of images in a file without a name, which the system deletes with the process."""

    def __init__(self, folder: Path, count: int) -> None:
        """Open the file.

        Args:
            folder: The file is in this folder, on whose disk all records have room.
        """
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115, __exit__ closes it
        self._places = np.zeros((count, 3), np.int64)  # offset, bytes of record and masks
        self._end = 0

    def add(self, row: int, record: bytes, runs: list[str]) -> None:
        """Add an image.

        Args:
            row: The image's row in the table.
            runs: The compressed run lengths of each object's mask, "" for an object without a mask.
        """
        masks = json.dumps(runs).encode() if any(runs) else b""
        self._file.write(record)
        self._file.write(masks)
        self._places[row] = self._end, len(record), len(masks)
        self._end += len(record) + len(masks)

    def read(self, row: int) -> tuple[bytes, list[str]]:
        """Return the record and the run lengths of an image that was added."""
        offset, record, masks = self._places[row].tolist()
        self._file.seek(offset)
        return self._file.read(record), json.loads(self._file.read(masks) or b"[]")

    def __enter__(self) -> Self:
        """Return the spool."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Delete the file."""
        self._file.close()
