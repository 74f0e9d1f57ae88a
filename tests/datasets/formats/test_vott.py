"""VoTT's JSON."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.datasets.table.annotation_table import BOX
from tests.support.dataset_files import faults, make, read


def region(*tags: Any, left: Any = 10, top: Any = 20, width: Any = 30, height: Any = 40.5) -> dict[str, Any]:
    box = {"left": left, "top": top, "width": width, "height": height}
    points = [{"x": 10, "y": 20}, {"x": 40, "y": 20}, {"x": 40, "y": 60.5}, {"x": 10, "y": 60.5}]
    return {"id": "aB3", "type": "RECTANGLE", "tags": list(tags), "boundingBox": box, "points": points}


def asset(name: str, *regions: Any, path: str = "") -> dict[str, Any]:
    described = {
        "format": "jpg",
        "id": f"id-{name}",
        "name": name,
        "path": path or f"file:/home/me/{name}",
        "size": {"width": 200, "height": 100},
        "state": 2,
        "type": 1,
    }
    return {"asset": described, "regions": list(regions), "version": "2.2.0"}


def project(*assets: dict[str, Any]) -> dict[str, Any]:
    tags = [{"name": "cat", "color": "#5db300"}, {"name": "dog", "color": "#e81123"}]
    return {"name": "pets", "tags": tags, "assets": {each["asset"]["id"]: each for each in assets}}


def test_a_file_for_each_image_is_read(tmp_path: Path) -> None:
    files = {
        "x-asset.json": asset("b.jpg", region("dog"), region("cat", "dog", left=1)),
        "y-asset.json": asset("a.jpg"),
    }
    table = read(make(tmp_path, {**files, "images/a.jpg": "", "images/b.jpg": ""}))
    assert table.images[["file", "width", "height"]].to_numpy().tolist() == [
        ["images/a.jpg", 200, 100],
        ["images/b.jpg", 200, 100],
    ]
    assert table.objects[BOX].to_numpy().tolist() == [[10, 20, 40, 60.5]] + [[1, 20, 31, 60.5]] * 2
    assert table.class_names == ("cat", "dog") and table.objects["label"].tolist() == [2, 1, 2]
    assert table.objects["object"].tolist() == [0, 1, 1] and not table.issues


def test_a_project_counts_and_not_the_files_of_its_images(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    files = {
        "vott-json-export/pets-export.json": project(asset("a.jpg", region("cat"))),
        "vott-json-export/a.jpg": "",
        "old/a-asset.json": asset("a.jpg", region("dog")),
        "old/b-asset.json": asset("b.jpg", region("dog")),
        "old/b.jpg": "",
    }
    table = read(make(tmp_path, files))
    assert table.images["file"].tolist() == ["old/b.jpg", "vott-json-export/a.jpg"]
    assert table.objects["label"].tolist() == [2, 1] and table.class_names == ("cat", "dog")
    assert "files of single images are left out" in caplog.text and not table.issues


@pytest.mark.parametrize(
    "path", ["file:/home/me/my%20cat.jpg", "https://host/x/my%20cat.jpg?sv=1", "c:\\me\\my cat.jpg"]
)
def test_the_image_is_found_by_its_name_or_path(tmp_path: Path, path: str) -> None:
    files = {"x.json": asset("my%20cat.jpg", region("cat")), "y.json": asset("7", region("cat"), path=path)}
    table = read(make(tmp_path, {**files, "my cat.jpg": ""}))
    assert table.images["file"].tolist() == ["my cat.jpg"]


@pytest.mark.parametrize(
    "broken, fault",
    [
        (region("cat", left="x"), "box-unreadable"),
        ({"tags": ["cat"], "boundingBox": None}, "box-unreadable"),
        ("nonsense", "box-unreadable"),
        (region(), "unknown-class"),
        (region(5), "unknown-class"),
    ],
)
def test_a_broken_region_is_dropped(tmp_path: Path, broken: Any, fault: str) -> None:
    table = read(make(tmp_path, {"x.json": asset("a.jpg", broken, region("cat")), "a.jpg": ""}))
    assert [(issue.fault.object, issue.fault.name) for issue in table.issues] == [(0, fault)]
    assert len(table.objects) == 1


def test_an_image_that_nobody_has_opened_is_not_annotated(tmp_path: Path) -> None:
    unseen = asset("b.jpg")
    unseen["asset"]["state"] = 0
    table = read(make(tmp_path, {"a.json": project(asset("a.jpg"), unseen), "a.jpg": "", "b.jpg": ""}))
    assert table.images["file"].tolist() == ["a.jpg"] and not table.issues


def test_broken_files_and_assets_are_listed(tmp_path: Path) -> None:
    whole = project(asset("a.jpg", region("cat")), asset("gone.jpg", region("cat")))
    whole["assets"]["x"] = {"asset": None, "regions": []}
    files = {"a.json": whole, "b.json": '{"asset": {}, "regions": [], "tags"', "a.jpg": ""}
    assert faults(read(make(tmp_path, files))) == [
        ("a.json", "unreadable-annotation"),
        ("b.json", "unreadable-annotation"),
        ("gone.jpg", "missing-image"),
    ]
