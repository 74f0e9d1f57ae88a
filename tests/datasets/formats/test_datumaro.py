"""Datumaro's JSON."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.errors import PipelineError
from tests.support.dataset_files import faults, make, read

BOX = ["xmin", "ymin", "xmax", "ymax"]
LABELS = [{"name": name, "parent": "", "attributes": []} for name in ("cat", "dog", "unused")]


def subset(*items: dict[str, Any]) -> dict[str, Any]:
    return {"infos": {}, "categories": {"label": {"labels": LABELS}}, "items": list(items)}


def item(name: str, *annotations: dict[str, Any]) -> dict[str, Any]:
    image = {"path": f"{name}.jpg", "size": [40, 60]}
    return {"id": name, "annotations": list(annotations), "attr": {}, "image": image}


def shape(kind: str, label: int = 0, group: int = 0, **more: Any) -> dict[str, Any]:
    return {"id": 0, "type": kind, "attributes": {}, "group": group, "label_id": label, "z_order": 0, **more}


def test_boxes_polygons_masks_and_labels(tmp_path: Path) -> None:
    runs = {"size": [40, 60], "counts": [41, 2, 2357]}
    train = subset(
        item(
            "sub/a",
            shape("bbox", 1, bbox=[10, 20, 30, 15], attributes={"is_crowd": True}),
            shape("polygon", points=[1, 2, 9, 2, 9, 8]),
            shape("mask", rle=runs),
            shape("label", 1),
        )
    )
    files = {
        "annotations/train.json": train,
        "annotations/val.json": subset(item("b")),
        "images/train/sub/a.jpg": "",
        "images/val/b.jpg": "",
    }
    table = read(make(tmp_path, files))
    assert table.class_names == ("cat", "dog", "unused") and not table.issues
    assert table.images[["file", "width", "height", "split"]].to_numpy().tolist() == [
        ["images/train/sub/a.jpg", 60, 40, "train"],
        ["images/val/b.jpg", 60, 40, "val"],
    ]
    assert table.objects["label"].tolist() == [2, 1, 1, 2]
    assert table.objects["crowd"].tolist() == [True, False, False, False]
    assert table.objects[BOX].to_numpy()[:3].tolist() == [[10, 20, 40, 35], [1, 2, 9, 8], [1, 1, 2, 3]]
    assert np.isnan(table.objects[BOX].to_numpy()[3]).all()
    assert table.segmentations.read(tmp_path, 0) == [[1, 2, 9, 2, 9, 8]]
    assert table.segmentations.read(tmp_path, 1) == runs


def test_a_group_is_one_object(tmp_path: Path) -> None:
    first, second = [1, 2, 9, 2, 9, 8], [20, 2, 29, 2, 29, 8]
    annotations = (
        shape("bbox", group=7, bbox=[0, 0, 30, 10]),
        shape("polygon", group=7, points=first),
        shape("polygon", group=7, points=second),
        shape("polygon", 1, group=8, points=first),
        shape("polygon", 1, group=8, points=second),
        shape("bbox", 1, group=7, bbox=[5, 5, 1, 1]),
    )
    table = read(make(tmp_path, {"annotations/default.json": subset(item("a", *annotations)), "a.jpg": ""}))
    assert table.objects[["object", "label", *BOX]].to_numpy().tolist() == [
        [0, 1, 0, 0, 30, 10],
        [3, 2, 1, 2, 29, 8],
        [5, 2, 5, 5, 6, 6],
    ]
    assert [table.segmentations.read(tmp_path, row) for row in (0, 1)] == [[first, second]] * 2


def test_rotated_boxes_are_said(tmp_path: Path) -> None:
    turned = shape("rotated_bbox", points=[30, 20, 20, 10, 90])
    table = read(make(tmp_path, {"annotations/default.json": subset(item("a", turned)), "a.jpg": ""}))
    np.testing.assert_allclose(table.objects[BOX].to_numpy(), [[25, 10, 35, 30]])
    assert faults(table) == [("a.jpg", "box-rotated")]


def test_what_cannot_be_read_is_listed(tmp_path: Path) -> None:
    annotations = (
        shape("points", points=[1, 2]),
        shape("bbox", 9, bbox=[1, 2, 3, 4]),
        shape("bbox", bbox=[1, 2, 3]),
        shape("mask", rle="x"),
        shape("bbox", bbox=[1, 2, 3, 4]),
    )
    contents = subset(item("a", *annotations), {"annotations": []}, item("gone"))
    table = read(make(tmp_path, {"annotations/default.json": contents, "a.jpg": ""}))
    assert faults(table) == [
        ("a.jpg", "shape-without-box"),
        ("a.jpg", "unknown-class"),
        ("a.jpg", "box-unreadable"),
        ("a.jpg", "box-unreadable"),
        ("annotations/default.json", "unreadable-annotation"),
        ("default/gone.jpg", "missing-image"),
    ]
    assert len(table.objects) == 1
    text = '{"categories": {}, "items": [{"id": "a", "annotations": ['
    with pytest.raises(PipelineError, match=r"default\.json: not readable as JSON"):
        read(make(tmp_path, {"annotations/default.json": text}), "datumaro")


def test_a_type_that_is_no_text_is_listed(tmp_path: Path) -> None:
    broken = shape("bbox", bbox=[1, 2, 3, 4], group=1) | {"type": []}
    table = read(make(tmp_path, {"annotations/a.json": subset(item("a", broken)), "images/a.jpg": ""}))
    assert table.objects.empty and [name for _, name in faults(table)] == ["shape-without-box"]
