"""One composed scene: items of a classification dataset, pasted onto a canvas at random places and sizes."""

import io
from typing import NamedTuple

import numpy as np
from PIL import Image

from pipeline.params.dataset import Compose

TRIES = 50
"""Places that are tried for an item. If it overlaps another one at all of them, it is left out."""

PLAIN = 16
"""Largest difference of the pixels of a plain border in each channel, 0-255."""

NOISE_MEAN, NOISE_DEVIATION = 127.0, 40.0
"""Mean and standard deviation of the pixels of a canvas of noise."""


class Scene(NamedTuple):
    """A composed scene.

    Attributes:
        encoded: The image as PNG.
        boxes: The boxes of the items that were pasted: x, y, width and height, px.
        items: The positions of these items in the list that was given.
    """

    encoded: bytes
    boxes: list[tuple[int, int, int, int]]
    items: list[int]


def compose_scene(encoded_items: list[bytes], compose: Compose, rng: np.random.Generator) -> Scene:
    """Paste items onto a canvas, without their plain borders. No item overlaps another one.

    Args:
        encoded_items: The image files of the items.
        compose: The section ``dataset.compose``.
        rng: The generator of all draws.

    Raises:
        OSError: An item cannot be decoded.
    """
    canvas = Image.fromarray(_canvas(compose, rng))
    boxes: list[tuple[int, int, int, int]] = []
    items = []
    for position, encoded in enumerate(encoded_items):
        with Image.open(io.BytesIO(encoded)) as opened:
            item = trimmed(opened.convert("RGB"))
        side = rng.uniform(compose.scale_min, compose.scale_max) * compose.size
        factor = side / max(item.size)
        width, height = (max(1, min(round(length * factor), compose.size)) for length in item.size)
        place = _free_place(width, height, boxes, compose.size, rng)
        if place is not None:
            canvas.paste(item.resize((width, height), Image.Resampling.BICUBIC), place)
            boxes.append((*place, width, height))
            items.append(position)
    data = io.BytesIO()
    canvas.save(data, "PNG")
    return Scene(data.getvalue(), boxes, items)


def trimmed(item: Image.Image) -> Image.Image:
    """Cut off the plain border of an item, such as the black around a garment of Fashion-MNIST.

    An image whose four corners differ in colour, such as a photograph, is returned as it is.
    """
    pixels = np.asarray(item, np.int16)
    corners = pixels[[0, 0, -1, -1], [0, -1, 0, -1]]
    if np.ptp(corners, axis=0).max() > PLAIN:
        return item
    shown = np.abs(pixels - corners[0]).max(axis=-1) > PLAIN
    if not shown.any():
        return item
    (rows,), (columns,) = np.nonzero(shown.any(axis=1)), np.nonzero(shown.any(axis=0))
    return item.crop((columns[0], rows[0], columns[-1] + 1, rows[-1] + 1))


def _canvas(compose: Compose, rng: np.random.Generator) -> np.ndarray:
    """Return an empty canvas, uint8 [size, size, 3]."""
    shape = (compose.size, compose.size, 3)
    if compose.background == "noise":
        return np.clip(rng.normal(NOISE_MEAN, NOISE_DEVIATION, shape), 0, 255).astype(np.uint8)
    return np.full(shape, 255 if compose.background == "white" else 0, np.uint8)


def _free_place(
    width: int, height: int, taken: list[tuple[int, int, int, int]], size: int, rng: np.random.Generator
) -> tuple[int, int] | None:
    """Return the upper left corner of a place for an item, px, or None if none was found."""
    for _ in range(TRIES):
        x, y = int(rng.integers(0, size - width + 1)), int(rng.integers(0, size - height + 1))
        if not any(x < u + w and u < x + width and y < v + h and v < y + height for u, v, w, h in taken):
            return x, y
    return None
