"""KITTI's object labels."""

from pathlib import Path

import pytest

from pipeline.datasets.formats import kitti
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import BOX, AnnotationTable
from tests.support.dataset_files import faults, make, read

REST = "1.65 1.67 3.64 -0.65 1.71 46.70 -1.59"


def line(name: str, *box: float) -> str:
    return f"{name} 0.00 0 -1.58 {' '.join(map(str, box))} {REST}\n"


def objects(table: AnnotationTable) -> list[tuple[str, str, list[float], bool]]:
    """Return the file, class, box and crowd of each object."""
    files = table.images.set_index("id")["file"]
    return [
        (files[image], table.class_names[label - 1], box, crowd)
        for image, label, crowd, *box in table.objects[["image_id", "label", "crowd", *BOX]]
        .to_numpy()
        .tolist()
    ]


def splits(table: AnnotationTable) -> dict[str, str]:
    return dict(zip(table.images["file"], table.images["split"], strict=True))


def test_a_line_is_an_object_of_the_left_picture(tmp_path: Path) -> None:
    files = {
        "training/label_2/000000.txt": "\ufeff"
        + line("Car", 1, 2, 30.5, 40)
        + "\r\n"
        + line("Person sitting", 5, 6, 7, 8),
        "training/label_2/000001.txt": "",
    }
    for folder in ("training/image_2", "training/image_3", "testing/image_2", "testing/image_3"):
        files |= {f"{folder}/000000.png": "", f"{folder}/000001.png": ""}
    table = read(make(tmp_path, files))
    assert table.images["file"].tolist() == ["training/image_2/000000.png", "training/image_2/000001.png"]
    assert objects(table) == [
        ("training/image_2/000000.png", "Car", [1, 2, 30.5, 40], False),
        ("training/image_2/000000.png", "Person sitting", [5, 6, 7, 8], False),
    ]
    assert not table.images["normalised"].any()
    assert faults(table) == [
        (f"{folder}/000000.png", "unused-content")
        for folder in ("testing/image_2", "testing/image_3", "training/image_3")
    ]


def test_an_ignored_region_is_a_crowd_of_each_class(tmp_path: Path) -> None:
    ignored = "DontCare -1 -1 -10 503.89 169.71 590.61 190.13 -1 -1 -1 -1000 -1000 -1000 -10\n"
    files = {
        "label_2/0.txt": line("Car", 1, 2, 3, 4) + ignored,
        "label_2/1.txt": line("Van", 5, 6, 7, 8),
        "image_2/0.png": "",
        "image_2/1.png": "",
    }
    region = [503.89, 169.71, 590.61, 190.13]
    table = read(make(tmp_path, files))
    assert table.class_names == ("Car", "Van") and not table.issues
    assert objects(table) == [
        ("image_2/0.png", "Car", [1, 2, 3, 4], False),
        ("image_2/0.png", "Car", region, True),
        ("image_2/0.png", "Van", region, True),
        ("image_2/1.png", "Van", [5, 6, 7, 8], False),
    ]


def test_labels_of_the_left_camera_do_not_get_the_right_picture(tmp_path: Path) -> None:
    files = {f"label_2/{number}.txt": line("Car", 1, 2, 3, 4) for number in range(2)}
    table = read(make(tmp_path, {**files, "image_3/0.png": "", "image_2/1.png": ""}))
    assert table.images["file"].tolist() == ["image_2/1.png"]
    assert faults(table) == [("label_2/0.txt", "missing-image"), ("image_3/0.png", "unused-content")]
    assert "image_3/0.png is of another camera" in table.issues[0].fault.detail


def test_folders_of_other_tools_are_read(tmp_path: Path) -> None:
    files = {}
    for split in ("train", "val"):
        files |= {f"{split}/labels/{split}.txt": line("bus", 1, 2, 3, 4), f"{split}/images/{split}.jpg": ""}
    table = read(make(tmp_path, files))
    assert splits(table) == {"train/images/train.jpg": "train", "val/images/val.jpg": "val"}
    assert len(table.objects) == 2 and not table.issues


def test_lists_give_the_splits(tmp_path: Path) -> None:
    files = {f"training/label_2/{number}.txt": line("Car", 1, 2, 3, 4) for number in range(4)}
    files |= {f"training/image_2/{number}.png": "" for number in range(4)}
    files |= {
        "ImageSets/train.txt": "0\n",
        "ImageSets/val.txt": "1\n2\n",
        "ImageSets/trainval.txt": "0\n1\n2\n",
        "ImageSets/test.txt": "0\n3\n",  # numbers of the testing images
    }
    table = read(make(tmp_path, files))
    assert list(splits(table).values()) == ["train", "val", "val", "unlisted"] and not table.issues
    assert len(table.objects) == 4


@pytest.mark.parametrize(
    "broken",
    [
        line("Car", 1, 2, 3, 4).strip() + " 0.97\n",  # a detection and its score
        "Car 0 0 1 2 3 4\n",
        line("Car", 1, 2, 3, 4).replace("46.70", "far"),
        line("Car", float("nan"), 2, 3, 4),
    ],
)
def test_a_broken_line_is_an_issue(tmp_path: Path, broken: str) -> None:
    files = {"labels/0.txt": line("Car", 1, 2, 3, 4) + broken, "images/0.png": ""}
    table = read(make(tmp_path, files))
    assert [(issue.fault.object, issue.fault.name) for issue in table.issues] == [(1, "box-unreadable")]
    assert len(table.objects) == 1


def test_files_without_an_image_or_that_are_not_text_are_listed(tmp_path: Path) -> None:
    files = {
        "labels/0.txt": line("Car", 1, 2, 3, 4),
        "labels/1.txt": line("Car", 1, 2, 3, 4),
        "labels/2.txt": b"Car\0\0",
        "images/0.png": "",
        "images/2.png": "",
    }
    assert faults(read(make(tmp_path, files))) == [
        ("labels/1.txt", "missing-image"),
        ("labels/2.txt", "unreadable-annotation"),
    ]


def test_outlines_of_yolo_are_not_recognised(tmp_path: Path) -> None:
    outline = "0 " + " ".join(["0.1 0.2"] * 8) + "\n"
    make(tmp_path, {"labels/0.txt": outline, "images/0.png": "", "classes.txt": "cat\n"})
    assert not kitti.matches(DatasetFolder(tmp_path))
    assert read(tmp_path).images["normalised"].all()


def test_names_that_are_not_in_utf_8_are_not_guessed(tmp_path: Path) -> None:
    files = {f"training/image_2/{number}.png": "" for number in (0, 1)}
    files |= {"training/label_2/0.txt": line("Car", 1, 2, 3, 4)}
    files |= {"training/label_2/1.txt": line("K\u00e4se", 1, 2, 3, 4).encode("cp1252")}
    table = read(make(tmp_path, files))
    assert [name for _, name, _, _ in objects(table)] == ["Car"]
    (issue,) = [issue for issue in table.issues if issue.fault.name == "unreadable-annotation"]
    assert (issue.file, issue.fault.detail) == (
        "training/label_2/1.txt",
        "its text is not in UTF-8; save it as UTF-8",
    )
