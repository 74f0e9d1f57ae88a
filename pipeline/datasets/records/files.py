"""TFRecord files, without TensorFlow."""

import struct
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from pipeline.datasets.records.checksum import masked_crc32c


def frame(record: bytes) -> bytes:
    """Wrap a record as a TFRecord file holds it: length, its checksum, the bytes, their checksum."""
    length = struct.pack("<Q", len(record))
    checksums = (struct.pack("<I", masked_crc32c(part)) for part in (length, record))
    return b"".join((length, next(checksums), record, next(checksums)))


class ShardWriter:
    """Writes framed records to ``{split}-00000-of-00003.tfrecord`` and so on; the last shard may be short.

    How many shards there will be is known at the end only, so they get their names when the writer is closed.
    """

    def __init__(self, folder: Path, split: str, records_per_shard: int) -> None:
        self._folder, self._split, self._records_per_shard = folder, split, records_per_shard
        self._file: IO[bytes] | None = None
        self._shards: list[Path] = []
        self.records = 0

    def write(self, framed: bytes) -> None:
        """Append a record."""
        if self._file is None or self.records % self._records_per_shard == 0:
            self._close_file()
            path = self._folder / f"{self._split}-{len(self._shards):05d}.partial"
            self._shards.append(path)
            self._file = path.open("wb")
        self._file.write(framed)
        self.records += 1

    def _close_file(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        """Give the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the last shard, and name them all."""
        self._close_file()
        for number, path in enumerate(self._shards):
            path.rename(path.with_name(f"{self._split}-{number:05d}-of-{len(self._shards):05d}.tfrecord"))
