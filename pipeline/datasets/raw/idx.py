"""IDX files, the format of MNIST; they are often compressed with gzip.

The format is described at http://yann.lecun.com/exdb/mnist. A file begins with two bytes of 0, one byte for the type
and one byte for the number of axes. Four bytes for the length of each axis follow, the most significant one first. The
values follow in row-major order.
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
"""The end of the names of files with images: [N, H, W], or [N, H, W, C] with C = 1, 3 or 4 channels."""

_UNSIGNED_BYTE = 0x08

_MAX_AXES = 4

_GZIP = b"\x1f\x8b"

_MEMBER = re.compile(r"(\d{1,12})\.png")

_DIGITS = 5


class BrokenIdxError(ValueError):
    """The file is not a complete IDX file of bytes; the message says what is wrong."""


@lru_cache(maxsize=2)  # images are read one at a time, from one file or from two in turn
def read_idx(path: Path) -> np.ndarray:
    """Read the array of a file: uint8, with the shape that the file declares.

    Raises:
        BrokenIdxError: The file is not an IDX file of bytes, or its length does not agree with its shape.
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        compressed = file.read(2) == _GZIP
    try:
        with gzip.open(path) if compressed else path.open("rb") as file:
            return _read(file, path.stat().st_size, compressed)  # type: ignore[arg-type]
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BrokenIdxError(f"its gzip data is damaged ({error}); copy or download the file again") from None


def _read(file: BinaryIO, stored: int, compressed: bool) -> np.ndarray:
    """Read the array of a file that is open for reading.

    Args:
        file: The file; its bytes are already uncompressed.
        stored: Size of the file on disk in bytes.
        compressed: Whether the file on disk is compressed.
    """
    shape = _read_shape(file)
    size = math.prod(shape)
    declared = f"it declares {' × '.join(map(str, shape))} bytes"
    limit = max(LIMITS.small, int(stored * LIMITS.ratio)) if compressed else stored
    if not size:
        raise BrokenIdxError(f"{declared}, and so holds nothing")
    if size > limit:
        raise BrokenIdxError(f"{declared}, and cannot hold more than {limit}")
    data = file.read(size + 1)
    if len(data) != size:
        raise BrokenIdxError(f"{declared}, and holds {'more' if len(data) > size else len(data)}")
    return np.frombuffer(data, np.uint8).reshape(shape)


def _read_shape(file: BinaryIO) -> tuple[int, ...]:
    """Read the head of a file, and return the declared length of each axis."""
    head = file.read(4)
    if len(head) < 4 or head[:2] != b"\0\0":
        raise BrokenIdxError(f"it is not an IDX file, because it begins with {head!r}")
    if head[2] != _UNSIGNED_BYTE:
        raise BrokenIdxError(
            f"it is an IDX file of type 0x{head[2]:02x}, where bytes (0x08) are expected; "
            "write its values as unsigned bytes"
        )
    lengths = file.read(4 * head[3])
    if len(lengths) < 4 * head[3]:
        raise BrokenIdxError("it ends within its head; copy or download the file again")
    if head[3] not in range(1, _MAX_AXES + 1):
        raise BrokenIdxError(f"it declares an array of {head[3]} axes, where 1 to {_MAX_AXES} are expected")
    return struct.unpack(f">{head[3]}I", lengths)


def read_images(path: Path) -> np.ndarray:
    """Read a file of images: uint8 [N, H, W], or [N, H, W, C] with C = 1, 3 or 4.

    Raises:
        BrokenIdxError: The file is not an IDX file of images.
        OSError: The file cannot be read.
    """
    images = read_idx(path)
    channels = images.shape[3] if images.ndim == 4 else 1
    if images.ndim not in (3, 4) or channels not in (1, 3, 4):
        shape = " × ".join(map(str, images.shape))
        raise BrokenIdxError(
            f"an array of {shape} is none of images; images have the axes N, H, W or N, H, W, C with C = 1, 3 or 4"
        )
    return images


def member_names(count: int) -> list[str]:
    """Return the member names of a file's images; they are padded, so that they sort in the order of the images."""
    digits = max(_DIGITS, len(str(count - 1)))
    return [f"{number:0{digits}d}.png" for number in range(count)]


def read_member(path: Path, member: str) -> bytes:
    """Return an image of a file, encoded as PNG.

    Args:
        member: The image's name as :func:`member_names` returns it.

    Raises:
        BrokenIdxError: The file has no image of that name.
        OSError: The file cannot be read.
    """
    match = _MEMBER.fullmatch(member)
    images = read_images(path)
    if match is None or int(match[1]) >= len(images):
        raise BrokenIdxError(f"{member!r} is none of its {len(images)} images")
    pixels = images[int(match[1])]
    encoded = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[2:] == (1,) else pixels).save(encoded, "PNG")
    return encoded.getvalue()
