"""The projects and exports of the VGG Image Annotator."""

import json
from math import pi
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.datasets.table.annotation_table import BOX, AnnotationTable
from pipeline.datasets.table.segmentations import NONE
from pipeline.errors import PipelineError
from tests.support.dataset_files import faults, make, read

RECTANGLE = {"name": "rect", "x": 1, "y": 2, "width": 29, "height": 38.5}
SHAPES = [
    (RECTANGLE, [1, 2, 30, 40.5]),
    ({"name": "circle", "cx": 50, "cy": 40, "r": 5.5}, [44.5, 34.5, 55.5, 45.5]),
    ({"name": "ellipse", "cx": 50, "cy": 40, "rx": 20, "ry": 10}, [30, 30, 70, 50]),
    ({"name": "ellipse", "cx": 50, "cy": 40, "rx": 20, "ry": 10, "theta": pi / 2}, [40, 20, 60, 60]),
    ({"name": "polygon", "all_points_x": [5, 7, 1], "all_points_y": [9, 3, 4]}, [1, 3, 7, 9]),
]


def region(shape: Any = RECTANGLE, **attributes: Any) -> dict[str, Any]:
    return {"shape_attributes": shape, "region_attributes": attributes or {"class": "cat"}}


def export(**images: list[Any]) -> dict[str, Any]:
    """Return the annotations of images, of which the names are without suffix."""
    return {
        f"{name}.jpg9": {"filename": f"{name}.jpg", "size": 9, "regions": regions, "file_attributes": {}}
        for name, regions in images.items()
    }


def project(**images: list[Any]) -> dict[str, Any]:
    return {
        "_via_settings": {"ui": {}},
        "_via_img_metadata": export(**images),
        "_via_attributes": {"region": {}},
    }


def table_of(*rows: tuple[str, Any, Any], head: str = "filename") -> str:
    """Return a CSV file of a row for each image, shape and attributes."""
    lines = [
        f"{head},file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes"
    ]
    for name, shape, attributes in rows:
        cells = ['"' + json.dumps(cell).replace('"', '""') + '"' for cell in (shape, attributes)]
        lines.append(f'{name},9,"{{}}",1,0,{",".join(cells)}')
    return "\n".join(lines)


def boxes(table: AnnotationTable) -> list[list[float]]:
    return table.objects[BOX].to_numpy().tolist()


def classes(table: AnnotationTable) -> list[str]:
    return [table.class_names[label - 1] for label in table.objects["label"]]


# ------------------------------------------------------------------ versions 1 and 2


@pytest.mark.parametrize("write", [export, project])
@pytest.mark.parametrize("version", [1, 2])
def test_shapes_are_enclosed_by_their_boxes(tmp_path: Path, write: Any, version: int) -> None:
    regions: Any = [
        region(shape, kind="dog" if number % 2 else "cat") for number, (shape, _) in enumerate(SHAPES)
    ]
    if version == 1:
        regions = {str(number): each for number, each in enumerate(regions)}
    table = read(make(tmp_path, {"via.json": write(a=regions, b=[]), "images/a.jpg": "", "images/b.jpg": ""}))
    assert table.images["file"].tolist() == ["images/a.jpg", "images/b.jpg"] and not table.issues
    np.testing.assert_allclose(boxes(table), [box for _, box in SHAPES])
    assert table.class_names == ("cat", "dog") and classes(table) == ["cat", "dog", "cat", "dog", "cat"]


@pytest.mark.parametrize("head", ["filename", "#filename"])
def test_a_row_of_csv_is_a_region(tmp_path: Path, head: str) -> None:
    rows = [("a.jpg", shape, {"name": "cat"}) for shape, _ in SHAPES]
    text = table_of(*rows, ("b.jpg", {}, {}), ("c.jpg", RECTANGLE, {"name": "dog"}), head=head)
    table = read(make(tmp_path, {"via.csv": text, "a.jpg": "", "b.jpg": "", "c.jpg": ""}))
    assert table.images["file"].tolist() == ["a.jpg", "b.jpg", "c.jpg"] and not table.issues
    np.testing.assert_allclose(boxes(table), [*(box for _, box in SHAPES), [1, 2, 30, 40.5]])
    assert classes(table) == ["cat"] * 5 + ["dog"]


