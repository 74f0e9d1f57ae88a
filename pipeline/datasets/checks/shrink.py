"""Large images, and their masks, in the size in which they are written into records.

A record is decoded in every epoch of every training, so an image that is larger than any detector's input is made
smaller once, when its record is written.
"""

import cv2
import numpy as np
from PIL import Image


def record_size(width: int, height: int, max_side: int | None) -> tuple[int, int]:
    """Return the width and height in which an image is written, px. Its proportions stay, up to rounding.

    Args:
        width: Width of the image, px.
        height: Height of the image, px.
        max_side: The longest side that is written, px; None for no limit.
    """
    longer = max(width, height)
    if max_side is None or longer <= max_side:
        return width, height
    return max(1, round(width * max_side / longer)), max(1, round(height * max_side / longer))


def shrink_image(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return an 8-bit image in another size, without its alpha channel, which no training reads.

    Args:
        image: The image, of a mode such as L, LA, RGB or RGBA. It may be open, but not decoded.
        size: Width and height, px. Those of the image return it unchanged.
    """
    if image.size == size:
        return image
    # It takes half as long as Lanczos. Pillow resizes in integers, so that the bytes are the same on every machine.
    return without_alpha(image).resize(size, Image.Resampling.HAMMING)


def without_alpha(image: Image.Image) -> Image.Image:
    """Return an 8-bit image in the mode L or RGB."""
    return image if image.mode in ("L", "RGB") else image.convert("L" if image.mode == "LA" else "RGB")


def decode_at(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Decode an image in a smaller size. A JPEG is decoded at a fraction of its size, but not below the wanted one.

    Args:
        image: An image that is open, but not decoded, and decodes without error.
        size: Width and height, px.
    """
    if image.format in ("JPEG", "MPO"):
        image.draft(image.mode, size)
    return shrink_image(image, size)


def shrink_mask(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return a mask in a smaller size. A pixel is in it if at least half of its area is.

    Of a mask that is thinner everywhere, the pixels are taken that it fills most, so that it does not vanish.

    Args:
        pixels: uint8 [H, W], 0 or 1, with a pixel of 1.
        size: Width and height, px. Those of the mask return it unchanged.
    """
    if pixels.shape == size[::-1]:
        return pixels
    filled = cv2.resize(pixels.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return (filled >= min(0.5, filled.max())).astype(np.uint8)
