"""The embedded dataset: a clothing catalogue, drawn scene by scene, as ordinary images with COCO JSON.

Each scene is a function of (seed, index, size) alone.
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
from pipeline.datasets.drawn.paint.drawing import Picture, Pose, Sprite, bounds, lay, overlap
from pipeline.datasets.drawn.paint.photo import encode, expose, some_light
from pipeline.progress import progress_bar
from pipeline.workers import Workers

Image = NDArray[np.uint8]

NAMES = list(GARMENTS)

DOMAIN = 1  # keeps these random numbers apart from the source task's of the same seed

MOST_ITEMS = 5

LEAST_VISIBLE = 0.88  # share of an item that the others and the border leave to be seen

TRIES = 12  # places tried for one item

ASPECTS = (1.0, 1.0, 4 / 3, 5 / 4, 8 / 7, 3 / 4, 4 / 5)


@dataclass(frozen=True)
class Item:
    """One garment in a scene.

    Attributes:
        label: 1..10, in the order of ``NAMES``.
        box: xmin, ymin, xmax, ymax, px, tight around what can be seen.
        area: Of what can be seen, px².
    """

    label: int
    box: tuple[int, int, int, int]
    area: int


class Scene:
    """A picture that items are laid on, and who owns each of its pixels."""

    def __init__(self, rng: np.random.Generator, height: int, width: int) -> None:
        self.rng = rng
        self.light = some_light(rng)
        self.picture: Picture = draw_canvas(rng, height, width)
        self.owner = np.zeros((height, width), np.int32)  # 0 is nobody
        self.labels: list[int] = []
        self.sizes: list[int] = []  # px of each item, were all of it seen

    def scatter(self) -> None:
        """Lay down an odd thing that is not a garment."""
        height, width = self.owner.shape
        sprite = draw_clutter(self.rng, max(height, width) * self.rng.uniform(0.03, 0.1), self.light)
        corner = (
            self.rng.uniform(0, 1, 2) * (width, height) - np.array(sprite.alpha.shape[::-1]) / 2
        ).astype(int)
        lay(self.picture, sprite, (int(corner[0]), int(corner[1])), self.light, drop=1.5)

    def add_garment(self) -> None:
        """Lay down a garment where it hides little of the others; nowhere, if no place is found."""
        rng, longer = self.rng, max(self.owner.shape)
        label = int(rng.integers(len(NAMES))) + 1
        half = longer * rng.uniform(0.17, 0.36)
        angle = rng.uniform(0, 360) if rng.random() < 0.06 else rng.normal(0, 12)
        pose = Pose(half, angle, rng.random() < 0.5, self.light)
        sprite = draw_garment(rng, NAMES[label - 1], pose, self.picture.mean(axis=(0, 1)))
        for _ in range(TRIES):
            corner = self._somewhere(sprite)
            owner = self._owner_with(sprite, corner)
            sizes = [*self.sizes, int((sprite.alpha > 0.5).sum())]
            seen = np.bincount(owner.ravel(), minlength=len(sizes) + 1)[1:]
            if (seen >= LEAST_VISIBLE * np.array(sizes)).all():
                lay(self.picture, sprite, corner, self.light, drop=longer * 0.012)
                self.owner, self.sizes = owner, sizes
                self.labels.append(label)
                return

    def items(self) -> list[Item]:
        """List the garments with their boxes, in the order in which they were laid down."""
        found = []
        for number, label in enumerate(self.labels, start=1):
            seen = self.owner == number
            rows, columns = bounds(seen)
            box = (int(columns.start), int(rows.start), int(columns.stop), int(rows.stop))
            found.append(Item(label, box, int(seen.sum())))
        return found

    def _somewhere(self, sprite: Sprite) -> tuple[int, int]:
        """Choose a corner for a sprite, such that the border cuts little of it."""
        room = np.array(self.owner.shape[::-1]) - sprite.alpha.shape[::-1]
        slack = 0.08 * np.array(sprite.alpha.shape[::-1])
        low, high = np.minimum(0, room) - slack, np.maximum(0, room) + slack
        x, y = (low + self.rng.uniform(0, 1, 2) * (high - low)).astype(int)
        return int(x), int(y)

    def _owner_with(self, sprite: Sprite, corner: tuple[int, int]) -> NDArray[np.int32]:
        owner = self.owner.copy()
        target, source = overlap(owner.shape, sprite.alpha.shape, corner)
        owner[target][sprite.alpha[source] > 0.5] = len(self.labels) + 1
        return owner


def write_catalogue(folder: Path, *, scenes: int, size: int, seed: int) -> None:
    """Draw the catalogue into ``folder``: ``images/*.jpg`` and ``annotations.json`` (COCO).

    Args:
        folder: Where to; it is there.
        scenes: Number of images.
        size: Longer side of the images, px.
        seed: Of every random choice.
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
    """Lay out a scene; gives with it the generator that its photograph goes on with."""
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
    """Draw the scene of (seed, index, size) and give its JPEG, its height and width, and its garments."""
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
