"""Small datasets without a fault in COCO's and VOC's format, to which a test adds one fault."""

import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

SIZE = (64, 48)
SPLITS = {"train": range(16), "val": range(16, 20), "test": range(20, 24)}
CAT, HAT = ("cat", (4.0, 4.0, 24.0, 34.0)), ("hat", (30.0, 10.0, 50.0, 40.0))
IDS = {"cat": 3, "hat": 7}

Labelled = tuple[str, tuple[float, float, float, float]]
Truth = dict[str, list[Labelled]]
"""Class and corners of each object, by the image's path."""


def picture(number: int, size: tuple[int, int] = SIZE) -> Image.Image:
    """Return an image of random pixels, so that no two images are near-duplicates."""
    pixels = np.random.default_rng(number).integers(0, 256, (*size[::-1], 3))
    return Image.fromarray(pixels.astype(np.uint8))


@cache
def sound_jpeg(number: int) -> bytes:
    """Return the contents of an image's file."""
    return encoded(picture(number))


def encoded(image: Image.Image, format: str = "JPEG", **options: Any) -> bytes:
    """Return the contents of an encoded image file."""
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


def objects(number: int) -> list[Labelled]:
    """Return the objects of an image: a cat, and a hat if the number is odd."""
    return [CAT, HAT] if number % 2 else [CAT]


def xywh(box: tuple[float, ...]) -> list[float]:
    """Return a box as COCO stores it: x, y, width, height."""
    xmin, ymin, xmax, ymax = box
    return [xmin, ymin, xmax - xmin, ymax - ymin]


class CocoDataset:
    """A COCO dataset with an image folder and a JSON file for each split. Tests change ``images`` and ``json``.

    Attributes:
        images: Path -> contents of the image file.
        json: Split -> contents of the JSON file.
        truth: The objects before any change.
    """

    def __init__(self) -> None:
        self.images: dict[str, bytes] = {}
        self.json: dict[str, Any] = {}
        self.truth: Truth = {}
        for split, numbers in SPLITS.items():
            categories = [{"id": IDS[name], "name": name} for name in IDS]
            self.json[split] = {"images": [], "annotations": [], "categories": categories}
            for number in numbers:
                self.add(f"{split}/{number:02d}.jpg", sound_jpeg(number), *objects(number))

    def add(self, path: str, data: bytes, *labelled: Labelled) -> None:
        """Add an image to the split that is the name of its folder."""
        split, name = path.split("/")
        content = self.json[split]
        key = 100 + len(self.images)
        self.images[path], self.truth[path] = data, list(labelled)
        content["images"].append({"id": key, "file_name": name, "width": SIZE[0], "height": SIZE[1]})
        for kind, box in labelled:
            row = {
                "id": len(content["annotations"]),
                "image_id": key,
                "category_id": IDS[kind],
                "bbox": xywh(box),
            }
            content["annotations"].append(row)

    def image(self, path: str) -> dict[str, Any]:
        """Return the entry of an image in the JSON file."""
        split, name = path.split("/")
        return next(image for image in self.json[split]["images"] if image["file_name"] == name)

    def annotations(self, path: str) -> list[dict[str, Any]]:
        """Return the entries of an image's objects in the JSON file."""
        key = self.image(path)["id"]
        return [row for row in self.json[path.split("/")[0]]["annotations"] if row["image_id"] == key]

    def write(self, folder: Path) -> None:
        """Write all files."""
        files = {f"annotations/instances_{split}.json": json.dumps(self.json[split]) for split in self.json}
        write_files(folder, {**self.images, **files})


class VocDataset:
    """A VOC dataset. Tests change ``images``, ``xml`` and ``lists``.

    Attributes:
        images: Path -> contents of the image file.
        xml: Stem of the image -> contents of the annotation file.
        lists: Split -> stems of its images. A split that is not a key has no list.
        truth: The objects before any change.
    """

    def __init__(self) -> None:
        self.lists = {split: [f"{number:02d}" for number in numbers] for split, numbers in SPLITS.items()}
        numbers = [number for split in SPLITS.values() for number in split]
        self.images = {f"JPEGImages/{number:02d}.jpg": sound_jpeg(number) for number in numbers}
        self.truth: Truth = {f"JPEGImages/{number:02d}.jpg": objects(number) for number in numbers}
        self.xml = {f"{number:02d}": voc_xml(f"{number:02d}.jpg", objects(number)) for number in numbers}

    def write(self, folder: Path) -> None:
        """Write all files."""
        xml = {f"Annotations/{stem}.xml": text for stem, text in self.xml.items()}
        lists = {f"ImageSets/Main/{split}.txt": "\n".join(stems) for split, stems in self.lists.items()}
        write_files(folder, {**self.images, **xml, **lists})


def voc_xml(filename: str, labelled: list[Labelled]) -> str:
    """Return the contents of a VOC annotation file."""
    size = "<size><width>{}</width><height>{}</height></size>".format(*SIZE)
    objects = "".join(
        f"<object><name>{name}</name><bndbox><xmin>{box[0]}</xmin><ymin>{box[1]}</ymin><xmax>{box[2]}</xmax>"
        f"<ymax>{box[3]}</ymax></bndbox></object>"
        for name, box in labelled
    )
    return f"<annotation><filename>{filename}</filename>{size}{objects}</annotation>"


def write_files(folder: Path, files: dict[str, bytes | str]) -> None:
    """Write files below a folder, by their relative paths."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
