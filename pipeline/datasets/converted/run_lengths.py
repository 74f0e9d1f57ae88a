"""COCO's compressed run lengths of a mask."""

import hotcoco
import numpy as np


def compress(pixels: np.ndarray) -> str:
    """Return COCO's compressed run lengths of a mask.

    Args:
        pixels: uint8 [H, W], 0 or 1.
    """
    return hotcoco.mask.encode(np.asfortranarray(pixels))["counts"].decode("ascii")