@pytest.mark.parametrize(
    "shape, fault",
    [
        ({"name": "point", "cx": 1, "cy": 2}, "shape-without-box"),
        ({"name": "polyline", "all_points_x": [1, 2], "all_points_y": [1, 2]}, "shape-without-box"),
        ({"name": "rect", "x": 1, "y": 2, "width": "wide", "height": 4}, "box-unreadable"),
        ({"name": "rect", "x": 1}, "box-unreadable"),
        ({"name": "circle", "cx": 1, "cy": 2, "r": None}, "box-unreadable"),
        ({"name": "polygon", "all_points_x": [1, 2, 3], "all_points_y": [1, 2]}, "box-unreadable"),
        ({"name": "polygon", "all_points_x": [], "all_points_y": []}, "box-unreadable"),
        ({"name": "polygon"}, "box-unreadable"),
        ("nonsense", "box-unreadable"),
        (None, "box-unreadable"),
    ],
)
def test_a_shape_without_box_is_dropped(tmp_path: Path, shape: Any, fault: str) -> None:
    table = read(make(tmp_path, {"via.json": export(a=[region(shape), region()]), "a.jpg": ""}))
    assert boxes(table) == [[1, 2, 30, 40.5]]
    assert [(issue.fault.object, issue.fault.name) for issue in table.issues] == [(0, fault)]


def test_images_and_rows_that_cannot_be_used_are_listed(tmp_path: Path) -> None:
    images = export(a=[region()], b="many", gone=[region()]) | {"x": {"regions": []}, "_via_note": 1}  # type: ignore[arg-type]
    text = table_of(("c.jpg", RECTANGLE, {"class": "cat"})) + '\nc.jpg,9,"{}",1,1,"{broken","{}"\n'
    table = read(make(tmp_path, {"via.json": images, "via.csv": text, "a.jpg": "", "b.jpg": "", "c.jpg": ""}))
    assert faults(table) == [
        ("via.json", "unreadable-annotation"),
        ("via.json", "unreadable-annotation"),
        ("via.csv", "unreadable-annotation"),
        ("gone.jpg", "missing-image"),
    ]
    assert len(table.objects) == 2


def test_a_truncated_file_is_named(tmp_path: Path) -> None:
    make(tmp_path, {"via.json": json.dumps(export(a=[region()]))[:-5], "a.jpg": ""})
    with pytest.raises(PipelineError, match=r"via\.json: not readable as JSON"):
        read(tmp_path)


def test_the_names_of_the_files_give_the_splits(tmp_path: Path) -> None:
    files = {"train/via.json": export(a=[region()]), "val/via.json": export(a=[region()])}
    table = read(make(tmp_path, {**files, "train/a.jpg": "", "val/a.jpg": ""}))
    assert table.images[["file", "split"]].to_numpy().tolist() == [
        ["train/a.jpg", "train"],
        ["val/a.jpg", "val"],
    ]
    assert len(table.objects) == 2 and not table.issues


def test_polygons_are_masks(tmp_path: Path) -> None:
    regions = [region(shape) for shape, _ in SHAPES]
    table = read(make(tmp_path, {"via.json": export(a=regions), "a.jpg": ""}))
    assert (table.objects["segmentation"] == NONE).tolist() == [True, True, True, True, False]
    mask = table.segmentations.read(tmp_path, int(table.objects["segmentation"].iloc[4]))
    assert mask == [[5, 9, 7, 3, 1, 4]]


# ------------------------------------------------------------------ classes


