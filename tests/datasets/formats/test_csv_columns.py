"""CSV files without a header, and with all numbers of a box in one column."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.datasets.table.annotation_table import BOX, AnnotationTable
from pipeline.errors import PipelineError
from tests.support.dataset_files import DATASET, faults, make, read

IMAGES = {f"{name}.jpg": "" for name in "abc"}


def boxes(table: AnnotationTable) -> list[list[float]]:
    return table.objects[BOX].to_numpy().tolist()


def read_csv(folder: Path, text: str, **settings: Any) -> AnnotationTable:
    make(folder, {"boxes.csv": text, **IMAGES})
    return read(folder, "csv", csv=DATASET.csv.model_copy(update=settings))


# ------------------------------------------------------------------ no header


def test_columns_without_a_header_are_those_of_the_parameter(tmp_path: Path) -> None:
    make(tmp_path, {"classes.csv": "cat,0\ndog,1\n"})
    text = "a.jpg,1,2,30,40.5,dog\nb.jpg,,,,,\na.jpg,5,6,7,8,cat\n"
    names = ["image", "x1", "y1", "x2", "y2", "class"]
    table = read_csv(tmp_path, text, columns=names)
    assert table.images["file"].tolist() == ["a.jpg", "b.jpg"] and not table.issues
    assert boxes(table) == [[1, 2, 30, 40.5], [5, 6, 7, 8]]
    assert table.class_names == ("cat", "dog") and table.objects["label"].tolist() == [2, 1]


def test_files_without_a_header_may_have_names_of_splits_and_labels_of_whole_images(tmp_path: Path) -> None:
    make(tmp_path, {"train.csv": "a.jpg;cat\nb.jpg;dog\n", "val.csv": "c.jpg;cat\n", **IMAGES})
    table = read(tmp_path, "csv", csv=DATASET.csv.model_copy(update={"columns": ["image", "label"]}))
    assert table.images["split"].tolist() == ["train", "train", "val"]
    assert table.objects["label"].tolist() == [1, 2, 1] and table.objects["xmin"].isna().all()


def test_a_wrong_number_of_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        PipelineError, match=r"dataset\.csv\.columns names 2 columns, but no file has so many"
    ):
        read_csv(tmp_path, "a.jpg,1,2,3,4,cat\n", columns=["image", "class"])


def test_a_file_without_a_header_is_refused_with_the_parameter(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match=r"no header, those of all columns in dataset\.csv\.columns"):
        read_csv(tmp_path, "a.jpg,1,2,3,4,cat\n")


# ------------------------------------------------------------------ a column of boxes


@pytest.mark.parametrize(
    "text",
    [
        '"[10, 20.5, 5, 6]"',
        "[10 20.5 5 6]",
        "10 20.5 5 6",
        '"10,20.5,5,6"',
        '"(10.0, 20.5, 5.0, 6.0)"',
        "{10; 20.5; 5; 6}",
    ],
)
def test_a_column_holds_all_numbers_of_a_box(tmp_path: Path, text: str) -> None:
    make(
        tmp_path,
        {"boxes.csv": f"image_id,width,height,bbox,label\na,100,80,{text},cat\nb,100,80,,\n", **IMAGES},
    )
    table = read(tmp_path)
    assert boxes(table) == [[10, 20.5, 15, 26.5]] and not table.issues
    assert table.images[["file", "width", "height"]].to_numpy().tolist() == [
        ["a.jpg", 100, 80],
        ["b.jpg", 100, 80],
    ]


def test_boxes_that_would_leave_their_image_are_corners(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    text = "image,width,height,bounding_box,class\na.jpg,100,80,60 20 90 70,cat\nb.jpg,100,80,1 2 3 4,cat\n"
    assert boxes(read_csv(tmp_path, text)) == [[60, 20, 90, 70], [1, 2, 3, 4]]
    assert "the numbers of the boxes in boxes.csv are the corners (xyxy)" in caplog.text


@pytest.mark.parametrize(
    "text, expected", [("0.5 0.5 0.9 0.8", [0.5, 0.5, 0.9, 0.8]), ("0.5 0.5 0.25 0.4", [0.5, 0.5, 0.75, 0.9])]
)
def test_boxes_in_shares_of_the_image(tmp_path: Path, text: str, expected: list[float]) -> None:
    table = read_csv(tmp_path, f"image,bbox,class\na.jpg,{text},cat\n")
    assert table.images["normalised"].all() and boxes(table) == [pytest.approx(expected)]


def test_numbers_that_do_not_show_their_order_are_refused_unless_it_is_given(tmp_path: Path) -> None:
    text = "image,bbox,class\na.jpg,10 20 30 40,cat\n"
    with pytest.raises(
        PipelineError, match=r"do not show whether .*; set dataset\.csv\.bbox_order to xywh or xyxy"
    ):
        read_csv(tmp_path, text)
    assert boxes(read_csv(tmp_path, text, bbox_order="xywh")) == [[10, 20, 40, 60]]
    assert boxes(read_csv(tmp_path, text, bbox_order="xyxy")) == [[10, 20, 30, 40]]


def test_all_files_together_show_the_order(tmp_path: Path) -> None:
    files = {
        "train.csv": "image,bbox,class\na.jpg,50 60 5 6,cat\n",
        "val.csv": "image,bbox,class\nb.jpg,1 2 3 4,cat\n",
    }
    assert boxes(read(make(tmp_path, {**files, **IMAGES}))) == [[50, 60, 55, 66], [1, 2, 4, 6]]


@pytest.mark.parametrize("text", ["1 2 3", "1 2 3 4 5", "1 2 x 4", "1 2 nan 4"])
def test_a_field_that_is_not_four_numbers_is_unreadable(tmp_path: Path, text: str) -> None:
    table = read_csv(tmp_path, f"image,bbox,class\na.jpg,50 60 5 6,cat\nb.jpg,{text},cat\n")
    assert faults(table) == [("b.jpg", "box-unreadable")] and boxes(table) == [[50, 60, 55, 66]]


def test_columns_of_corners_are_preferred(tmp_path: Path) -> None:
    text = "image,box,xmin,ymin,xmax,ymax,class\na.jpg,9 9 9 9,1,2,3,4,cat\n"
    assert boxes(read_csv(tmp_path, text)) == [[1, 2, 3, 4]]


def test_the_column_of_boxes_may_have_any_name(tmp_path: Path) -> None:
    text = "image,where,xmin,ymin,xmax,ymax,class\na.jpg,50 60 5 6,1,2,3,4,cat\n"
    assert boxes(read_csv(tmp_path, text, bbox="where")) == [[50, 60, 55, 66]]
    with pytest.raises(
        PipelineError, match=r"has no column for bbox; .*; give the right names in dataset\.csv\.bbox"
    ):
        read_csv(tmp_path, text, bbox="elsewhere")
