"""COCO datasets of coloured rectangles on grey."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

COLOURS = {"red": (220, 40, 40), "green": (40, 200, 60)}


def write_coco(folder: Path, images: int, *, size: int = 96, seed: int = 0) -> None:
    """Write scenes with one or two rectangles to ``images/*.png``, and their boxes to ``annotations.json``.

    Args:
        folder: A folder that does not exist.
        images: Number of images.
        size: Side of the images, px.
        seed: Seed of the positions, sizes and colours.
    """
    rng = np.random.default_rng(seed)
    (folder / "images").mkdir(parents=True)
    listed, objects = [], []
    for index in range(images):
        pixels = np.full((size, size, 3), 128, np.uint8) + rng.integers(
            0, 20, (size, size, 3), dtype=np.uint8
        )
        for column in range(int(rng.integers(1, 3))):
            label = int(rng.integers(1, 3))
            height, width = rng.integers(size // 4, size // 2, 2)
            top = int(rng.integers(0, size - height))
            left = int(column * size // 2 + rng.integers(0, max(size // 2 - width, 1)))
            pixels[top : top + height, left : left + width] = COLOURS[list(COLOURS)[label - 1]]
            box = [left, top, int(min(width, size - left)), int(height)]
            objects.append(
                {
                    "id": len(objects) + 1,
                    "image_id": index + 1,
                    "category_id": label,
                    "bbox": box,
                    "iscrowd": 0,
                }
            )
        Image.fromarray(pixels).save(folder / "images" / f"{index:03d}.png")
        listed.append({"id": index + 1, "file_name": f"{index:03d}.png", "width": size, "height": size})
    categories = [{"id": label, "name": name} for label, name in enumerate(COLOURS, start=1)]
    (folder / "annotations.json").write_text(
        json.dumps({"images": listed, "annotations": objects, "categories": categories})
    )
