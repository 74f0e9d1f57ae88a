from pathlib import Path

import pytest

from tests.support.dataset_files import faults, make, read
from tests.support.real_boxes import assert_as_voc, multiformat

HEADER = (
    "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,"
    "IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside\n"
)
CORNERS = ["xmin", "ymin", "xmax", "ymax"]


def row(image: str, label: str, *corners: object, group: int = 0) -> str:
    """Return a row. The corners are in the order of the file: XMin, XMax, YMin, YMax."""
    return f"{image},xclick,{label},1,{','.join(map(str, corners))},0,0,{group},0,0\n"


def test_values_are_read_unchanged(tmp_path: Path) -> None:
    text = HEADER + row("0a1b", "/m/02", 0.1, 0.9, 0.2, 0.8) + row("c.png", "/m/01", 0, 1, 0, 1, group=1)
    names = '/m/01,Person\n/m/02,"Dog, small"\n/m/03,Unused\n'
    files = {
        "boxes.csv": text,
        "class-descriptions-boxable.csv": names,
        "images/0a1b.jpg": "",
        "images/c.png": "",
    }
    table = read(make(tmp_path, files))
    assert table.class_names == ("Dog, small", "Person")
    assert table.images["file"].tolist() == ["images/0a1b.jpg", "images/c.png"]
    assert table.images["normalised"].all() and table.images["split"].tolist() == ["", ""]
    assert table.objects[CORNERS].to_numpy().tolist() == [[0.1, 0.2, 0.9, 0.8], [0, 0, 1, 1]]
    assert table.objects["crowd"].tolist() == [False, True]
    assert not table.issues


def test_columns_are_found_by_name_and_unnamed_classes_keep_their_identifiers(tmp_path: Path) -> None:
    text = "YMax,YMin,XMax,XMin,LabelName,ImageID\n0.8,0.2,0.9,0.1,/m/02,a\n"
    names = "LabelName,DisplayName\n/m/01,Person\n"
    table = read(make(tmp_path, {"x.csv": text, "names.csv": names, "a.jpg": ""}))
    assert table.class_names == ("/m/02",)
    assert table.objects[CORNERS].to_numpy().tolist() == [[0.1, 0.2, 0.9, 0.8]]


def test_the_files_give_the_split(tmp_path: Path) -> None:
    files = {}
    for split in ("train", "validation", "test"):
        files[f"{split}-annotations-bbox.csv"] = HEADER + row(split, "cat", 0, 1, 0, 1)
        files[f"{split}/{split}.jpg"] = ""
    assert read(make(tmp_path, files)).images["split"].tolist() == ["test", "train", "val"]


def test_broken_rows_are_listed(tmp_path: Path) -> None:
    rows = [
        row("a", "cat", 0, 1, 0, 1),
        row("a", "cat", 0, "", 0, 1),
        row("../../b.jpg", "cat", 0, 1, 0, 1),
        row("missing", "cat", 0, 1, 0, 1),
        row("a", "cat", 0, 1, 0, 1, 2),
    ]
    table = read(make(tmp_path, {"x.csv": HEADER + "".join(rows), "a.jpg": ""}))
    assert sorted(faults(table)) == [
        ("../../b.jpg", "path-outside-folder"),
        ("a.jpg", "box-unreadable"),
        ("missing", "missing-image"),
        ("x.csv", "unreadable-annotation"),
    ]
    assert len(table.objects) == 1


@pytest.mark.real
def test_real_boxes_are_those_of_voc(real_data: Path, tmp_path: Path) -> None:
    table = read(multiformat(real_data, tmp_path, "openimages_format"))
    assert_as_voc(real_data, table, tmp_path)


def test_columns_that_are_not_used_are_listed(tmp_path: Path) -> None:
    text = "ImageID,Source,LabelName,XMin,XMax,YMin,YMax,XClick1X\na,x,cat,0.1,0.2,0.3,0.4,0.5\n"
    table = read(make(tmp_path, {"boxes.csv": text, "a.jpg": ""}))
    assert len(table.objects) == 1
    assert [(issue.file, issue.fault.detail) for issue in table.issues] == [
        ("boxes.csv", "the column 'XClick1X' is not used")
    ]


def test_each_folder_has_its_own_file_and_images_of_the_same_names(tmp_path: Path) -> None:
    files = {}
    for folder, name in (("cam1", "car"), ("cam2", "bus")):
        files |= {f"{folder}/boxes.csv": HEADER + row("0", name, 0.1, 0.9, 0.2, 0.8), f"{folder}/0.jpg": ""}
    table = read(make(tmp_path, files))
    assert table.images["file"].tolist() == ["cam1/0.jpg", "cam2/0.jpg"]
    assert [table.class_names[label - 1] for label in table.objects["label"]] == ["car", "bus"]
    assert table.issues == ()


def test_boxes_with_a_confidence_are_detections(tmp_path: Path) -> None:
    truth = HEADER + row("0", "car", 0.1, 0.9, 0.2, 0.8)
    found = HEADER + row("0", "car", 0.3, 0.7, 0.2, 0.8).replace(",1,", ",0.7,", 1)
    table = read(make(tmp_path, {"a.csv": truth, "b.csv": found, "0.jpg": ""}))
    assert table.objects[CORNERS].to_numpy().tolist() == [[0.1, 0.2, 0.9, 0.8]]
    assert faults(table) == [("b.csv", "detection")]
