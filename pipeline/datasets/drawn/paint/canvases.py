"""Backgrounds of any size: wood, linen, tiles, plaster, paper and others."""

from collections.abc import Callable

import cv2
import numpy as np

from pipeline.datasets.drawn.paint.drawing import Mask, Picture
from pipeline.datasets.drawn.paint.fabrics import PATTERNS, make_fabric
from pipeline.datasets.drawn.paint.palette import Colour, ground, tint


def draw_canvas(rng: np.random.Generator, height: int, width: int) -> Picture:
    """Draw a random background with uneven light, float32 [height, width, 3], RGB in [0, 1]."""
    draw = CANVASES[rng.integers(len(CANVASES))]
    picture = draw(rng, height, width, ground(rng))
    light = cv2.resize(rng.random((2, 2), np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    picture *= (0.82 + 0.3 * light)[..., None]
    return np.clip(picture, 0, 1, out=picture)


def clouds(rng: np.random.Generator, height: int, width: int, *cells: float) -> Mask:
    """Return the sum of octaves of smooth noise around 0, float32 [height, width].

    Args:
        cells: The number of noise cells across the width, per octave. Each octave is half as strong as the one before.
    """
    total = np.zeros((height, width), np.float32)
    for octave, count in enumerate(cells):
        grid = (max(2, int(count * height / width) + 1), max(2, int(count) + 1))
        noise = rng.random(grid, np.float32) - np.float32(0.5)
        total += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC) * np.float32(0.5**octave)
    return total


def _wood(rng: np.random.Generator, height: int, width: int, colour: Colour) -> Picture:
    planks = int(rng.integers(2, 7))
    rows = np.arange(height) * planks // height
    grain = cv2.resize(rng.random((height, 6), np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    wavy = np.sin(clouds(rng, height, width, 3) * 12 + (np.arange(height, dtype=np.float32) / 3)[:, None])
    shade = 0.86 + 0.16 * grain + 0.04 * wavy + (rng.random(planks, np.float32)[rows] * 0.2 - 0.1)[:, None]
    shade[np.flatnonzero(np.diff(rows))] *= 0.6
    picture = shade[..., None] * colour
    return picture.transpose(1, 0, 2)[:width, :height] if height == width and rng.random() < 0.5 else picture


def _linen(rng: np.random.Generator, height: int, width: int, colour: Colour) -> Picture:
    warp = cv2.resize(rng.random((height // 12 + 1, width), np.float32), (width, height))
    weft = cv2.resize(rng.random((height, width // 12 + 1), np.float32), (width, height))
    return (0.86 + 0.14 * (warp + weft) + 0.1 * clouds(rng, height, width, 3))[..., None] * colour


def _tiles(rng: np.random.Generator, height: int, width: int, colour: Colour) -> Picture:
    side = max(6, int(width / rng.uniform(2.5, 7)))
    y, x = np.arange(height)[:, None] + rng.integers(side), np.arange(width)[None] + rng.integers(side)
    tone = rng.random((height // side + 2, width // side + 2), np.float32)[y // side, x // side]
    shade = 0.92 + 0.12 * tone + 0.12 * clouds(rng, height, width, 6)
    joint = (y % side < max(1, side // 20)) | (x % side < max(1, side // 20))
    shade[joint] *= rng.choice([0.72, 1.2])
    return shade[..., None] * colour


def _plaster(rng: np.random.Generator, height: int, width: int, colour: Colour) -> Picture:
    return (1 + 0.35 * clouds(rng, height, width, 4, 9, 24, 60))[..., None] * colour


def _gradient(rng: np.random.Generator, height: int, width: int, colour: Colour) -> Picture:
    corners = np.stack([tint(colour, rng.uniform(-0.35, 0.35)) for _ in range(4)]).reshape(2, 2, 3)
    return cv2.resize(corners, (width, height), interpolation=cv2.INTER_LINEAR)


def _paper(rng: np.random.Generator, height: int, width: int, colour: Colour) -> Picture:
    grain = rng.random((height, width), np.float32)
    return (0.95 + 0.1 * grain + 0.08 * clouds(rng, height, width, 2, 5))[..., None] * colour


def _marble(rng: np.random.Generator, height: int, width: int, colour: Colour) -> Picture:
    veins = 1 - np.abs(np.sin(clouds(rng, height, width, 3, 7, 15) * 7))
    return (np.float32(1.05) - np.float32(0.45) * np.power(veins, np.float32(6)))[..., None] * colour


def _cloth(rng: np.random.Generator, height: int, width: int, colour: Colour) -> Picture:
    """Draw a patterned cloth of low contrast, which the objects stand out from."""
    pattern = PATTERNS[rng.integers(1, len(PATTERNS))]
    fabric = make_fabric(rng, pattern, colour, tint(colour, rng.choice([-0.25, -0.15, 0.2, 0.35])))
    reach = np.float32(rng.uniform(1.2, 3.0))
    u = np.linspace(-reach, reach, width, dtype=np.float32)[None].repeat(height, axis=0)
    v = np.linspace(-reach, reach, height, dtype=np.float32)[:, None].repeat(width, axis=1)
    return fabric(u, v) * (1 + 0.15 * clouds(rng, height, width, 4))[..., None]


CANVASES: list[Callable[[np.random.Generator, int, int, Colour], Picture]] = [
    _wood,
    _wood,
    _linen,
    _tiles,
    _plaster,
    _gradient,
    _paper,
    _marble,
    _cloth,
]
