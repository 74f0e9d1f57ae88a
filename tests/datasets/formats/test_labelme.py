import base64
import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipeline.datasets.formats import labelme
from pipeline.datasets.formats.labelme import parse
from pipeline.datasets.raw.containers import read_image
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from tests.support.dataset_files import faults, make, picture, read

CORNERS = ["xmin", "ymin", "xmax", "ymax"]


def shape(kind: Any, *points: list[Any], label: Any = "cat") -> dict[str, Any]:
    return {"label": label, "points": points, "shape_type": kind, "group_id": None, "flags": {}}


def annotation(*shapes: Any, path: Any = "a.jpg", **more: Any) -> dict[str, Any]:
    size = {"imageWidth": 100, "imageHeight": 80}
    return {
        "version": "5.4",
        "flags": {"blurred": False},
        "shapes": shapes,
        "imagePath": path,
        **size,
        **more,
    }


def boxes(table: AnnotationTable) -> list[list[float]]:
    return table.objects[CORNERS].to_numpy().tolist()


def test_shapes_are_enclosed_by_their_boxes(tmp_path: Path) -> None:
    shapes = (
        shape("rectangle", [30, 40.5], [1, 2]),  # corners in any order
        shape("polygon", [5, 9], [7, 3], [1, 4], label="dog"),
        shape("circle", [50, 40], [53, 44]),  # radius 5
        shape("mask", [10, 20], [19, 39]),  # pixels 10..19 and 20..39
        {"label": 7, "points": [[1, 1], [2, 3]]},  # a polygon of an old file
    )
    table = read(make(tmp_path, {"a.json": annotation(*shapes), "a.jpg": ""}))
    assert table.class_names == ("7", "cat", "dog")
    assert table.images.iloc[0].tolist()[1:5] == ["a.jpg", 100, 80, ""]
    expected = [[1, 2, 30, 40.5], [1, 3, 7, 9], [45, 35, 55, 45], [10, 20, 20, 40], [1, 1, 2, 3]]
    np.testing.assert_allclose(boxes(table), expected)
    assert table.objects["label"].tolist() == [2, 3, 2, 2, 1]
    assert not table.issues


