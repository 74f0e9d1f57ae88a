"""CrowdHuman's lines of JSON."""

import json
from pathlib import Path
from typing import Any

from tests.support.dataset_files import faults, make, read

BOX = ["xmin", "ymin", "xmax", "ymax"]


def line(name: str, *boxes: Any) -> str:
    return json.dumps({"ID": name, "gtboxes": list(boxes)})


def person(*fbox: float, tag: str = "person", ignore: int = 0) -> dict[str, Any]:
    box = {"fbox": list(fbox), "vbox": [1, 1, 2, 2], "hbox": [1, 1, 1, 1]}
    return box | {"tag": tag, "extra": {"box_id": 0, "ignore": ignore}, "head_attr": {"ignore": 1}}


def test_whole_bodies_are_boxes_and_what_is_ignored_is_a_crowd(tmp_path: Path) -> None:
    name = "273271,c9db000d5146c15"
    objects = (
        person(72, 202, 163, 503),
        person(-5, 1, 20, 30, ignore=1),
        person(5, 5, 9, 9, tag="mask", ignore=1),
    )
    files = {
        "annotation_train.odgt": line(name, *objects) + "\n",
        "annotation_val.odgt": line("b", person(1, 2, 3, 4)),
        f"Images/{name}.jpg": "",
        "Images/b.jpg": "",
    }
    table = read(make(tmp_path, files))
    assert table.class_names == ("person",) and not table.issues
    assert table.images["split"].tolist() == ["train", "val"]
    assert table.objects[[*BOX, "crowd"]].to_numpy().tolist() == [
        [72, 202, 235, 705, False],
        [-5, 1, 15, 31, True],
        [5, 5, 14, 14, True],
        [1, 2, 4, 6, False],
    ]


def test_lines_and_boxes_that_cannot_be_read_are_listed(tmp_path: Path) -> None:
    lines = [
        "no JSON",
        "[1]",
        "",
        line("gone", person(1, 2, 3, 4)),
        line("a", {"tag": "person"}, person(1, 2, 3, 4)),
    ]
    table = read(make(tmp_path, {"annotation_val.odgt": "\n".join(lines), "a.jpg": ""}))
    assert faults(table) == [
        ("annotation_val.odgt", "unreadable-annotation"),
        ("annotation_val.odgt", "unreadable-annotation"),
        ("gone", "missing-image"),
        ("a.jpg", "box-unreadable"),
    ]
    assert "line 1 is not readable as JSON" in table.issues[0].fault.detail
    assert len(table.objects) == 1
