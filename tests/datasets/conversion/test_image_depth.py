"""Images of 12 bits in files of 16 become pictures, all by the same scale."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from pipeline.datasets.conversion.image_depth import dataset_depth
from pipeline.inputs.examples import records
from pipeline.workers import Workers
from tests.support.conversion import run_convert
from tests.support.params_file import changed_params

COUNT = 24


def write_deep(folder: Path, greatest: int) -> dict[int, np.ndarray]:
    """Write grey PNGs of 16 bits whose values reach 1/2 to 1 of ``greatest``; return the values by image id."""
    (folder / "images").mkdir(parents=True)
    rng = np.random.default_rng(0)
    values, listed, objects = {}, [], []
    for number in range(1, COUNT + 1):
        most = greatest if number == COUNT else greatest // 2
        pixels = rng.integers(0, most + 1, (48, 64)).astype(np.uint16)
        pixels[0, 0] = most
        Image.fromarray(pixels).save(folder / "images" / f"{number:02d}.png")
        values[number] = pixels
        listed.append({"id": number, "file_name": f"{number:02d}.png", "width": 64, "height": 48})
        objects.append(
            {"id": number, "image_id": number, "category_id": 1, "bbox": [5, 5, 20, 20], "iscrowd": 0}
        )
    content = {"images": listed, "annotations": objects, "categories": [{"id": 1, "name": "cell"}]}
    (folder / "annotations.json").write_text(json.dumps(content))
    return values


@pytest.mark.parametrize(
    ("greatest", "scale", "how"),
    [
        (4095, 4095, "scaled from 12 bits, as no image of the dataset uses more"),
        (1000, 1023, "scaled from 10 bits, as no image of the dataset uses more"),
        (60_000, 65_535, "written as png"),
    ],
)
def test_the_records_hold_the_bits_that_are_used(tmp_path: Path, greatest: int, scale: int, how: str) -> None:
    values = write_deep(tmp_path / "raw", greatest)
    converted = run_convert(changed_params(tmp_path, convert__workers=1), tmp_path / "raw", tmp_path)
    found = 0
    for split in ("train", "val", "test"):
        for example in records(converted, split):
            pixels = tf.io.decode_png(example.encoded)[..., 0].numpy()
            np.testing.assert_allclose(pixels, values[int(example.image_id)] / scale * 255, atol=1)
            found += 1
    assert found == COUNT
    with (converted / "issues.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["fault"] == "image-16-bit"]
    assert [row["action"] for row in rows] == [how] * COUNT


def test_files_of_8_bits_and_missing_ones_say_nothing(tmp_path: Path) -> None:
    Image.new("L", (8, 8), 200).save(tmp_path / "a.png")
    Image.fromarray(np.full((8, 8), 700, np.uint16)).save(tmp_path / "b.png")
    with Workers(1) as workers:
        assert dataset_depth(tmp_path, ["a.png", "missing.tif", "c.jpg"], workers, 10**6) == 16
        assert dataset_depth(tmp_path, ["a.png", "b.png"], workers, 10**6) == 10
        assert dataset_depth(tmp_path, [], workers, 10**6) == 16
