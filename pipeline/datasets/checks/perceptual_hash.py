"""Images that look alike: a perceptual hash, and the search for near ones.

The hash is pHash (Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010) with 16 × 16
coefficients for its 8 × 8: the signs of an image's lowest frequencies against their median. It hardly changes when
a picture is scaled, compressed again or made lighter: up to 26 of the 256 bits at 0.6 of the side and JPEG quality
50. Of two different photographs 94 or more differed, of two drawn scenes 84.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from PIL import Image

SIDE = 64
"""Of the image that is transformed, px; smaller ones, such as digits of 28 px, have too little in them to tell."""

HASH_BYTES = 32

_COEFFICIENTS = 16

_BITS = _COEFFICIENTS**2

_FLAT = 2.0  # standard deviation of grey values, 0..255, below which an image says nothing

_ROWS = (2048, 1024)  # hashes compared at once, a block of 8 MiB


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


def near_blocks(
    hashes: np.ndarray, some: np.ndarray, others: np.ndarray, bits: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Compare some images with others, a block at a time: of a film, where all look alike, the pairs would fill memory.

    Bits that differ are counted by products of signs, ±1, whose sum is 256 less two for each: the one search
    of all pairs that a processor's matrix units take on.

    Args:
        hashes: uint8 [N, 32], each a :func:`perceptual_hash`.
        some: int64 [S], different rows.
        others: int64 [O], different rows.
        bits: Two hashes are near if no more differ.

    Yields:
        int64 [R] and int64 [C], rows of a block, and bool [R, C], which of them look alike; none looks like itself.
        Blocks come in the order of ``some``, then of ``others``.
    """
    for first in range(0, len(some), _ROWS[0]):
        left = some[first : first + _ROWS[0]]
        signs = _signs(hashes[left])
        for second in range(0, len(others), _ROWS[1]):
            right = others[second : second + _ROWS[1]]
            near = signs @ _signs(hashes[right]).T >= _BITS - 2 * bits
            _, same, itself = np.intersect1d(left, right, assume_unique=True, return_indices=True)
            near[same, itself] = False
            yield left, right, near


def first_near(hashes: np.ndarray, some: np.ndarray, others: np.ndarray, bits: int) -> np.ndarray:
    """Return int64 [S], the first of others that each of some images looks like, -1 for none.

    Args:
        hashes: As for :func:`near_blocks`, like what follows.
        some: Likewise.
        others: Likewise, the foremost first.
        bits: Likewise.
    """
    found = np.full(len(hashes), -1, np.int64)
    for left, right, near in near_blocks(hashes, some, others, bits):
        new = near.any(axis=1) & (found[left] < 0)
        found[left[new]] = right[near[new].argmax(axis=1)]
    return found[some]


def _signs(hashes: np.ndarray) -> np.ndarray:
    return np.unpackbits(hashes, axis=1).astype(np.float32) * 2 - 1
