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
HASH_BYTES = 32

_COEFFICIENTS = 16
_BITS = _COEFFICIENTS**2
_FLAT = 2.0  # standard deviation of grey values, 0..255, below which an image says nothing
_ROWS = (1024, 8192)  # hashes compared at once, a block of 32 MiB


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


def near_pairs(hashes: np.ndarray, some: np.ndarray, others: np.ndarray, bits: int) -> np.ndarray:
    """Return int64 [P, 2], which of some images look like which of others: rows of ``hashes``.

    Bits that differ are counted by products of signs, ±1, whose sum is 256 less two for each: the one search
    of all pairs that a processor's matrix units take on.

    Args:
        hashes: uint8 [N, 32], each a :func:`perceptual_hash`.
        some: int64 [S], rows.
        others: int64 [O], rows; one that is in both looks like itself.
        bits: Two hashes are near if no more differ.
    """
    pairs = [np.zeros((0, 2), np.int64)]
    for first in range(0, len(some), _ROWS[0]):
        left = some[first : first + _ROWS[0]]
        signs = _signs(hashes[left])
        for second in range(0, len(others), _ROWS[1]):
            right = others[second : second + _ROWS[1]]
            at = np.nonzero(signs @ _signs(hashes[right]).T >= _BITS - 2 * bits)
            pairs.append(np.stack([left[at[0]], right[at[1]]], axis=1))
    return np.concatenate(pairs)


def _signs(hashes: np.ndarray) -> np.ndarray:
    return np.unpackbits(hashes, axis=1).astype(np.float32) * 2 - 1
