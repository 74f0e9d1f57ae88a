"""A perceptual hash of images, and the search for images with near hashes.

The hash is pHash (Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010) with 16 × 16
coefficients for its 8 × 8: each bit says whether one of the image's lowest frequencies exceeds their median. The hash
hardly changes when an image is scaled, compressed again or made lighter: up to 26 of the 256 bits changed at 0.6 of
the side and JPEG quality 50. Two different photographs differed in at least 94 bits, two drawn scenes in 84.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from PIL import Image

SIDE = 64
"""Side of the image that is transformed, px. A smaller image, such as a digit of 28 px, has too few details."""

HASH_BYTES = 32

_COEFFICIENTS = 16

_BITS = _COEFFICIENTS**2

_FLAT = 2.0  # an image with a smaller standard deviation of grey values, 0..255, has no hash

_ROWS = (2048, 1024)  # hashes that are compared at once: a block of 8 MiB


def perceptual_hash(image: Image.Image) -> bytes:
    """Return the hash of an image, 32 bytes. It is b"" for an image that is small or of one colour."""
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
    """Compare some images with others, a block of pairs at a time.

    All pairs at once would fill memory in a dataset of one film, where all images look alike. The bits that differ
    are counted by products of signs, ±1, whose sum is 256 less two for each such bit: matrix products are the
    fastest search of all pairs.

    Args:
        hashes: uint8 [N, 32], each a :func:`perceptual_hash`.
        some: int64 [S], different rows of ``hashes``.
        others: int64 [O], different rows of ``hashes``.
        bits: Two hashes are near if at most this many bits differ.

    Yields:
        int64 [R] and int64 [C], the rows of a block, and bool [R, C], which of them are near. No image is near
        itself. The blocks come in the order of ``some``, then of ``others``.
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
    """Return the first of the others that each of some images is near to.

    Args:
        others: See :func:`near_blocks`. The first ones are preferred.

    Returns:
        int64 [S], rows of ``hashes``, -1 for an image that is near to none.
    """
    first = np.full(len(hashes), -1, np.int64)
    for left, right, near in near_blocks(hashes, some, others, bits):
        new = near.any(axis=1) & (first[left] < 0)
        first[left[new]] = right[near[new].argmax(axis=1)]
    return first[some]


def _signs(hashes: np.ndarray) -> np.ndarray:
    """Return float32 [N, 256], −1 or 1 for each bit."""
    return np.unpackbits(hashes, axis=1).astype(np.float32) * 2 - 1
