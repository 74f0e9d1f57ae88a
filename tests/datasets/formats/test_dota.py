"""DOTA's quadrilaterals."""

from pathlib import Path

import pytest

from pipeline.errors import PipelineError
from tests.support.dataset_files import faults, make, read

BOX = ["xmin", "ymin", "xmax", "ymax"]
HEAD = "imagesource:GoogleEarth\ngsd:0.146343590398\n"
UPRIGHT = "10 20 50 20 50 60 10 60 small-vehicle 0\n"
ROTATED = "2753.0 2408.0 2861.0 2385.0 2888.0 2468.0 2805.0 2502.0 plane 1\n"


def test_the_box_encloses_the_quadrilateral_and_this_is_said(tmp_path: Path) -> None:
    files = {
        "train/labelTxt/P0000.txt": HEAD + ROTATED + UPRIGHT,
        "train/images/P0000.png": "",
        "val/labelTxt/P0001.txt": HEAD + UPRIGHT,
        "val/images/P0001.png": "",
        "val/labelTxt/P0002.txt": HEAD,
        "val/images/P0002.png": "",
        "readme.txt": "DOTA is a dataset\n",
    }
    table = read(make(tmp_path, files))
    assert table.class_names == ("plane", "small-vehicle")
    assert table.images[["file", "split"]].to_numpy().tolist() == [
        ["train/images/P0000.png", "train"],
        ["val/images/P0001.png", "val"],
        ["val/images/P0002.png", "val"],
    ]
    assert table.objects[["label", *BOX, "difficult"]].to_numpy().tolist() == [
        [1, 2753, 2385, 2888, 2502, True],
        [2, 10, 20, 50, 60, False],
        [2, 10, 20, 50, 60, False],
    ]
    (issue,) = table.issues
    assert (issue.file, issue.fault.name) == ("train/images/P0000.png", "box-rotated")
    assert issue.fault.detail == "1 of 2 quadrilaterals are rotated"
    assert issue.fault.action_text == "the upright boxes around them taken"


def test_lines_that_are_no_quadrilaterals_are_listed(tmp_path: Path) -> None:
    files = {"labelTxt/a.txt": f"{UPRIGHT}10 20 50 x 50 60 10 60 plane 0\n10 20 plane\n", "images/a.png": ""}
    table = read(make(tmp_path, files))
    assert faults(table) == [("images/a.png", "box-unreadable")] * 2
    assert len(table.objects) == 1


def test_quadrilaterals_without_an_image_are_not_recognised(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="no annotations recognised"):
        read(make(tmp_path, {"labelTxt/a.txt": UPRIGHT}))
