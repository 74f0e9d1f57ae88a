"""Reading a gzip file at any position without unpacking it to the disk or to memory.

One pass over the file keeps the state of the decompression at a point in every two megabytes. A position is reached
from the point before it.
"""

import zlib
from bisect import bisect_right
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

MAGIC = b"\x1f\x8b"

_SPACING = 2**21  # unpacked bytes between two points

_BLOCK = 2**16  # bytes that are read or unpacked at once

_MAX_RATIO, _ALWAYS = (
    200,
    100 * 2**20,
)  # unpacked bytes for each byte of the file; bytes that are allowed at any ratio

_INDICES = 64  # files whose points are kept

_WITH_HEADER = 16 + zlib.MAX_WBITS


class BrokenGzipError(ValueError):
    """The file is not gzip to its end, or it unpacks to far more than its own size. The message says which."""


class _Point(NamedTuple):
    """A point from which unpacking can go on.

    Attributes:
        offset: The position in the unpacked data.
        stored: The position in the file, after the bytes that the state has taken.
        state: The state of the decompression, which is copied before use.
    """

    offset: int
    stored: int
    state: Any


class _Index(NamedTuple):
    """The points of a file, and its unpacked size in bytes."""

    points: list[_Point]
    size: int


class GzipReader:
    """The unpacked data of a file: ``seek`` and ``read`` as for a file that is open for reading.

    Attributes:
        size: The unpacked size in bytes.
    """

    def __init__(self, file: BinaryIO, path: Path) -> None:
        """Index the file, unless that was done before.

        Raises:
            BrokenGzipError: The file cannot be unpacked.
            OSError: The file cannot be read.
        """
        status = path.stat()
        self._index = _indexed(path, status.st_mtime_ns, status.st_size)
        self.size = self._index.size
        self._file, self._wanted = file, 0
        self._stream = _Stream(file, self._index.points[0])

    def seek(self, offset: int) -> None:
        """Go to a position in the unpacked data."""
        self._wanted = offset

    def read(self, count: int) -> bytes:
        """Return up to so many bytes from the position on."""
        point = self._index.points[
            bisect_right(self._index.points, self._wanted, key=lambda each: each.offset) - 1
        ]
        if not point.offset <= self._stream.offset <= self._wanted:
            self._stream = _Stream(self._file, point)
        while self._stream.offset < self._wanted and self._stream.next(self._wanted - self._stream.offset):
            pass
        parts = list[bytes]()
        while count > 0 and (part := self._stream.next(count)):
            parts.append(part)
            count -= len(part)
        data = b"".join(parts)
        self._wanted += len(data)
        return data


class _Stream:
    """Unpacks a file from a point on.

    Attributes:
        offset: The position in the unpacked data.
        stored: The position in the file, after the bytes that were taken.
    """

    def __init__(self, file: BinaryIO, point: _Point) -> None:
        self.offset, self.stored = point.offset, point.stored
        self.state = point.state.copy()
        self._file = file
        file.seek(point.stored)

    def next(self, most: int) -> bytes:
        """Unpack up to so many bytes, at most 64 KiB; b"" at the end.

        Raises:
            BrokenGzipError: The data is damaged or cut off.
        """
        try:
            while True:
                waiting = b"" if self.state.eof else self.state.unconsumed_tail
                waiting = waiting or self._more()
                data = self.state.decompress(waiting, min(most, _BLOCK))
                self.offset += len(data)
                if data or (not waiting and self.state.eof):
                    return data
                if not waiting:
                    raise BrokenGzipError("the gzip data is cut off; copy or write the file again")
        except zlib.error as error:
            raise BrokenGzipError(
                f"the gzip data is damaged ({error}); copy or write the file again"
            ) from None

    def _more(self) -> bytes:
        """Return the next bytes of the file. After the end of a member the next one begins."""
        left = self.state.unused_data if self.state.eof else b""
        block = left or self._file.read(_BLOCK)
        self.stored += 0 if left else len(block)
        if self.state.eof and block:
            self.state = zlib.decompressobj(_WITH_HEADER)
        return block


@lru_cache(maxsize=_INDICES)
def _indexed(path: Path, changed: int, stored: int) -> _Index:
    """Unpack a file once.

    Args:
        changed: The time of its last change, and
        stored: its size in bytes, which tell whether an index is still right.

    Raises:
        BrokenGzipError: The file cannot be unpacked.
    """
    points = [_Point(0, 0, zlib.decompressobj(_WITH_HEADER))]
    with path.open("rb") as file:
        stream = _Stream(file, points[0])
        while stream.next(_BLOCK):
            if stream.offset > max(_ALWAYS, _MAX_RATIO * stored):
                raise BrokenGzipError(f"it unpacks to more than {_MAX_RATIO} times its size")
            if stream.offset - points[-1].offset >= _SPACING:
                points.append(_Point(stream.offset, stream.stored, stream.state.copy()))
    return _Index(points, stream.offset)
