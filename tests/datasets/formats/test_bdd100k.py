"""BDD100K: the list of images of both layouts, and the older file per image."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import PipelineError
from tests.support.dataset_files import faults, make, read

BOX = ["xmin", "ymin", "xmax", "ymax"]


def label(category: str, *corners: float, **more: Any) -> dict[str, Any]:
    return {"category": category, "box2d": dict(zip(("x1", "y1", "x2", "y2"), corners, strict=True)), **more}


def outline(category: str, *vertices: list[float], closed: bool = True) -> dict[str, Any]:
    piece = {"vertices": list(vertices), "types": "L" * len(vertices), "closed": closed}
    return {"category": category, "poly2d": [piece]}


def test_lists_of_images_with_labels(tmp_path: Path) -> None:
    lane = outline("lane/single white", [1, 1], [9, 9], closed=False)
    area = outline("drivable area", [1, 1], [9, 9], [9, 1])
    train = [
        {"name": "a.jpg", "labels": [label("car", 10, 20, 30, 40), lane, area, label("bike", 1, 2, 3, 4)]},
        {"name": "b.jpg", "labels": None, "attributes": {"weather": "clear"}},
    ]
    crowd = label("pedestrian", 1, 1, 9, 9, attributes={"crowd": True, "occluded": False})
    val = {"frames": [{"name": "c.jpg", "videoName": "film", "labels": [crowd]}], "config": {}}
    files = {"labels/det_20/det_train.json": train, "labels/det_20/det_val.json": val}
    files |= {
        f"images/100k/{split}/{name}.jpg": ""
        for split, name in (("train", "a"), ("train", "b"), ("val", "c"))
    }
    table = read(make(tmp_path, files))
    assert table.class_names == ("bike", "car", "pedestrian")
    assert table.images[["file", "split", "group"]].to_numpy().tolist() == [
        ["images/100k/train/a.jpg", "train", ""],
        ["images/100k/train/b.jpg", "train", ""],
        ["images/100k/val/c.jpg", "val", "film"],
    ]
    assert table.objects[["image_id", *BOX, "crowd"]].to_numpy().tolist() == [
        [1, 10, 20, 30, 40, False],
        [1, 1, 2, 3, 4, False],
        [3, 1, 1, 9, 9, True],
    ]
    assert [(issue.file, issue.fault.name, issue.fault.detail) for issue in table.issues] == [
        ("images/100k/train/a.jpg", "shape-without-box", "lanes and drivable areas have no box: 2")
    ]


def test_polygons_and_run_lengths_are_masks(tmp_path: Path) -> None:
    runs = {"category": "rider", "rle": {"size": [4, 5], "counts": [5, 2, 13]}}
    frames = [{"name": "a.jpg", "labels": [outline("car", [1, 2], [9, 2], [9, 8]), runs]}]
    table = read(make(tmp_path, {"ins_seg_train.json": frames, "a.jpg": ""}))
    assert table.objects[BOX].to_numpy().tolist() == [[1, 2, 9, 8], [1, 1, 2, 3]]
    assert table.segmentations.read(tmp_path, 0) == [[1, 2, 9, 2, 9, 8]]
    assert table.segmentations.read(tmp_path, 1) == runs["rle"]


def test_the_older_file_per_image(tmp_path: Path) -> None:
    objects = [label("car", 10, 20, 30, 40, id=0), outline("lane/crosswalk", [1, 1], [9, 9])]
    files: dict[str, Any] = {
        "labels/100k/train/x.json": {"name": "x", "frames": [{"timestamp": 10000, "objects": objects}]},
        "labels/100k/val/y.json": {"name": "y", "frames": [{"timestamp": 10000, "objects": objects[:1]}]},
        "images/100k/train/x.jpg": "",
        "images/100k/val/y.jpg": "",
    }
    table = read(make(tmp_path, files))
    assert table.images["split"].tolist() == ["train", "val"]
    assert table.objects[BOX].to_numpy().tolist() == [[10, 20, 30, 40]] * 2
    assert faults(table) == [("images/100k/train/x.jpg", "shape-without-box")]


def test_broken_labels_are_listed_and_a_broken_file_is_refused(tmp_path: Path) -> None:
    frames = [
        {
            "name": "a.jpg",
            "labels": [label("car", 1, 2, 3, 4), {"category": "car"}, label("car", 1, 2, "x", 4)],
        }
    ]
    table = read(make(tmp_path, {"det.json": [*frames, {"labels": []}], "a.jpg": ""}))
    assert faults(table) == [
        ("a.jpg", "shape-without-box"),
        ("a.jpg", "box-unreadable"),
        ("det.json", "unreadable-annotation"),
    ]
    make(tmp_path, {"det.json": '[{"name": "a.jpg", "labels": [{"box2d": {'})
    with pytest.raises(PipelineError, match=r"det\.json: not readable as JSON"):
        read(tmp_path, "bdd100k")
