"""IDX files, as MNIST's: a head of a type and sizes, then bytes; often compressed with gzip.

The format is that of http://yann.lecun.com/exdb/mnist: two bytes of 0, one for the type, one for the number of
axes, four for the length of each axis, most significant first.
"""

import gzip
import io
import math
import re
import struct
import zlib
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from pipeline.datasets.raw.limits import LIMITS

IMAGE_FILE = re.compile(r"images[-._]idx[34]-ubyte(\.gz)?$", re.IGNORECASE)
"""What the names of files of images end in: grey ones [N, H, W], or [N, H, W, C] of C = 1, 3 or 4 colours."""

_UNSIGNED_BYTE = 0x08

_MAX_AXES = 4

_GZIP = b"\x1f\x8b"

_MEMBER = re.compile(r"(\d{1,12})\.png")

_DIGITS = 5


class BrokenIdxError(ValueError):
    """The file is no IDX file of bytes, or not whole; the text says why."""


@lru_cache(maxsize=2)  # of the split that is being read, and its neighbour
def read_idx(path: Path) -> np.ndarray:
    """Read a file whole: uint8, of the shape that it declares.

    Raises:
        BrokenIdxError: it is not one, not whole, or declares more than it holds.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        compressed = file.read(2) == _GZIP
    try:
        with gzip.open(path) if compressed else path.open("rb") as file:
            return _read(file, path.stat().st_size, compressed)  # type: ignore[arg-type]
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BrokenIdxError(f"its gzip data is damaged: {error}") from None


def _read(file: BinaryIO, stored: int, compressed: bool) -> np.ndarray:
    head = file.read(4)
    if len(head) < 4 or head[:2] != b"\0\0":
        raise BrokenIdxError(f"not an IDX file; it begins with {head!r}")
    if head[2] != _UNSIGNED_BYTE:
        raise BrokenIdxError(f"an IDX file of type 0x{head[2]:02x}, where bytes (0x08) are expected")
    lengths = file.read(4 * head[3])
    if len(lengths) < 4 * head[3]:
        raise BrokenIdxError("it ends within its head")
    if head[3] not in range(1, _MAX_AXES + 1):
        raise BrokenIdxError(f"an array of {head[3]} axes")
    shape = struct.unpack(f">{head[3]}I", lengths)
    size = math.prod(shape)
    said = f"it declares {' × '.join(map(str, shape))} bytes"
    limit = max(LIMITS.small, int(stored * LIMITS.ratio)) if compressed else stored
    if not size:
        raise BrokenIdxError(f"{said}, and so holds nothing")
    if size > limit:
        raise BrokenIdxError(f"{said}, and cannot hold more than {limit}")
    data = file.read(size + 1)
    if len(data) != size:
        raise BrokenIdxError(f"{said}, and holds {'more' if len(data) > size else len(data)}")
    return np.frombuffer(data, np.uint8).reshape(shape)


def read_images(path: Path) -> np.ndarray:
    """Read a file of images: uint8 [N, H, W] or [N, H, W, C].

    Raises:
        BrokenIdxError: it is not one.
        OSError: it cannot be read.
    """
    images = read_idx(path)
    channels = images.shape[3] if images.ndim == 4 else 1
    if images.ndim not in (3, 4) or channels not in (1, 3, 4):
        shape = " × ".join(map(str, images.shape))
        raise BrokenIdxError(f"an array of {shape} is none of images")
    return images


def member_names(count: int) -> list[str]:
    """Return the names of a file's images within it, padded so that they are in order."""
    digits = max(_DIGITS, len(str(count - 1)))
    return [f"{number:0{digits}d}.png" for number in range(count)]


def read_member(path: Path, member: str) -> bytes:
    """Return an image of a file of images, as PNG.

    Raises:
        BrokenIdxError: there is none of that number.
        OSError: the file cannot be read.
    """
    match = _MEMBER.fullmatch(member)
    images = read_images(path)
    if match is None or int(match[1]) >= len(images):
        raise BrokenIdxError(f"{member!r} is none of its {len(images)} images")
    pixels = images[int(match[1])]
    encoded = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2:] == (1,) else pixels).save(encoded, "PNG")
    return encoded.getvalue()
