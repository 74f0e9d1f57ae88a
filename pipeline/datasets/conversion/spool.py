"""Records that wait on disk until it is known to which split they belong."""

import json
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np


class Spool:
    """Keeps images' records and masks in a file without a name, which is gone with the process."""

    def __init__(self, folder: Path, count: int) -> None:
        """Begin with none.

        Args:
            folder: Where there is room for all records.
            count: Images, of which each may have a record.
        """
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115, closed on exit
        self._places = np.zeros((count, 3), np.int64)  # offset, bytes of the record, bytes of the masks
        self._end = 0

    def add(self, row: int, record: bytes, runs: list[str]) -> None:
        """Keep an image's framed record, and the run lengths of its objects' masks, "" for none."""
        masks = json.dumps(runs).encode() if any(runs) else b""
        self._file.write(record)
        self._file.write(masks)
        self._places[row] = self._end, len(record), len(masks)
        self._end += len(record) + len(masks)

    def read(self, row: int) -> tuple[bytes, list[str]]:
        """Return what was added."""
        offset, record, masks = self._places[row].tolist()
        self._file.seek(offset)
        return self._file.read(record), json.loads(self._file.read(masks) or b"[]")

    def __enter__(self) -> Self:
        """Give the spool."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Delete the file."""
        self._file.close()
