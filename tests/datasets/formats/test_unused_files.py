"""The list of the files that a reader saw and did not use."""

from pathlib import Path

import pytest

from pipeline.datasets.table.annotation_table import AnnotationTable
from tests.datasets.formats.test_formats import coco, voc
from tests.support.dataset_files import make, read


def unused(table: AnnotationTable) -> list[tuple[str, str]]:
    return [
        (issue.file, issue.fault.detail) for issue in table.issues if issue.fault.name == "unused-content"
    ]


def test_files_of_one_folder_and_suffix_are_one_line(tmp_path: Path) -> None:
    files = {"instances.json": coco("a.jpg"), "a.jpg": "", "notes.md": "x", "README.txt": "x"}
    files |= {f"old/{number}.txt": "1 2 3" for number in range(3)} | {"old/1.csv": "1", "old/empty.csv": ""}
    table = read(make(tmp_path, files))
    assert unused(table) == [
        ("old/0.txt", "the file is not used, nor are the other 2 .txt files of its folder"),
        ("old/1.csv", "the file is not used"),
    ]


def test_images_of_other_folders_are_listed(tmp_path: Path) -> None:
    files = {"annotations/a.xml": voc("cat"), "images/a.jpg": "", "images/b.jpg": "", "masks/a.png": ""}
    assert unused(read(make(tmp_path, files))) == [("masks/a.png", "the image is not used")]


def test_the_list_is_short_however_many_folders_there_are(tmp_path: Path) -> None:
    files = {"instances.json": coco("a.jpg"), "a.jpg": ""}
    files |= {f"{number:02d}/x.txt": "1" for number in range(40)}
    found = unused(read(make(tmp_path, files)))
    assert len(found) == 31 and found[-1] == ("30/x.txt", "10 further files in other folders are not used")


def test_a_file_with_a_fault_is_not_listed_twice(tmp_path: Path) -> None:
    files = {"a.xml": voc("cat"), "a.jpg": "", "b.xml": "<annotation>", "b.jpg": ""}
    table = read(make(tmp_path, files))
    assert unused(table) == [] and "b.xml" in {issue.file for issue in table.issues}


@pytest.mark.parametrize(
    ("format", "files"),
    [
        (
            "voc",
            {"a.xml": voc("cat"), "ImageSets/Main/train.txt": "a\n", "ImageSets/Main/cat_train.txt": "a 1"},
        ),
        ("yolo", {"a.txt": "0 0.5 0.5 0.1 0.1", "classes.txt": "cat", "train.txt": "./a.jpg\n"}),
        ("yolo", {"a.txt": "0 0.5 0.5 0.1 0.1", "classes.txt": "cat", "notes.json": {"categories": []}}),
        ("csv", {"boxes.csv": "image,label,xmin,ymin,xmax,ymax\na.jpg,cat,1,2,3,4\n"}),
        ("coco", {"instances.json": coco("a.jpg")}),
    ],
)
def test_what_is_read_is_not_listed(tmp_path: Path, format: str, files: dict) -> None:
    assert unused(read(make(tmp_path, {**files, "a.jpg": ""}), format)) == []


def test_columns_and_keys_that_are_not_used_are_listed(tmp_path: Path) -> None:
    row = "image,label,xmin,ymin,xmax,ymax,x1,depth\na.jpg,cat,1,2,3,4,5,3\n"
    assert unused(read(make(tmp_path / "csv", {"boxes.csv": row, "a.jpg": ""}))) == [
        ("boxes.csv", "the column 'x1' is not used")
    ]
    content = coco("a.jpg", "b.jpg")
    for annotation in content["annotations"]:
        annotation["severity"] = 3
    files = {"instances.json": content, "a.jpg": "", "b.jpg": ""}
    assert unused(read(make(tmp_path / "coco", files))) == [
        ("instances.json", "the key 'severity' of annotations is not used (2 times)")
    ]