def test_polygons_and_drawn_pixels_are_masks(tmp_path: Path) -> None:
    pixels = np.array([[0, 255, 255], [255, 255, 0]], np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    drawn = shape("mask", [10, 20], [12, 21]) | {"mask": base64.b64encode(out.getvalue()).decode()}
    broken = drawn | {"mask": "bm90IGEgUE5H"}
    shapes = (shape("polygon", [5, 9], [7, 3], [1, 4]), drawn, broken, shape("rectangle", [1, 2], [3, 4]))
    table = read(make(tmp_path, {"a.json": annotation(*shapes), "a.jpg": ""}))
    assert table.objects["segmentation"].tolist() == [0, 1, 2, -1] and not table.issues
    assert table.segmentations.read(tmp_path, 0) == [[5, 9, 7, 3, 1, 4]]
    runs = table.segmentations.read(tmp_path, 1)
    assert runs["size"] == [80, 100]
    mask = np.repeat(np.arange(len(runs["counts"])) % 2, runs["counts"]).reshape(100, 80).T
    np.testing.assert_array_equal(mask[20:22, 10:13], pixels > 0)
    assert mask.sum() == 4
    assert "cannot be decoded" in table.segmentations.read(
        tmp_path, 2
    )  # its check drops the mask, not the box


@pytest.mark.parametrize(
    "broken",
    [
        shape("point", [1, 2]),
        shape("linestrip", [1, 2], [3, 4]),
        shape("circle", [1, 2]),
        shape("rectangle", [1, 2], ["wide", 4]),
        shape("rectangle", [1, 2], [3]),
        shape("rectangle"),
        shape(["rectangle"], [1, 2], [3, 4]),
        shape("polygon", [1e308, -1e308, 3]),
        {"label": "cat", "shape_type": "rectangle"},
        {"label": "cat", "shape_type": "rectangle", "points": {"a": 1}},
        "nonsense",
        None,
    ],
)
def test_a_shape_without_box_is_dropped(tmp_path: Path, broken: Any) -> None:
    files = {"a.json": annotation(broken, shape("rectangle", [1, 2], [3, 4])), "a.jpg": ""}
    table = read(make(tmp_path, files))
    assert boxes(table) == [[1, 2, 3, 4]]
    kinds = ("point", "linestrip", ["rectangle"])
    shapeless = isinstance(broken, dict) and broken["shape_type"] in kinds
    fault = "shape-without-box" if shapeless else "box-unreadable"
    assert [(issue.file, issue.fault.object, issue.fault.name) for issue in table.issues] == [
        ("a.jpg", 0, fault)
    ]


@pytest.mark.parametrize("label", [None, " ", ["cat"], {}])
def test_a_shape_without_label_has_an_unknown_class(tmp_path: Path, label: Any) -> None:
    files = {"a.json": annotation(shape("rectangle", [1, 2], [3, 4], label=label)), "a.jpg": ""}
    assert faults(read(make(tmp_path, files))) == [("a.jpg", "unknown-class")]


@pytest.mark.parametrize(
    "path", ["..\\images\\x.jpg", "../images/x.jpg", "x.jpg", "C:\\photos\\a.jpg", None, 5]
)
def test_the_image_is_found_by_its_path_or_by_the_stem_of_the_file(tmp_path: Path, path: Any) -> None:
    image = "images/x.jpg" if isinstance(path, str) and "x" in path else "images/a.jpg"
    files = {"json/a.json": annotation(path=path), "images/x.jpg": "", "images/a.jpg": ""}
    assert image in read(make(tmp_path, files)).images["file"].tolist()


@pytest.mark.parametrize("path", ["../../x.jpg", "/etc/x.jpg", "C:\\x.jpg"])
def test_a_path_out_of_the_folder_is_not_followed(tmp_path: Path, path: Any) -> None:
    (tmp_path / "x.jpg").write_bytes(b"")
    table = read(make(tmp_path / "data", {"json/a.json": annotation(path=path), "b.jpg": ""}))
    assert faults(table) == [("json/a.json", "path-outside-folder")] and table.images.empty


def test_an_image_in_the_json_file_is_used_if_no_other_is_found(tmp_path: Path) -> None:
    data = picture(10, 8)
    embedded = annotation(shape("rectangle", [1, 2], [3, 4]), imageData=base64.b64encode(data).decode())
    table = read(
        make(tmp_path, {"json/a.json": embedded, "json/b.json": {**embedded, "imagePath": "/b.jpg"}})
    )
    assert table.images["file"].tolist() == ["json/a.json/imageData", "json/b.json/imageData"]
    assert not table.issues and read_image(tmp_path, "json/a.json/imageData") == data
    (tmp_path / "a.jpg").write_bytes(b"")
    assert read(tmp_path).images["file"].tolist() == ["a.jpg", "json/b.json/imageData"]


@pytest.mark.parametrize(
    "text", ["[1]", '{"imageData": 5}', '{"imageData": "abc"}', '{"imageData": "é"}', "{"]
)
def test_an_image_in_a_broken_file_is_unreadable(tmp_path: Path, text: str) -> None:
    make(tmp_path, {"a.json": text})
    with pytest.raises(OSError, match="imageData is no image in base64"):
        read_image(tmp_path, "a.json/imageData")


def test_broken_files_are_listed_and_other_files_are_ignored(tmp_path: Path) -> None:
    files = {
        "a.json": annotation(),
        "a.jpg": "",
        "b.json": '{"shapes": [], "imagePath"',
        "c.json": {"shapes": "none", "imagePath": "a.jpg"},
        "d.json": ["shapes", "imagePath"],
        "e.json": b"\xff\xfe\0",
        "f.json": "[" * 5000,
        "g.json": b"\xef\xbb\xbf" + json.dumps(annotation(path="g.jpg")).encode(),
        "g.jpg": "",
    }
    table = read(make(tmp_path, files))
    assert table.images["file"].tolist() == ["a.jpg", "g.jpg"]  # both have no objects
    assert faults(table) == [
        *((f"{name}.json", "unreadable-annotation") for name in "bcef"),
        ("d.json", "unused-content"),
    ]


def test_the_folder_gives_the_split(tmp_path: Path) -> None:
    files = {}
    for folder in ("train", "valid", "rest"):
        files |= {f"{folder}/test_1.json": annotation(path="test_1.jpg"), f"{folder}/test_1.jpg": ""}
    assert read(make(tmp_path, files)).images["split"].tolist() == ["", "train", "val"]


def test_other_formats_are_not_recognised(tmp_path: Path) -> None:
    coco = {"images": [], "annotations": [], "categories": [{"id": 1, "name": "shapes"}]}
    make(tmp_path, {"a.json": coco, "b.json": "", "package.json": {"imagePath": "a.jpg"}})
    assert not labelme.matches(DatasetFolder(tmp_path))


def test_an_image_path_after_a_large_image_is_found(tmp_path: Path) -> None:
    content = annotation(shape("rectangle", [1, 2], [3, 4]))
    late = {"version": "5", "shapes": content["shapes"], "imageData": "A" * (6 * 2**20), "imagePath": "a.jpg"}
    make(tmp_path, {"a.json": late, "a.jpg": ""})
    assert labelme.matches(DatasetFolder(tmp_path))
    assert parse(tmp_path, "a.json").embedded == "imageData"


@pytest.mark.real
def test_the_boxes_are_those_of_voc(real_data: Path, tmp_path: Path) -> None:
    database = real_data / "multiformat_voc100" / "data" / "database"
    tables = {}
    for format, folder in {"voc": "pascalvoc_format", "labelme": "labelme_format"}.items():
        shutil.copytree(database / "gts" / folder, tmp_path / format / "annotations")
        shutil.copytree(database / "images", tmp_path / format / "images")
        tables[format] = read(tmp_path / format)
    ours, vocs = tables["labelme"], tables["voc"]
    assert (len(ours.images), len(ours.objects), len(ours.class_names)) == (100, 273, 20) and not ours.issues
    assert ours.class_names == vocs.class_names and ours.images.equals(vocs.images)
    order = ["image_id", "label", "xmin", "ymin"]
    ours, vocs = (
        table.objects.round(0).sort_values(order)[[*order, "xmax", "ymax"]] for table in (ours, vocs)
    )
    np.testing.assert_allclose(ours.to_numpy(), vocs.to_numpy(), atol=1)


def test_shapes_of_one_label_and_group_are_one_object(tmp_path: Path) -> None:
    shapes = [
        {**shape("polygon", [20, 20], [60, 20], [60, 80]), "group_id": 1},
        {**shape("rectangle", [200, 100], [280, 180]), "group_id": 2},
        {**shape("polygon", [90, 10], [150, 20], [150, 70]), "group_id": 1},
        {**shape("rectangle", [1, 2], [3, 4], label="dog"), "group_id": 1},
        shape("rectangle", [5, 6], [7, 8]),
    ]
    table = read(make(tmp_path, {"a.json": annotation(*shapes), "a.jpg": ""}))
    assert boxes(table) == [[20, 10, 150, 80], [200, 100, 280, 180], [1, 2, 3, 4], [5, 6, 7, 8]]
    assert faults(table) == [("a.jpg", "object-in-parts")]
    assert table.issues[0].fault.detail.startswith("its 5 shapes are 4 objects")


def test_keys_that_are_not_used_are_listed(tmp_path: Path) -> None:
    cat = shape("rectangle", [1, 2], [3, 4]) | {"description": "asleep", "flags": {"old": True}}
    content = annotation(cat, flags={"dark": True}, version="6")
    table = read(make(tmp_path, {"a.json": content, "a.jpg": ""}))
    assert [(issue.file, issue.fault.detail) for issue in table.issues] == [
        ("a.json", f"the key {key} is not used")
        for key in ("'description' of shapes", "'flags'", "'flags' of shapes")
    ]


def test_what_x_anylabeling_adds_is_used(tmp_path: Path) -> None:
    turned = shape("rotation", [10, 0], [20, 10], [10, 20], [0, 10]) | {"direction": 0.8}
    upright = shape("rotation", [0, 0], [10, 0], [10, 5], [0, 5]) | {"difficult": True}
    table = read(make(tmp_path, {"a.json": annotation(turned, upright), "a.jpg": ""}))
    assert boxes(table) == [[0, 0, 20, 20], [0, 0, 10, 5]]
    assert table.objects["difficult"].tolist() == [False, True]
    assert faults(table) == [("a.jpg", "box-rotated")]
