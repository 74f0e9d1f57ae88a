"""The source task on which the built-in backbone is pretrained: classify the shape and the pattern of a drawn object.

The pictures have the backgrounds, fabrics, light, clutter and JPEG noise of the clothing catalogue, so that the
backbone learns useful features. None of the shapes is a garment, so that the catalogue's classes are new to it.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.drawn.paint.canvases import draw_canvas
from pipeline.datasets.drawn.paint.clutter import draw_clutter
from pipeline.datasets.drawn.paint.drawing import Picture, Pose, Sheet, paste
from pipeline.datasets.drawn.paint.fabrics import PATTERNS, make_style
from pipeline.datasets.drawn.paint.palette import dye
from pipeline.datasets.drawn.paint.photo import develop, random_light
from pipeline.datasets.drawn.shapes import SHAPES
from pipeline.workers import Workers

SHAPE_NAMES = list(SHAPES)

__all__ = ["PATTERNS", "SHAPES", "draw_pattern_crop", "draw_pattern_crops"]

Image = NDArray[np.uint8]

DOMAIN = 2  # part of each seed, so that the catalogue with the same seed gets other random numbers

CHUNK = 200  # crops per task of the worker processes


def draw_pattern_crop(seed: int, index: int, size: int) -> tuple[Image, tuple[int, int]]:
    """Draw the crop ``index`` of a patterned shape. The result depends on the arguments only.

    Args:
        size: The side of the crop, px.

    Returns:
        The crop, uint8 [size, size, 3], RGB; and its labels, the indices into ``SHAPES`` and ``PATTERNS``.
    """
    cv2.setNumThreads(1)
    rng = np.random.default_rng([seed, index, DOMAIN])
    shape, pattern = int(rng.integers(len(SHAPES))), int(rng.integers(len(PATTERNS)))
    # Real crops are larger or smaller than the network's input before they are resized.
    side = max(24, round(size * rng.uniform(0.7, 1.3)))
    picture = _compose(rng, SHAPE_NAMES[shape], PATTERNS[pattern], side)
    image = develop(rng, picture)
    method = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    return cv2.resize(image, (size, size), interpolation=method), (shape, pattern)


def draw_pattern_crops(
    seed: int, count: int, size: int, workers: int = 0
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw the crops 0 to ``count`` - 1 in several processes.

    Args:
        seed: The seed of all random choices.
        size: The side of the crops, px.
        workers: The number of processes, which does not change the crops. 0 means one per core.

    Returns:
        The crops, uint8 [count, size, size, 3], RGB; and their labels, int64 [count, 2], the indices into ``SHAPES``
        and ``PATTERNS``.
    """
    images = np.empty((count, size, size, 3), np.uint8)
    labels = np.empty((count, 2), np.int64)
    tasks = [(seed, start, min(start + CHUNK, count), size) for start in range(0, count, CHUNK)]
    with Workers(workers) as pool:
        for (_, start, stop, _), chunk in zip(tasks, pool.map(_draw_chunk, tasks), strict=True):
            images[start:stop], labels[start:stop] = chunk
    return images, labels


def _draw_chunk(task: tuple[int, int, int, int]) -> tuple[Image, NDArray[np.int64]]:
    """Draw the crops of a task (seed, first index, index after the last, size)."""
    seed, start, stop, size = task
    crops = [draw_pattern_crop(seed, index, size) for index in range(start, stop)]
    return np.stack([image for image, _ in crops]), np.array([labels for _, labels in crops], np.int64)


def _compose(rng: np.random.Generator, shape: str, pattern: str, side: int) -> Picture:
    """Draw a shape with clutter on a canvas of ``side`` px. The shape is off-centre and may be partly hidden."""
    light = random_light(rng)
    picture = draw_canvas(rng, side, side)
    for _ in range(rng.integers(0, 3)):
        _scatter(rng, picture, light)
    colour = dye(rng, beside=picture[side // 4 : -side // 4].mean(axis=(0, 1)))
    angle = rng.uniform(0, 360) if rng.random() < 0.12 else rng.normal(0, 14)
    sheet = Sheet(Pose(side * rng.uniform(0.36, 0.52), angle, rng.random() < 0.5, light))
    SHAPES[shape](sheet, make_style(rng, pattern, colour), rng)
    sheet.crumple(rng, rng.uniform(0, 0.8))
    sprite = sheet.lift_off()
    middle = side / 2 + rng.normal(0, 0.05 * side, 2)
    height, width = sprite.alpha.shape
    paste(picture, sprite, (round(middle[0] - width / 2), round(middle[1] - height / 2)), light, side * 0.02)
    if rng.random() < 0.3:
        _scatter(rng, picture, light)
    return picture


def _scatter(rng: np.random.Generator, picture: Picture, light: tuple[float, float]) -> None:
    """Place a random object near the border."""
    side = len(picture)
    sprite = draw_clutter(rng, side * rng.uniform(0.08, 0.3), light)
    angle, reach = rng.uniform(0, 2 * np.pi), side * rng.uniform(0.38, 0.55)
    x, y = side / 2 + reach * np.cos(angle), side / 2 + reach * np.sin(angle)
    paste(
        picture,
        sprite,
        (round(x - sprite.alpha.shape[1] / 2), round(y - sprite.alpha.shape[0] / 2)),
        light,
        side * 0.015,
    )
