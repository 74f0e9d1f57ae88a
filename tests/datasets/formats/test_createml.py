"""Create ML's JSON."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.datasets.formats import createml
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import BOX
from pipeline.errors import PipelineError
from tests.support.dataset_files import faults, make, read


def annotation(label: Any, x: Any, y: Any, width: Any, height: Any) -> dict[str, Any]:
    return {"label": label, "coordinates": {"x": x, "y": y, "width": width, "height": height}}


def image(name: Any, *annotations: Any, old: bool = False) -> dict[str, Any]:
    keys = ("imagefilename", "annotation") if old else ("image", "annotations")
    return dict(zip(keys, (name, list(annotations)), strict=True))


@pytest.mark.parametrize("old", [False, True])
def test_coordinates_are_those_of_the_centre(tmp_path: Path, old: bool) -> None:
    listed = [
        image("b.jpg", annotation("dog", 120, 164.5, 230, 119), annotation("cat", 5, 6, 4, 2), old=old),
        image("a.jpg", old=old),
    ]
    table = read(make(tmp_path, {"annotations.json": listed, "images/a.jpg": "", "images/b.jpg": ""}))
    assert table.images["file"].tolist() == ["images/a.jpg", "images/b.jpg"] and not table.issues
    assert table.objects[BOX].to_numpy().tolist() == [[5, 105, 235, 224], [3, 5, 7, 7]]
    assert table.class_names == ("cat", "dog") and table.objects["label"].tolist() == [2, 1]


def test_the_folders_of_roboflow_give_the_splits(tmp_path: Path) -> None:
    for split in ("train", "valid", "test"):
        files = {"_annotations.createml.json": [image("a.jpg", annotation("cat", 5, 6, 4, 2))], "a.jpg": ""}
        make(tmp_path / split, files)
    table = read(tmp_path)
    assert table.images["split"].tolist() == ["test", "train", "val"] and len(table.objects) == 3


@pytest.mark.parametrize(
    "broken, fault",
    [
        (annotation("cat", "left", 1, 2, 3), "box-unreadable"),
        ({"label": "cat", "coordinates": [1, 2, 3, 4]}, "box-unreadable"),
        ({"label": "cat"}, "box-unreadable"),
        ("nonsense", "box-unreadable"),
        (annotation(None, 5, 6, 4, 2), "unknown-class"),
        (annotation(" ", 5, 6, 4, 2), "unknown-class"),
    ],
)
def test_a_broken_annotation_is_dropped(tmp_path: Path, broken: Any, fault: str) -> None:
    listed = [image("a.jpg", broken, annotation("cat", 5, 6, 4, 2))]
    table = read(make(tmp_path, {"a.json": listed, "a.jpg": ""}))
    assert [(issue.fault.object, issue.fault.name) for issue in table.issues] == [(0, fault)]
    assert table.objects[BOX].to_numpy().tolist() == [[3, 5, 7, 7]]


def test_images_that_cannot_be_used_or_are_not_there_are_listed(tmp_path: Path) -> None:
    good = annotation("cat", 5, 6, 4, 2)
    listed = [
        image("a.jpg", good),
        image(None, good),
        {"image": "b.jpg"},
        "nonsense",
        image("gone.jpg", good),
    ]
    table = read(make(tmp_path, {"a.json": listed, "a.jpg": ""}))
    assert faults(table) == [("a.json", "unreadable-annotation")] * 3 + [("gone.jpg", "missing-image")]


def test_a_broken_file_is_refused_and_other_lists_are_not_recognised(tmp_path: Path) -> None:
    make(
        tmp_path,
        {"a.json": '[{"image": "a.jpg", "annotations": [{"label": "x", "coordinates": ', "a.jpg": ""},
    )
    with pytest.raises(PipelineError, match=r"a\.json: not readable as JSON"):
        read(tmp_path)
    make(tmp_path, {"a.json": [{"label": "x", "data": {"image": "a.jpg"}, "annotations": []}]})
    assert not createml.matches(DatasetFolder(tmp_path))
