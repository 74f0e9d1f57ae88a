"""Which images have more than 8 bits a channel, and how many of them are used."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from pipeline.datasets.checks.bit_depth import depth_of, greatest_value
from pipeline.datasets.checks.images import readers


@pytest.mark.parametrize(
    ("greatest", "depth"),
    [
        (0, 8),
        (255, 8),
        (256, 10),
        (1023, 10),
        (4095, 12),
        (4096, 14),
        (16_384, 16),
        (65_535, 16),
        (70_000, 16),
    ],
)
def test_depths_are_those_of_cameras(greatest: int, depth: int) -> None:
    assert depth_of(greatest) == depth


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_the_greatest_value_of_a_deep_image(tmp_path: Path, suffix: str) -> None:
    pixels = np.full((30, 40), 700, np.uint16)
    pixels[29, 39] = 4001
    Image.fromarray(pixels).save(tmp_path / f"a.{suffix}")
    assert greatest_value(tmp_path / f"a.{suffix}", readers(), 10**6) == 4001
    assert greatest_value(tmp_path / f"a.{suffix}", readers(), 100) is None


def test_other_files_have_none(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    Image.new("L", (8, 8)).save(tmp_path / "b.tif")
    Image.new("F", (8, 8)).save(tmp_path / "c.tif")
    (tmp_path / "d.png").write_bytes(b"no image")
    cv2.imwrite(str(tmp_path / "e.png"), np.full((8, 8, 3), 4000, np.uint16))
    for name in ("a.png", "b.tif", "c.tif", "d.png", "e.png", "f.png"):
        assert greatest_value(tmp_path / name, readers(), 10**6) is None, name
