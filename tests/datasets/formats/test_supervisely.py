"""Supervisely's projects: rectangles, polygons and bitmaps."""

import base64
import io
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.support.dataset_files import faults, make, read

BOX = ["xmin", "ymin", "xmax", "ymax"]
META = {"classes": [{"title": "cat", "shape": "any"}, {"title": "unused", "shape": "bitmap"}], "tags": []}


def bitmap(pixels: np.ndarray, mode: str = "L") -> str:
    """Return pixels as Supervisely stores them: a PNG, packed by zlib, in base64."""
    image = Image.fromarray(pixels.astype(np.uint8) * (255 if mode == "L" else 1))
    out = io.BytesIO()
    if mode == "P":  # the background of a palette is transparent
        image = Image.fromarray(pixels.astype(np.uint8), "P")
        image.putpalette([0, 0, 0, 255, 255, 255])
        image.save(out, "PNG", transparency=0)
    else:
        image.save(out, "PNG")
    return base64.b64encode(zlib.compress(out.getvalue())).decode()


def annotation(*objects: dict[str, Any]) -> dict[str, Any]:
    return {"description": "", "tags": [], "size": {"height": 40, "width": 60}, "objects": list(objects)}


def shape(kind: str, *exterior: list[float], holes: Any = ()) -> dict[str, Any]:
    points = {"exterior": list(exterior), "interior": list(holes)}
    return {"classTitle": "cat", "geometryType": kind, "points": points}


def pixels_of(segmentation: dict[str, Any]) -> np.ndarray:
    height, width = segmentation["size"]
    counts = segmentation["counts"]
    return np.repeat(np.arange(len(counts)) % 2, counts).reshape(width, height).T


def test_rectangles_and_polygons_of_a_project(tmp_path: Path) -> None:
    polygon = shape("polygon", [5, 5], [25, 5], [25, 30])
    files = {
        "meta.json": META,
        "train/ann/1.jpg.json": annotation(shape("rectangle", [10, 20], [50, 39]), polygon),
        "train/img/1.jpg": "",
        "val/ann/1.jpg.json": annotation(),
        "val/img/1.jpg": "",
    }
    table = read(make(tmp_path, files))
    assert table.class_names == ("cat", "unused") and not table.issues
    assert table.images[["file", "width", "height", "split"]].to_numpy().tolist() == [
        ["train/img/1.jpg", 60, 40, "train"],
        ["val/img/1.jpg", 60, 40, "val"],
    ]
    assert table.objects[[*BOX, "segmentation"]].to_numpy().tolist() == [
        [10, 20, 50, 39, -1],
        [5, 5, 25, 30, 0],
    ]
    assert table.segmentations.read(tmp_path, 0) == [[5, 5, 25, 5, 25, 30]]


@pytest.mark.parametrize("mode", ["L", "P"])
def test_bitmaps_stand_at_their_origin(tmp_path: Path, mode: str) -> None:
    drawn = np.array([[1, 1, 0], [0, 1, 1]], bool)
    packed = {"data": bitmap(drawn, mode), "origin": [30, 10]}
    item = {"classTitle": "cat", "geometryType": "bitmap", "bitmap": packed}
    table = read(
        make(tmp_path, {"meta.json": META, "ds/ann/a.png.json": annotation(item), "ds/img/a.png": ""})
    )
    assert table.objects[BOX].to_numpy().tolist() == [[30, 10, 33, 12]]
    pixels = pixels_of(table.segmentations.read(tmp_path, 0))
    assert pixels.shape == (40, 60) and pixels.sum() == 4
    np.testing.assert_array_equal(pixels[10:12, 30:33], drawn)


def test_holes_are_left_out_of_the_mask(tmp_path: Path) -> None:
    hole = [[10, 10], [19, 10], [19, 19], [10, 19]]
    item = shape("polygon", [0, 0], [29, 0], [29, 29], [0, 29], holes=[hole])
    table = read(
        make(tmp_path, {"meta.json": META, "ds/ann/a.png.json": annotation(item), "ds/img/a.png": ""})
    )
    pixels = pixels_of(table.segmentations.read(tmp_path, 0))
    assert pixels[5, 5] and not pixels[15, 15] and pixels[25, 25]


def test_objects_without_a_box_and_broken_ones_are_listed(tmp_path: Path) -> None:
    broken = {"classTitle": "cat", "geometryType": "bitmap", "bitmap": {"data": "bm90", "origin": [1, 1]}}
    far = broken | {"bitmap": {"data": bitmap(np.ones((2, 2), bool)), "origin": [10**30, 1]}}
    objects = (
        shape("point", [1, 1]),
        shape("rectangle", ["a", 1]),
        broken,
        far,
        shape("rectangle", [1, 2], [3, 4]),
    )
    files = {
        "ds/ann/a.png.json": annotation(*objects),
        "ds/img/a.png": "",
        "ds/ann/b.png.json": {"objects": 1},
    }
    table = read(make(tmp_path, files))
    assert faults(table) == [
        ("ds/img/a.png", "shape-without-box"),
        ("ds/img/a.png", "box-unreadable"),
        ("ds/img/a.png", "box-unreadable"),
        ("ds/img/a.png", "box-unreadable"),
        ("ds/ann/b.png.json", "unreadable-annotation"),
    ]
    assert len(table.objects) == 1
