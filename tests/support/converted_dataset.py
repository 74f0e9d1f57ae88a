"""What the convert stage leaves, made by hand."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.datasets.checks.masks import encode_png
from pipeline.datasets.converted.checked_dataset import ConvertedDataset
from pipeline.datasets.converted.ground_truth import read_ground_truth
from pipeline.datasets.records.files import ShardWriter, frame
from pipeline.datasets.records.schema import RecordImage, RecordObjects, detection_example
from tests.support.dataset_files import picture

WHOLE = (np.nan,) * 4
WIDTH, HEIGHT = 20, 10  # px, of each image


class Thing(NamedTuple):
    """An object: the class's number, the corners in px, and a mask, uint8 [10, 20]."""

    label: int
    box: tuple[float, float, float, float]
    difficult: int = 0
    crowd: int = 0
    mask: np.ndarray | None = None


def write_converted(
    folder: Path, images: dict[str, tuple[str, list[Thing]]], class_names: list[str]
) -> ConvertedDataset:
    """Write records and tables as the convert stage does, and read them as its followers do.

    Args:
        folder: Is made.
        images: Split and objects by file.
        class_names: Names of the classes 1..K.
    """
    folder.mkdir(parents=True)
    rows, objects = [], []
    files = sorted(images)
    for split in ("train", "val", "test"):
        with ShardWriter(folder, split, 2) as shards:
            for file in sorted((file for file in files if images[file][0] == split), reverse=True):
                shards.write(frame(_record(files.index(file) + 1, file, images[file][1], class_names)))
    for number, file in enumerate(files, start=1):
        split, things = images[file]
        rows.append((number, file, WIDTH, HEIGHT, split))
        for thing in things:
            name = class_names[thing.label - 1]
            row = (number, thing.label, name, *thing.box, thing.difficult, thing.crowd, _area(thing))
            objects.append(row)
    pd.DataFrame(rows, columns=["id", "file", "width", "height", "split"]).to_csv(
        folder / "images.csv", index=False
    )
    columns = [
        "image_id",
        "label",
        "class_name",
        "xmin",
        "ymin",
        "xmax",
        "ymax",
        "difficult",
        "crowd",
        "area",
    ]
    pd.DataFrame(objects, columns=columns).to_csv(folder / "objects.csv", index=False)
    (folder / "labels.txt").write_text("".join(f"{name}\n" for name in class_names), encoding="utf-8")
    truth = read_ground_truth(folder)
    return ConvertedDataset(truth.images, truth.objects, truth.classes, folder)


def bytes_of(number: int) -> tuple[bytes, str]:
    """Return image ``number`` and its format."""
    image_format = ("png", "jpeg")[number % 2]
    return picture(WIDTH, HEIGHT, number, image_format), image_format


def _area(thing: Thing) -> float:
    return (thing.box[2] - thing.box[0]) * (thing.box[3] - thing.box[1])


def _record(number: int, file: str, things: list[Thing], class_names: list[str]) -> bytes:
    encoded, image_format = bytes_of(number)
    masked = [thing.mask is not None for thing in things]
    blank = np.zeros((HEIGHT, WIDTH), np.uint8)
    masks = [encode_png(blank if thing.mask is None else thing.mask) for thing in things]
    return detection_example(
        RecordImage(
            encoded=encoded, format=image_format, file=file, id=number, width=WIDTH, height=HEIGHT, sha256=""
        ),
        RecordObjects(
            boxes=np.array([thing.box for thing in things], np.float64).reshape(-1, 4),
            labels=np.array([thing.label for thing in things], np.int64),
            difficult=np.array([thing.difficult for thing in things], bool),
            crowd=np.array([thing.crowd for thing in things], bool),
            area=np.array([_area(thing) for thing in things]),
            masks=masks if any(masked) else [],
            has_mask=np.array(masked, bool),
        ),
        class_names,
    )
