"""The source task of the offline model zoo: what shape, and what pattern? None of the shapes is a garment.

The pictures are of the clothing catalogue's world (its canvases, fabrics, light, clutter and JPEG noise), so that
what a backbone learns from them is of use there, and the classes are not, so that the transfer is real.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.drawn.paint.canvases import draw_canvas
from pipeline.datasets.drawn.paint.clutter import draw_clutter
from pipeline.datasets.drawn.paint.drawing import Picture, Pose, Sheet, lay
from pipeline.datasets.drawn.paint.fabrics import PATTERNS, make_style
from pipeline.datasets.drawn.paint.palette import dye
from pipeline.datasets.drawn.paint.photo import develop, some_light
from pipeline.datasets.drawn.silhouettes import SILHOUETTES
from pipeline.workers import Workers

SHAPES = list(SILHOUETTES)

__all__ = ["PATTERNS", "SHAPES", "draw_pattern_crop", "draw_pattern_crops"]

Image = NDArray[np.uint8]

DOMAIN = 2  # keeps these random numbers apart from the catalogue's of the same seed

CHUNK = 200  # crops a task of the pool


def draw_pattern_crop(seed: int, index: int, size: int) -> tuple[Image, tuple[int, int]]:
    """Draw one crop around a patterned shape; the same for the same arguments, whatever else is drawn.

    Returns:
        uint8 [size, size, 3], RGB; and its two labels: index into ``SHAPES``, index into ``PATTERNS``.
    """
    cv2.setNumThreads(1)
    rng = np.random.default_rng([seed, index, DOMAIN])
    shape, pattern = int(rng.integers(len(SHAPES))), int(rng.integers(len(PATTERNS)))
    side = max(
        24, round(size * rng.uniform(0.7, 1.3))
    )  # crops come larger and smaller than the network's input
    picture = _compose(rng, SHAPES[shape], PATTERNS[pattern], side)
    image = develop(rng, picture)
    method = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    return cv2.resize(image, (size, size), interpolation=method), (shape, pattern)


def draw_pattern_crops(
    seed: int, count: int, size: int, workers: int = 0
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw crops 0 to ``count`` - 1 of a seed on several processes, whose number does not change them.

    Args:
        seed: Of every random choice.
        count: Number of crops.
        size: Their side, px.
        workers: Processes; 0: one a core.

    Returns:
        uint8 [count, size, size, 3], RGB; and int64 [count, 2]: index into ``SHAPES``, index into ``PATTERNS``.
    """
    images = np.empty((count, size, size, 3), np.uint8)
    labels = np.empty((count, 2), np.int64)
    tasks = [(seed, start, min(start + CHUNK, count), size) for start in range(0, count, CHUNK)]
    with Workers(workers) as pool:
        for (_, start, stop, _), (drawn, named) in zip(tasks, pool.map(_draw_chunk, tasks), strict=True):
            images[start:stop], labels[start:stop] = drawn, named
    return images, labels


def _draw_chunk(task: tuple[int, int, int, int]) -> tuple[Image, NDArray[np.int64]]:
    seed, start, stop, size = task
    drawn = [draw_pattern_crop(seed, index, size) for index in range(start, stop)]
    return np.stack([image for image, _ in drawn]), np.array([labels for _, labels in drawn], np.int64)


def _compose(rng: np.random.Generator, shape: str, pattern: str, side: int) -> Picture:
    """Lay a shape and what is about it on a canvas: off-centre, cut by the border, now and then half covered."""
    light = some_light(rng)
    picture = draw_canvas(rng, side, side)
    for _ in range(rng.integers(0, 3)):
        _scatter(rng, picture, light)
    colour = dye(rng, beside=picture[side // 4 : -side // 4].mean(axis=(0, 1)))
    angle = rng.uniform(0, 360) if rng.random() < 0.12 else rng.normal(0, 14)
    sheet = Sheet(Pose(side * rng.uniform(0.36, 0.52), angle, rng.random() < 0.5, light))
    SILHOUETTES[shape](sheet, make_style(rng, pattern, colour), rng)
    sheet.crumple(rng, rng.uniform(0, 0.8))
    sprite = sheet.lift_off()
    middle = side / 2 + rng.normal(0, 0.05 * side, 2)
    height, width = sprite.alpha.shape
    lay(picture, sprite, (round(middle[0] - width / 2), round(middle[1] - height / 2)), light, side * 0.02)
    if rng.random() < 0.3:
        _scatter(rng, picture, light)
    return picture


def _scatter(rng: np.random.Generator, picture: Picture, light: tuple[float, float]) -> None:
    """Lay an odd thing about the border."""
    side = len(picture)
    sprite = draw_clutter(rng, side * rng.uniform(0.08, 0.3), light)
    angle, reach = rng.uniform(0, 2 * np.pi), side * rng.uniform(0.38, 0.55)
    x, y = side / 2 + reach * np.cos(angle), side / 2 + reach * np.sin(angle)
    lay(
        picture,
        sprite,
        (round(x - sprite.alpha.shape[1] / 2), round(y - sprite.alpha.shape[0] / 2)),
        light,
        side * 0.015,
    )