def test_the_attribute_that_all_regions_have_is_the_class(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    regions = [region(breed="tabby", colour="grey"), region(breed="siam", colour=""), region(breed="siam")]
    table = read(make(tmp_path, {"via.json": export(a=regions), "a.jpg": ""}))
    assert table.class_names == ("siam", "tabby") and not table.issues
    assert "the class of a region is its attribute 'breed'" in caplog.text


def test_of_several_attributes_the_one_with_a_common_name_is_the_class(tmp_path: Path) -> None:
    regions = [region(occluded="no", label="cat", colour="grey")]
    assert read(make(tmp_path, {"via.json": export(a=regions), "a.jpg": ""})).class_names == ("cat",)


def test_a_region_without_the_attribute_has_an_unknown_class(tmp_path: Path) -> None:
    regions = [region(kind="cat"), region(kind="undefined"), region(note="blurred"), region(kind="dog")]
    table = read(make(tmp_path, {"via.json": export(a=regions), "a.jpg": ""}))
    assert [(issue.fault.object, issue.fault.name) for issue in table.issues] == [
        (1, "unknown-class"),
        (2, "unknown-class"),
    ]
    assert table.issues[0].fault.detail == "the region has no value of the attribute 'kind'"
    assert table.class_names == ("cat", "dog")


def test_a_region_with_several_ticks_is_an_object_of_each(tmp_path: Path) -> None:
    regions = [region(animal={"cat": True, "dog": True, "cow": False}), region(animal={"cow": True})]
    table = read(make(tmp_path, {"via.json": export(a=regions), "a.jpg": ""}))
    assert classes(table) == ["cat", "dog", "cow"] and table.objects["object"].tolist() == [0, 0, 1]


def test_attributes_that_do_not_show_the_class_are_refused(tmp_path: Path) -> None:
    regions = [region(colour="grey", size="small")]
    with pytest.raises(
        PipelineError, match="1 of the 1 regions have the attributes colour, size, and it is not clear"
    ):
        read(make(tmp_path, {"via.json": export(a=regions), "a.jpg": ""}))


def test_regions_without_attributes_are_refused(tmp_path: Path) -> None:
    regions = [{"shape_attributes": RECTANGLE, "region_attributes": {}}]
    with pytest.raises(PipelineError, match="none of the regions has an attribute, so no object has a class"):
        read(make(tmp_path, {"via.json": export(a=regions), "a.jpg": ""}))


# ------------------------------------------------------------------ version 3


def version_3(*metadata: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a project of two pictures, of which the attribute 1 is a list of options."""
    return {
        "project": {"pid": "__VIA_PROJECT_ID__", "data_format_version": "3.1.1", "vid_list": ["1", "2"]},
        "config": {},
        "attribute": {
            "1": {
                "aname": "class",
                "anchor_id": "FILE1_Z0_XY1",
                "type": 4,
                "options": {"0": "cat", "1": "dog"},
            },
            "2": {
                "aname": "seen",
                "anchor_id": "FILE1_Z0_XY1",
                "type": 2,
                "options": {"0": "left", "1": "right"},
            },
        },
        "file": {
            "1": {"fid": "1", "fname": "a.jpg", "type": 2, "loc": 1, "src": ""},
            "2": {"fid": "2", "fname": "b.jpg", "type": 2, "loc": 1, "src": ""},
        },
        "view": {"1": {"fid_list": ["1"]}, "2": {"fid_list": ["2"]}},
        "metadata": {f"{number}_x": each for number, each in enumerate(metadata)},
        **changes,
    }


def seen(view: str, *coordinates: Any, **values: str) -> dict[str, Any]:
    attributes = {key.lstrip("_"): value for key, value in values.items()}
    return {"vid": view, "flg": 0, "z": [], "xy": list(coordinates), "av": attributes or {"1": "0"}}


def test_a_project_of_version_3_is_read(tmp_path: Path) -> None:
    metadata = (
        seen("1", 2, 1, 2, 29, 38.5),
        seen("2", 3, 50, 40, 5.5, _1="1"),
        seen("2", 4, 50, 40, 20, 10),
        seen("1", 7, 5, 9, 7, 3, 1, 4, _1="1"),
        seen("1", 8, 5, 1, 9, 4, 5, 7, 2, 4),
        seen("1", 1, 5, 9),
        seen("1", 11, 5, 9),
        seen("1"),  # about the whole picture
        seen("9", 2, 1, 2, 3, 4),
    )
    table = read(make(tmp_path, {"via.json": version_3(*metadata), "a.jpg": "", "b.jpg": ""}))
    assert boxes(table) == [
        [1, 2, 30, 40.5],
        [1, 3, 7, 9],
        [2, 1, 9, 7],
        [44.5, 34.5, 55.5, 45.5],
        [30, 30, 70, 50],
    ]
    assert classes(table) == ["cat", "dog", "cat", "dog", "cat"]
    assert (table.objects["segmentation"] == NONE).tolist() == [True, False, True, True, True]
    assert faults(table) == [
        ("via.json", "unreadable-annotation"),
        ("a.jpg", "shape-without-box"),
        ("a.jpg", "shape-without-box"),
    ]


def test_several_options_of_version_3_are_objects_of_each(tmp_path: Path) -> None:
    metadata = (seen("1", 2, 1, 2, 3, 4, _2="0,1"), seen("1", 2, 1, 2, 3, 4, _2="1"))
    table = read(make(tmp_path, {"via.json": version_3(*metadata), "a.jpg": "", "b.jpg": ""}))
    assert classes(table) == ["left", "right", "right"]


@pytest.mark.parametrize(
    "changes",
    [
        {"view": {"1": {"fid_list": ["1"]}, "2": {"fid_list": ["1", "2"]}}},
        {"view": {"1": {"fid_list": ["1"]}, "2": None}},
        {"file": {"1": {"fname": "a.jpg"}, "2": {"fname": 5}}},
    ],
)
def test_views_that_do_not_show_one_picture_are_listed(tmp_path: Path, changes: dict[str, Any]) -> None:
    contents = version_3(seen("1", 2, 1, 2, 3, 4), **changes)
    table = read(make(tmp_path, {"via.json": contents, "a.jpg": "", "b.jpg": ""}))
    assert faults(table) == [("via.json", "unreadable-annotation")]
    assert table.images["file"].tolist() == ["a.jpg"] and len(table.objects) == 1
