"""Lists of images with boxes, as keras-yolo3 and YOLOv4-PyTorch have them."""

from pathlib import Path

import pytest

from pipeline.datasets.formats import line_list
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import BOX, AnnotationTable
from pipeline.errors import PipelineError
from tests.support.dataset_files import faults, make, read

NAMES = "cat\ndog\n"


def boxes(table: AnnotationTable) -> list[list[float]]:
    return table.objects[BOX].to_numpy().tolist()


def test_each_line_is_an_image_with_its_boxes(tmp_path: Path) -> None:
    text = "\ufeffimages/a.jpg 20,30,80,70,1 100.5,40,160,120,0\r\n\r\nimages/my photo.JPG 1,2,3,4,1\nimages/c.jpg\n"
    images = {f"images/{name}": "" for name in ("a.jpg", "my photo.JPG", "c.jpg")}
    table = read(make(tmp_path, {"train.txt": text, "model_data/my_classes.txt": NAMES, **images}))
    assert table.class_names == ("cat", "dog") and not table.issues
    assert table.images["file"].tolist() == ["images/a.jpg", "images/c.jpg", "images/my photo.JPG"]
    assert table.images["split"].tolist() == ["", "", ""] and not table.images["normalised"].any()
    assert boxes(table) == [[20, 30, 80, 70], [100.5, 40, 160, 120], [1, 2, 3, 4]]
    assert table.objects["label"].tolist() == [2, 1, 2]
    assert table.objects["image_id"].tolist() == [1, 1, 3]


def test_the_folders_of_roboflow_give_the_splits(tmp_path: Path) -> None:
    for split in ("train", "valid", "test"):
        lines = f"{split}.jpg 1,2,3,4,0\n"
        make(
            tmp_path / split,
            {"_annotations.txt": lines, "_classes.txt": NAMES, f"{split}.jpg": "", "x.jpg": ""},
        )
    table = read(tmp_path)
    assert table.images["file"].tolist() == ["test/test.jpg", "train/train.jpg", "valid/valid.jpg"]
    assert table.images["split"].tolist() == ["test", "train", "val"]
    assert table.class_names == ("cat", "dog") and not table.issues


def test_the_lists_of_splits_have_names_of_classes_nearby(tmp_path: Path) -> None:
    files = {"a.jpg": "", "b.jpg": "", "model_data/coco_classes.txt": "person\nbicycle\n"}
    files |= {"data/train.txt": "a.jpg 1,2,3,4,1", "data/val.txt": "/home/me/b.jpg 5,6,7,8,0"}
    table = read(make(tmp_path, {**files, "data/obj.names": NAMES}))
    assert table.class_names == ("cat", "dog")
    assert table.images[["file", "split"]].to_numpy().tolist() == [["a.jpg", "train"], ["b.jpg", "val"]]
    assert faults(table) == [("model_data/coco_classes.txt", "unused-content")]


def test_lines_of_one_image_are_added(tmp_path: Path) -> None:
    text = "a.jpg 1,2,3,4,1\na.jpg 5,6,7,8,x\na.jpg 9,9,10,10,0\n"
    table = read(make(tmp_path, {"boxes.txt": text, "classes.txt": NAMES, "a.jpg": ""}))
    assert boxes(table) == [[1, 2, 3, 4], [9, 9, 10, 10]]
    assert table.objects["object"].tolist() == [0, 2]
    assert [(issue.fault.object, issue.fault.name) for issue in table.issues] == [(1, "box-unreadable")]


def test_without_names_classes_are_named_by_their_numbers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    table = read(make(tmp_path, {"boxes.txt": "a.jpg 1,2,3,4,10 1,2,3,4,9\n", "a.jpg": ""}))
    assert table.class_names == ("9", "10") and table.objects["label"].tolist() == [2, 1]
    assert "no file names the classes" in caplog.text


def test_a_number_without_a_name_is_an_unknown_class(tmp_path: Path) -> None:
    table = read(make(tmp_path, {"boxes.txt": "a.jpg 1,2,3,4,2\n", "classes.txt": NAMES, "a.jpg": ""}))
    assert faults(table) == [("a.jpg", "unknown-class")]
    assert table.issues[0].fault.detail == "class 2 is not among the 2 names"


@pytest.mark.parametrize(
    "box", ["1,2,3,4", "1,2,3,4,0,9", "1,2,3,x,0", "1,2,nan,4,0", "1,2,3,4,-1", "1,2,3,4,0.5", "1,2,3,4,cat"]
)
def test_a_box_that_is_not_five_numbers_is_unreadable(tmp_path: Path, box: str) -> None:
    files = {"boxes.txt": f"a.jpg 1,2,3,4,0 {box}\n", "classes.txt": NAMES, "a.jpg": ""}
    table = read(make(tmp_path, files))
    assert [(issue.fault.object, issue.fault.name) for issue in table.issues] == [(1, "box-unreadable")]
    assert boxes(table) == [[1, 2, 3, 4]]


def test_lines_that_name_no_image_and_images_that_are_not_there_are_listed(tmp_path: Path) -> None:
    text = "a.jpg 1,2,3,4,0\n5,6,7,8,0\ngone.jpg 1,2,3,4,0\n"
    table = read(make(tmp_path, {"boxes.txt": text, "classes.txt": NAMES, "a.jpg": ""}))
    assert faults(table) == [("boxes.txt", "unreadable-annotation"), ("gone.jpg", "missing-image")]


def test_files_of_class_names_that_differ_are_refused(tmp_path: Path) -> None:
    files = {"a.txt": "a.jpg 1,2,3,4,0\n", "a.jpg": "", "classes.txt": NAMES, "old_classes.txt": "dog\ncat\n"}
    with pytest.raises(PipelineError, match=r"the class names of .*classes\.txt and .*classes\.txt differ"):
        read(make(tmp_path, files))


def test_a_list_among_many_text_files_is_recognised(tmp_path: Path) -> None:
    files = {f"labels/{number:03d}.txt": "0 0.5 0.5 0.2 0.2\n" for number in range(150)}
    images = {f"images/{number:03d}.jpg": "" for number in range(150)}
    make(tmp_path, {**files, **images, "train.txt": "images/000.jpg 1,2,3,4,0\n"})
    assert line_list.matches(DatasetFolder(tmp_path))


def test_a_list_of_images_alone_is_not_recognised(tmp_path: Path) -> None:
    files = {"train.txt": "a.jpg\n", "a.jpg": "", "a.txt": "0 0.5 0.5 0.2 0.2\n", "classes.txt": NAMES}
    table = read(make(tmp_path, files))
    assert table.images["normalised"].all()  # it is YOLO
    with pytest.raises(PipelineError, match="format is line_list, but the folder has no annotations in"):
        read(tmp_path, "line_list")
