"""Images of more than 8 bits a channel: the bits that they use, and their conversion to 8 bits.

Cameras of 10, 12 or 14 bits are often stored in files of 16. The high byte of such values is nearly black.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

STORED = 16
"""Bits of the integers in a file of more than 8 bits."""

_DEPTHS = (8, 10, 12, 14, STORED)

_STRIP_PIXELS = 2**20  # so many pixels of an image of more than 8 bits are converted at once

_PNG_HEADER = 26  # bytes up to the bit depth and the colour type

_PNG_BIT_DEPTH = 24  # offset in the file

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def is_deep(image: Image.Image) -> bool:
    """Return whether Pillow reads more than 8 bits a channel: grey integers or floats. It reads 8 of 16-bit RGB."""
    return image.mode.startswith("I;16") or image.mode in ("I", "F")


def is_deep_png(head: bytes) -> bool:
    """Return whether a file begins as a PNG of 16 bits, whose mode is RGB for Pillow if it has colours."""
    return head.startswith(_PNG_SIGNATURE) and head[_PNG_BIT_DEPTH : _PNG_BIT_DEPTH + 1] == b"\x10"


def depth_of(greatest: int) -> int:
    """Return the least number of bits of a camera that holds a value: 8, 10, 12, 14 or 16."""
    return next((depth for depth in _DEPTHS if greatest < 2**depth), STORED)


def greatest_value(path: Path, formats: list[str], max_pixels: int) -> int | None:
    """Return the greatest value of a grey image file of 16 bits; None for another image, or one that cannot be read.

    Args:
        formats: The names of Pillow's readers that may open the file.
        max_pixels: A larger image is not decoded.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_PNG_HEADER)
        if head.startswith(_PNG_SIGNATURE) and not is_deep_png(head):
            return None
        with Image.open(path, formats=formats) as image:
            width, height = image.size
            if not is_deep(image) or image.mode == "F" or not 0 < width * height <= max_pixels:
                return None
            return max(int(np.asarray(image.crop(strip)).max()) for strip in _strips(image))
    except Exception:  # the check of the image says what is wrong with it
        return None


def to_8_bit(image: Image.Image, depth: int) -> Image.Image:
    """Convert a grey image of more than 8 bits to 8 bits, a strip at a time: in full precision it is many times larger.

    Values beyond the depth are clipped. Floats are shares if none exceeds 1, 8-bit values if none exceeds 255, and else
    values of 16 bits.

    Args:
        depth: The bits that integers use. With 16, the high byte is taken, as PNG defines it.
    """
    strips = list(_strips(image))
    most, factor = 2.0**depth - 1, 1.0
    if image.mode == "F":
        most = 2.0**STORED - 1
        greatest = max(np.nan_to_num(np.asarray(image.crop(strip))).max() for strip in strips)
        factor = most if greatest <= 1 else most / 255 if greatest <= 255 else 1.0
    grey = Image.new("L", image.size)
    for strip in strips:
        pixels = np.nan_to_num(np.asarray(image.crop(strip)).astype(np.float64)) * factor
        grey.paste(Image.fromarray((np.clip(pixels, 0, most) / (most / 255)).astype(np.uint8)), strip)
    return grey


def _strips(image: Image.Image) -> Iterator[tuple[int, int, int, int]]:
    """Yield the boxes of strips that cover an image, for ``crop``."""
    width, height = image.size
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        yield 0, top, width, min(top + rows, height)
