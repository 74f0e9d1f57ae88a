"""The built-in dataset: a drawn clothing catalogue, written as JPEG images with COCO annotations.

Each scene depends on its seed, index and size only.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.artifacts import write_json
from pipeline.datasets.drawn.garments import GARMENTS, draw_garment
from pipeline.datasets.drawn.paint.canvases import draw_canvas
from pipeline.datasets.drawn.paint.clutter import draw_clutter
from pipeline.datasets.drawn.paint.drawing import Picture, Pose, Sprite, bounds, overlap, paste
from pipeline.datasets.drawn.paint.photo import encode, expose, random_light
from pipeline.progress import progress_bar
from pipeline.workers import Workers

Image = NDArray[np.uint8]

NAMES = list(GARMENTS)

DOMAIN = 1  # part of each seed, so that the source task with the same seed gets other random numbers

MOST_ITEMS = 5  # garments in a scene

LEAST_VISIBLE = 0.88  # share of a garment's pixels that must stay visible

TRIES = 12  # random places that are tried for a garment

# Width / height of the scenes. Squares are twice as frequent as each of the others.
ASPECTS = (1.0, 1.0, 4 / 3, 5 / 4, 8 / 7, 3 / 4, 4 / 5)


@dataclass(frozen=True)
class Item:
    """One garment in a scene.

    Attributes:
        label: The class in 1..10, in the order of ``NAMES``.
        box: xmin, ymin, xmax, ymax in px, tight around the visible part.
        area: The area of the visible part, px².
    """

    label: int
    box: tuple[int, int, int, int]
    area: int


class Scene:
    """A picture that garments are placed on.

    Attributes:
        rng: The generator of all random choices.
        light: The unit vector towards the light, xy.
        picture: The picture so far, float32 [H, W, 3], RGB in [0, 1].
        owner: The number of the garment visible at each pixel, int32 [H, W], from 1. 0 means none.
        labels: The class of each garment, in 1..10.
        sizes: The number of pixels of each garment as if nothing covered it.
    """

    def __init__(self, rng: np.random.Generator, height: int, width: int) -> None:
        self.rng = rng
        self.light = random_light(rng)
        self.picture: Picture = draw_canvas(rng, height, width)
        self.owner = np.zeros((height, width), np.int32)
        self.labels: list[int] = []
        self.sizes: list[int] = []

    def scatter(self) -> None:
        """Place a random object that is not a garment. Garments may cover it."""
        height, width = self.owner.shape
        sprite = draw_clutter(self.rng, max(height, width) * self.rng.uniform(0.03, 0.1), self.light)
        corner = (
            self.rng.uniform(0, 1, 2) * (width, height) - np.array(sprite.alpha.shape[::-1]) / 2
        ).astype(int)
        paste(self.picture, sprite, (int(corner[0]), int(corner[1])), self.light, drop=1.5)

    def add_garment(self) -> None:
        """Place a random garment where all garments stay visible enough. Place none if no try finds such a place."""
        rng, longer = self.rng, max(self.owner.shape)
        label = int(rng.integers(len(NAMES))) + 1
        half = longer * rng.uniform(0.17, 0.36)
        angle = rng.uniform(0, 360) if rng.random() < 0.06 else rng.normal(0, 12)
        pose = Pose(half, angle, rng.random() < 0.5, self.light)
        sprite = draw_garment(rng, NAMES[label - 1], pose, self.picture.mean(axis=(0, 1)))
        for _ in range(TRIES):
            corner = self._random_corner(sprite)
            owner = self._owner_with(sprite, corner)
            sizes = [*self.sizes, int((sprite.alpha > 0.5).sum())]
            visible = np.bincount(owner.ravel(), minlength=len(sizes) + 1)[1:]
            if (visible >= LEAST_VISIBLE * np.array(sizes)).all():
                paste(self.picture, sprite, corner, self.light, drop=longer * 0.012)
                self.owner, self.sizes = owner, sizes
                self.labels.append(label)
                return

    def items(self) -> list[Item]:
        """Return the garments in the order in which they were placed."""
        items = []
        for number, label in enumerate(self.labels, start=1):
            visible = self.owner == number
            rows, columns = bounds(visible)
            box = (int(columns.start), int(rows.start), int(columns.stop), int(rows.stop))
            items.append(Item(label, box, int(visible.sum())))
        return items

    def _random_corner(self, sprite: Sprite) -> tuple[int, int]:
        """Return a random place of the upper left corner (xy, px) with at most 8 % of each side beyond the border."""
        room = np.array(self.owner.shape[::-1]) - sprite.alpha.shape[::-1]
        slack = 0.08 * np.array(sprite.alpha.shape[::-1])
        low, high = np.minimum(0, room) - slack, np.maximum(0, room) + slack
        x, y = (low + self.rng.uniform(0, 1, 2) * (high - low)).astype(int)
        return int(x), int(y)

    def _owner_with(self, sprite: Sprite, corner: tuple[int, int]) -> NDArray[np.int32]:
        """Return ``owner`` with a further garment whose upper left corner is at ``corner`` (xy, px)."""
        owner = self.owner.copy()
        target, source = overlap(owner.shape, sprite.alpha.shape, corner)
        owner[target][sprite.alpha[source] > 0.5] = len(self.labels) + 1
        return owner


def write_catalogue(folder: Path, *, scenes: int, size: int, seed: int) -> None:
    """Draw the catalogue, and write ``images/*.jpg`` and ``annotations.json`` (COCO).

    Args:
        folder: An empty folder that exists.
        size: The longer side of the images, px.
        seed: The seed of all random choices.
    """
    (folder / "images").mkdir()
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    with Workers(0) as workers, progress_bar("drawing the catalogue", scenes) as advance:
        photographs = workers.map(_photograph, ((seed, index, size) for index in range(scenes)))
        for index, (jpeg, (height, width), items) in enumerate(photographs):
            name = f"{index:05d}.jpg"
            (folder / "images" / name).write_bytes(jpeg)
            images.append({"id": index + 1, "file_name": name, "width": width, "height": height})
            for item in items:
                annotations.append(_annotation(len(annotations) + 1, index + 1, item))
            advance(1)
    categories = [{"id": label, "name": name} for label, name in enumerate(NAMES, start=1)]
    write_json(
        folder / "annotations.json",
        {
            "info": {"description": "Clothing catalogue, drawn", "version": "1"},
            "licenses": [],
            "images": images,
            "annotations": annotations,
            "categories": categories,
        },
    )


def compose_scene(seed: int, index: int, size: int) -> tuple[Scene, np.random.Generator]:
    """Compose the scene ``index``.

    Args:
        size: The longer side of the picture, px.

    Returns:
        The scene, and the generator in the state from which :func:`_photograph` continues.
    """
    cv2.setNumThreads(1)
    rng = np.random.default_rng([seed, index, DOMAIN])
    aspect = ASPECTS[rng.integers(len(ASPECTS))]
    width, height = (size, round(size / aspect)) if aspect >= 1 else (round(size * aspect), size)
    scene = Scene(rng, height, width)
    for _ in range(rng.integers(0, 6)):
        scene.scatter()
    wanted = int(rng.integers(1, MOST_ITEMS + 1))
    scene.add_garment()
    for _ in range(2 * wanted):
        if len(scene.labels) < wanted:
            scene.add_garment()
    return scene, rng


def _photograph(scene_key: tuple[int, int, int]) -> tuple[bytes, tuple[int, int], list[Item]]:
    """Return the JPEG, the (height, width) in px and the garments of the scene (seed, index, size)."""
    scene, rng = compose_scene(*scene_key)
    height, width = scene.owner.shape
    return encode(rng, expose(rng, scene.picture)).tobytes(), (height, width), scene.items()


def _annotation(number: int, image_id: int, item: Item) -> dict[str, Any]:
    xmin, ymin, xmax, ymax = item.box
    return {
        "id": number,
        "image_id": image_id,
        "category_id": item.label,
        "bbox": [xmin, ymin, xmax - xmin, ymax - ymin],
        "area": item.area,
        "iscrowd": 0,
    }
