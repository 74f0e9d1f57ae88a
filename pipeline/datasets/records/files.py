"""TFRecord files: a sequence of framed records, each with its length and two checksums.

A file may come from anybody. A declared length is compared with the file's size before any byte is read or memory is
allocated, and every checksum is verified. The file may be compressed with gzip: offsets are then those of its contents.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, BinaryIO, NamedTuple, Self

import google_crc32c

from pipeline.datasets.records.gzip_file import MAGIC, BrokenGzipError, GzipReader

_LENGTH = struct.Struct("<Q")

_CHECKSUM = struct.Struct("<I")

_HEAD_BYTES = _LENGTH.size + _CHECKSUM.size

_MAX_RECORD_BYTES = 2**31 - 1  # protobuf does not encode longer messages


class BrokenRecordError(ValueError):
    """The bytes are not a TFRecord file or not a ``tf.train.Example``; the message says what is wrong."""


def masked_crc32c(data: bytes) -> int:
    """Return the CRC-32C of ``data`` as TFRecord files store it: rotated by 15 bits, plus a constant."""
    checksum = google_crc32c.value(data)
    return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF


def frame(record: bytes) -> bytes:
    """Return a record as a TFRecord file holds it: the length, its checksum, the record, its checksum."""
    length = _LENGTH.pack(len(record))
    return b"".join((length, _stored_checksum(length), record, _stored_checksum(record)))


def _stored_checksum(data: bytes) -> bytes:
    return _CHECKSUM.pack(masked_crc32c(data))


class ShardWriter:
    """Writes framed records to ``{split}-00000-of-00003.tfrecord`` and so on; the last shard may be shorter.

    The number of shards is known only at the end, so the shards get their final names when the writer is closed.
    """

    def __init__(self, folder: Path, split: str, records_per_shard: int) -> None:
        self._folder, self._split, self._records_per_shard = folder, split, records_per_shard
        self._file: IO[bytes] | None = None
        self._shards: list[Path] = []
        self.records = 0

    def write(self, framed: bytes) -> None:
        """Append a record.

        Args:
            framed: The record as :func:`frame` returns it.
        """
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
        """Return the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the last shard and give every shard its final name."""
        self._close_file()
        for number, path in enumerate(self._shards):
            path.rename(path.with_name(f"{self._split}-{number:05d}-of-{len(self._shards):05d}.tfrecord"))


class Place(NamedTuple):
    """The place of a record in its file.

    Attributes:
        offset: Position of the record's head from the start of the file, in bytes.
        length: Length of the record without its head and its checksum, in bytes.
    """

    offset: int
    length: int


def record_places(path: Path) -> Iterator[Place]:
    """Iterate over the places of a file's records; only the heads of the records are read.

    Raises:
        BrokenRecordError: A head is damaged, or the file ends within a record. The places before it were yielded.
        OSError: The file cannot be read.
    """
    with _opened(path) as (file, size):
        offset = 0
        while offset < size:
            place = _read_head(file, offset, size)
            yield place
            offset += _HEAD_BYTES + place.length + _CHECKSUM.size


def read_record(path: Path, offset: int) -> bytes:
    """Return the record whose head is at ``offset``.

    Args:
        offset: Position of the head from the start of the file, in bytes.

    Raises:
        BrokenRecordError: There is no record at ``offset``, its checksum is wrong, or it has 2 GiB or more.
        OSError: The file cannot be read.
    """
    with _opened(path) as (file, size):
        length = _read_head(file, offset, size).length
        if length > _MAX_RECORD_BYTES:
            raise BrokenRecordError(
                f"the record at byte {offset} has {length} bytes, and the limit is {_MAX_RECORD_BYTES}; "
                "write it again with fewer or smaller features"
            )
        file.seek(offset + _HEAD_BYTES)
        record = file.read(length)
        checksum = file.read(_CHECKSUM.size)
    if checksum != _stored_checksum(record):
        raise BrokenRecordError(
            f"the checksum of the record at byte {offset} is wrong; restore or write the file again"
        )
    return record


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO | GzipReader, int]]:
    """Open a file for reading, and give the size of its contents in bytes.

    Raises:
        BrokenRecordError: The file is compressed with gzip and cannot be unpacked.
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        compressed = file.read(len(MAGIC)) == MAGIC
        try:
            reader = GzipReader(file, path) if compressed else file
            yield reader, reader.size if isinstance(reader, GzipReader) else path.stat().st_size
        except BrokenGzipError as error:
            raise BrokenRecordError(str(error)) from None


def _read_head(file: BinaryIO | GzipReader, offset: int, size: int) -> Place:
    """Read the head of the record at ``offset``; the declared length is within the file's ``size``."""
    if offset + _HEAD_BYTES > size:
        raise BrokenRecordError(_cut_off(size, "the head of a record"))
    file.seek(offset)
    head = file.read(_HEAD_BYTES)
    if head[_LENGTH.size :] != _stored_checksum(head[: _LENGTH.size]):
        raise BrokenRecordError(_not_a_record(offset))
    (length,) = _LENGTH.unpack_from(head)
    if offset + _HEAD_BYTES + length + _CHECKSUM.size > size:
        raise BrokenRecordError(_cut_off(size, f"the record at byte {offset}"))
    return Place(offset, length)


def _cut_off(size: int, part: str) -> str:
    return f"the file is cut off at byte {size}, within {part}; copy or write it again"


def _not_a_record(offset: int) -> str:
    return f"there is no TFRecord at byte {offset}: the checksum of its length is wrong; write the file again"
