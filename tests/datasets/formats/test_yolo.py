from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.datasets.checks.bit_depth import STORED
from pipeline.datasets.conversion.one_image import check_batch
from pipeline.datasets.conversion.tasks import image_tasks
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.datasets.table.mask_shapes import decompress
from pipeline.errors import PipelineError
from pipeline.params.load import load_params
from tests.support.dataset_files import faults, make, picture, read
from tests.support.real_boxes import assert_as_voc, multiformat

BOX = "1 0.5 0.4 0.2 0.1\n"
CORNERS = ["xmin", "ymin", "xmax", "ymax"]


def ultralytics(yaml: str, *splits: str) -> dict[str, str]:
    files = {"data.yaml": yaml}
    for split in splits:
        files |= {f"{split}/images/1.jpg": "", f"{split}/labels/1.txt": BOX}
    return files


def splits(table: AnnotationTable) -> dict[str, str]:
    return dict(zip(table.images["file"], table.images["split"], strict=True))


# ------------------------------------------------------------------ values


def test_values_are_read_unchanged(tmp_path: Path) -> None:
    text = "\ufeff1 0.5 0.4 0.2 0.1\r\n\r\n0 1.5 20 1 2\r\n0 0.1 0.2 0.5 0.3 0.4 0.9\r\n"
    make(
        tmp_path,
        {"a.jpg": "", "a.txt": text, "b.jpg": "", "b.txt": "", "classes.txt": "zebra\ncat\nunused\n"},
    )
    table = read(tmp_path)
    assert table.class_names == ("zebra", "cat", "unused")
    assert table.images.drop(columns="id").to_numpy().tolist() == [
        ["a.jpg", 0, 0, "", True, ""],
        ["b.jpg", 0, 0, "", True, ""],
    ]
    assert table.objects["label"].tolist() == [2, 1, 1]
    expected = [[0.4, 0.35, 0.6, 0.45], [1, 19, 2, 21], [0.1, 0.2, 0.5, 0.9]]
    assert table.objects[CORNERS].to_numpy().tolist() == [pytest.approx(box) for box in expected]
    assert not table.issues


def test_outlines_are_masks(tmp_path: Path) -> None:
    text = "0 0.1 0.2 0.5 0.3 0.4 0.9\n0 0.5 0.5 0.2 0.2\n0 0 0 0.5 0 0.5 0.5 0 0.5\n"
    table = read(make(tmp_path, {"a.jpg": "", "a.txt": text, "classes.txt": "cat\n"}))
    assert table.objects["segmentation"].tolist() == [0, -1, 1]
    assert table.segmentations.read(tmp_path, 0) == [[0.1, 0.2, 0.5, 0.3, 0.4, 0.9]]


def test_masks_are_shares_of_the_image_as_boxes_are(tmp_path: Path) -> None:
    files = {
        "a.png": picture(60, 40),
        "a.txt": "0 0 0 0.5 0 0.5 0.5 0.25 0.5 0 0.5\n",
        "classes.txt": "cat\n",
    }
    table = read(make(tmp_path, files))
    tasks = list(image_tasks(table, np.arange(1)))
    (done,) = check_batch(tmp_path, table.class_names, load_params().convert, True, STORED, tasks)
    assert done.sound is not None and not done.issues
    assert done.sound.boxes.tolist() == [[0, 0, 30, 20]]
    assert sum((decompress(done.sound.runs[0]) or [])[1::2]) == 30 * 20


def test_four_corners_in_every_line_are_oriented_boxes(tmp_path: Path) -> None:
    upright, rotated = "0 0.1 0.1 0.3 0.1 0.3 0.4 0.1 0.4\n", "1 0.5 0.4 0.7 0.5 0.5 0.6 0.3 0.5\n"
    files = {
        "images/a.jpg": "",
        "images/b.jpg": "",
        "labels/a.txt": upright,
        "labels/b.txt": upright + rotated,
    }
    table = read(make(tmp_path, files | {"data.yaml": "names: [cat, dog]\n"}))
    expected = [[0.1, 0.1, 0.3, 0.4], [0.1, 0.1, 0.3, 0.4], [0.3, 0.4, 0.7, 0.6]]
    assert table.objects[CORNERS].to_numpy().tolist() == [pytest.approx(box) for box in expected]
    assert table.objects["segmentation"].tolist() == [-1, -1, -1]
    (issue,) = table.issues
    assert (issue.file, issue.fault.name) == ("images/b.jpg", "box-rotated")
    assert issue.fault.detail == "1 of 2 quadrilaterals are rotated"


def test_keypoints_after_the_box_are_ignored(tmp_path: Path) -> None:
    line = "0 0.5 0.5 0.2 0.2 0.1 0.1 2 0.9 0.9 2\n"
    make(tmp_path, {"a.jpg": "", "a.txt": line, "data.yaml": "names: [cat]\nkpt_shape: [2, 3]\n"})
    table = read(tmp_path)
    assert table.objects.loc[0, CORNERS].tolist() == pytest.approx([0.4, 0.4, 0.6, 0.6])
    assert [(issue.file, issue.fault.detail) for issue in table.issues] == [
        ("data.yaml", "kpt_shape: the keypoints of the lines is not used")
    ]


def test_a_line_that_kpt_shape_does_not_fit_is_no_outline(tmp_path: Path) -> None:
    line = "0 0.5 0.5 0.2 0.2 0.1 0.1 0.9 0.9\n0 0.5 0.5 0.2 0.2\n"
    make(tmp_path, {"a.jpg": "", "a.txt": line, "data.yaml": "names: [cat]\nkpt_shape: [2, 3]\n"})
    table = read(tmp_path)
    assert len(table.objects) == 1 and ("a.jpg", "box-unreadable") in faults(table)
    assert "has 8 numbers after the class, not 4 or 10" in table.issues[0].fault.detail


def pose(*keypoints: str) -> dict[str, str]:
    """Return a dataset with a box (0.4, 0.35, 0.6, 0.65) and the keypoints in each image."""
    files = {"classes.txt": "person\n"}
    for number, points in enumerate(keypoints):
        files |= {f"{number}.jpg": "", f"{number}.txt": f"0 0.5 0.5 0.2 0.3 {points}\n"}
    return files


@pytest.mark.parametrize(
    "keypoints",
    [
        ["0.45 0.4 0.55 0.4 0.5 0.5 0.5 0.62"],
        ["0.45 0.4 0.55 0.4 0.45 0.6 0.55 0.6 0.5 0.5", "0.55 0.4 0.45 0.4 0.55 0.6 0.45 0.6 0.5 0.5"],
        ["0.45 0.4 0.55 0.4 0 0 0.5 0.62", "0.55 0.42 0.45 0.4 0.5 0.5 0.51 0.6"],  # one is not labelled
        ["0.45 0.4 2 0.55 0.4 1 0 0 0 0.5 0.62 2"],
        ["0.45 0.4 2 0.55 0.4 1 0.5 0.62 2", "0.45 0.4 2 0 0 0 0.5 0.62 2"],
    ],
)
def test_keypoints_that_no_file_declares_are_no_outline(tmp_path: Path, keypoints: list[str]) -> None:
    table = read(make(tmp_path, pose(*keypoints)))
    box = pytest.approx([0.4, 0.35, 0.6, 0.65])
    assert table.objects[CORNERS].to_numpy().tolist() == [box] * len(keypoints)
    assert faults(table) == [("0.txt", "keypoints-without-shape")]
    assert f"{len(keypoints[0].split())} values of keypoints" in table.issues[0].fault.detail


@pytest.mark.parametrize(
    "lines",
    [
        ["0.5 0.5 0.6 0.5 0.6 0.6 0.5 0.6"],  # a rectangle in the middle
        ["0.4 0.5 0.6 0.5 0.65 0.6 0.6 0.7 0.45 0.72 0.4 0.6"] * 3,
        ["0.5 0.5 0.2 0.3 0.45 0.4 0.55 0.4 0.5 0.5 0.5 0.62", "0.1 0.1 0.2 0.1 0.2 0.2"],  # other lengths
        ["0.8 0.8 0.9 0.8 0.9 0.9 0.8 0.9 0.8 0.8"],
    ],
)
def test_outlines_stay_outlines(tmp_path: Path, lines: list[str]) -> None:
    files = {"classes.txt": "cat\n"}
    for number, line in enumerate(lines):
        files |= {f"{number}.jpg": "", f"{number}.txt": f"0 {line}\n"}
    table = read(make(tmp_path, files))
    expected = []
    for line in lines:
        values = [float(text) for text in line.split()]
        across, down = values[::2], values[1::2]
        expected.append([min(across), min(down), max(across), max(down)])
    assert table.objects[CORNERS].to_numpy().tolist() == expected
    assert not table.issues


def notes(**ids: int) -> dict[str, Any]:
    return {"categories": [{"id": str(number), "name": name} for name, number in ids.items()], "info": {}}


def test_the_numbers_of_notes_json_count_before_the_lines_of_classes_txt(tmp_path: Path) -> None:
    files = {"classes.txt": "cat\ndog\n", "notes.json": notes(cat=1, dog=0), "images/a.jpg": ""}
    table = read(make(tmp_path, {**files, "labels/a.txt": BOX}))
    assert table.class_names == ("dog", "cat") and table.objects["label"].tolist() == [2]
    assert faults(table) == [("classes.txt", "class-names-differ")]
    assert table.issues[0].fault.detail == "class 0 is 'cat', but 'dog' in notes.json"
    assert table.issues[0].fault.action_text == "the names of notes.json taken"


@pytest.mark.parametrize(
    "files",
    [
        {"classes.txt": "dog\ncat\n", "notes.json": notes(cat=1, dog=0)},
        {"classes.txt": "dog\ncat\nhen\n", "data.yaml": "names: [dog, cat]\n"},
        {"classes.txt": "dog\ncat\n", "notes.json": "{"},
        {"classes.txt": "dog\ncat\n", "notes.json": {"categories": [5, None]}},
    ],
)
def test_files_that_agree_or_name_no_class_do_not_differ(tmp_path: Path, files: dict[str, Any]) -> None:
    table = read(make(tmp_path, {**files, "images/a.jpg": "", "labels/a.txt": BOX}))
    assert table.class_names == ("dog", "cat") and not table.issues


def test_a_list_that_contradicts_data_yaml_is_said(tmp_path: Path) -> None:
    files = {"classes.txt": "cat\ndog\n", "data.yaml": "names: [dog, cat]\n", "images/a.jpg": ""}
    table = read(make(tmp_path, {**files, "labels/a.txt": BOX}))
    assert table.class_names == ("dog", "cat") and faults(table) == [("classes.txt", "class-names-differ")]


def test_broken_lines_are_listed(tmp_path: Path) -> None:
    lines = [
        "0 0.5 0.5 0.2 0.2 0.9",  # the last number is the score of a detection
        "cat 0.5 0.5 0.2 0.2",
        "0 0.5 0.5 0.2",
        "0 nan nan nan nan",
        "-1 0.5 0.5 0.2 0.2",
        "0.5 0.5 0.5 0.2 0.2",
        "7 0.5 0.5 0.2 0.2",
        "0 0.5 0.5 0.2 0.2 0.3 0.3 0.3",
    ]
    make(tmp_path, {"a.jpg": "", "a.txt": BOX + "\n".join(lines), "classes.txt": "a\nb\n"})
    table = read(tmp_path)
    assert len(table.objects) == 1
    names = {issue.fault.object: issue.fault.name for issue in table.issues}
    assert names == dict.fromkeys(range(1, 9), "box-unreadable") | {7: "unknown-class"}
    assert {issue.file for issue in table.issues} == {"a.jpg"}


def test_binary_files_are_listed(tmp_path: Path) -> None:
    files = {
        "a.jpg": "",
        "a.txt": BOX,
        "b.jpg": "",
        "b.txt": b"\0\xff\x00",
        "c.jpg": "",
        "c.txt": b"\xff \xfe\x80",
    }
    table = read(make(tmp_path, {**files, "classes.txt": "a\nb"}))
    expected = [
        ("b.txt", "unreadable-annotation"),
        ("c.jpg", "box-unreadable"),
    ]
    assert sorted(faults(table)) == expected


def test_text_files_without_an_image_are_listed(tmp_path: Path) -> None:
    files = {
        "images/a.jpg": "",
        "labels/a.txt": BOX,
        "labels/b.txt": BOX,
        "labels/c.txt": "",
        "README.txt": "Hello",
    }
    table = read(make(tmp_path, {**files, "classes.txt": "a\nb"}))
    assert sorted(faults(table)) == [("labels/b.txt", "missing-image"), ("labels/c.txt", "missing-image")]


def test_an_image_belongs_to_one_text_file(tmp_path: Path) -> None:
    files = {"images/a.jpg": "", "labels/a.txt": BOX, "old/a.txt": BOX, "classes.txt": "a\nb"}
    table = read(make(tmp_path, files))
    assert len(table.objects) == 1
    assert faults(table) == [("old/a.txt", "missing-image")]


@pytest.mark.parametrize("labels", ["images/", "labels/"])
def test_text_files_may_be_named_after_the_whole_file_name_of_the_image(tmp_path: Path, labels: str) -> None:
    files = {"images/1.jpg": "", "images/1.png": "", "images/2.jpg": "", "classes.txt": "a\nb"}
    files |= {f"{labels}1.jpg.txt": BOX, f"{labels}1.png.txt": "0 0.5 0.5 0.5 0.5\n", f"{labels}2.txt": BOX}
    table = read(make(tmp_path, {**files, f"{labels}2.jpg.txt": "a caption"}))
    assert table.images["file"].tolist() == ["images/1.jpg", "images/1.png", "images/2.jpg"]
    assert table.objects["label"].tolist() == [2, 1, 2]
    assert faults(table) == [(f"{labels}2.jpg.txt", "unused-content")]
    expected = [[0.4, 0.35, 0.6, 0.45], [0.25, 0.25, 0.75, 0.75], [0.4, 0.35, 0.6, 0.45]]
    assert table.objects[CORNERS].to_numpy().tolist() == [pytest.approx(box) for box in expected]


# ------------------------------------------------------------------ class names


@pytest.mark.parametrize(
    "names",
    [
        "names: [no, 'cat']",
        "names:\n  0: no\n  1: cat\n",
        "nc: 2\nnames:\n- no\n- cat\n",
        "{names: [no, cat]}",
    ],
)
def test_data_yaml_names_the_classes(tmp_path: Path, names: Any) -> None:
    make(tmp_path, {"a.jpg": "", "a.txt": BOX, "data.yaml": names, "classes.txt": "x\ny\n"})
    assert read(tmp_path).class_names == ("no", "cat")


@pytest.mark.parametrize(
    "text", ["names: [a", "names: 7", "names: {x: cat}", "names: [a]\n--- \nb: 1", "names: " + "[" * 3000]
)
def test_a_broken_data_yaml_is_refused(tmp_path: Path, text: str) -> None:
    make(tmp_path, {"a.jpg": "", "a.txt": BOX, "data.yaml": text})
    with pytest.raises(PipelineError, match=r"data\.yaml"):
        read(tmp_path)


def test_merge_keys_are_not_expanded(tmp_path: Path) -> None:
    bomb = "a0: &a0 {k: v}\n" + "".join(f"a{n}: &a{n} {{<<: [{f'*a{n - 1},' * 9}]}}\n" for n in range(1, 30))
    make(tmp_path, {"a.jpg": "", "a.txt": BOX, "data.yaml": bomb + "names: [a, b]\n"})
    assert read(tmp_path).class_names == ("a", "b")


def test_class_lists_that_differ_are_refused(tmp_path: Path) -> None:
    files = {"x/a.jpg": "", "x/a.txt": BOX, "x/classes.txt": "a\nb", "y/classes.txt": "a\nb\nc"}
    assert read(make(tmp_path, files)).class_names == ("a", "b", "c")
    make(tmp_path, {"y/classes.txt": "b\na"})
    with pytest.raises(PipelineError, match=r"class names of .*classes.txt and .*classes.txt differ"):
        read(tmp_path)


def test_classes_without_names_are_named_by_number(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="pipeline")
    make(tmp_path, {"images/a.jpg": "", "labels/a.txt": "10 0.5 0.5 0.1 0.1\n2 0.5 0.5 0.1 0.1\n"})
    table = read(tmp_path)
    assert table.class_names == ("2", "10") and table.objects["label"].tolist() == [2, 1]
    assert "each class is named by its number" in caplog.text


def test_files_without_class_names_and_folders_are_not_recognised(tmp_path: Path) -> None:
    make(tmp_path, {"a.jpg": "", "a.txt": BOX})
    with pytest.raises(PipelineError, match="no annotations recognised"):
        read(tmp_path)
    assert read(tmp_path, "yolo").class_names == ("1",)


@pytest.mark.parametrize("text", ["0 0.5 0.5 0.2 0.2 0.9", "person 0.5 0.5 0.2 0.2", "a caption", "0 0.5"])
def test_other_text_is_not_recognised(tmp_path: Path, text: str) -> None:
    make(tmp_path, {"images/a.jpg": "", "labels/a.txt": text, "classes.txt": "a\nb"})
    with pytest.raises(PipelineError, match="no annotations recognised"):
        read(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("classes.txt", "猫\r\n狗\r\n"),
        ("obj.names", "猫\n狗\n"),
        ("data.yaml", "names: [猫, 狗]\ntrain: train.txt\nval: val.txt\n"),
    ],
)
def test_text_in_utf_8_and_utf_16_is_read(tmp_path: Path, encoding: str, file: str, text: str) -> None:
    def encoded(text: str) -> bytes:
        return ("\ufeff" + text if encoding.startswith("utf-16") else text).encode(encoding)

    files = {"1.jpg": "", "1.txt": BOX, "2.jpg": "", "2.txt": "", file: encoded(text)}
    files |= {"train.txt": encoded("1.jpg\r\n"), "val.txt": encoded("2.jpg\r\n")}
    table = read(make(tmp_path, files))
    assert table.class_names == ("猫", "狗") and table.objects["label"].tolist() == [2]
    assert splits(table) == {"1.jpg": "train", "2.jpg": "val"} and not table.issues


@pytest.mark.parametrize("encoding", ["gbk", "utf-16-odd"])
@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("classes.txt", "车\n狗\n"),
        ("obj.names", "车\n狗\n"),
        ("data.yaml", "names: [车, 狗]\n"),
        ("obj.data", "train = 车.txt\n"),
        ("train.txt", "1.jpg\n车.jpg\n"),
    ],
)
def test_text_in_another_encoding_is_refused(tmp_path: Path, encoding: str, file: str, text: str) -> None:
    data = text.encode("gbk") if encoding == "gbk" else text.encode("utf-16") + b"\0"
    files = {"images/1.jpg": "", "labels/1.txt": BOX, file: data}
    with pytest.raises(PipelineError, match=rf"{file}: its text is not in UTF-8; save it as UTF-8"):
        read(make(tmp_path, files))


def test_unused_text_in_another_encoding_is_not_refused(tmp_path: Path) -> None:
    gbk = "车\n".encode("gbk")
    files = {"1.jpg": "", "1.txt": BOX, "data.yaml": "names: [a, b]\n", "classes.txt": gbk, "x.names": gbk}
    table = read(make(tmp_path, {**files, "iris.data": b"\xff\0\n", "dvc.yaml": gbk}))
    assert table.class_names == ("a", "b") and table.objects["label"].tolist() == [2] and not table.issues


# ------------------------------------------------------------------ layouts and splits


def test_the_layout_of_roboflow_is_read(tmp_path: Path) -> None:
    yaml = "train: ../train/images\nval: ../valid/images\ntest: ../test/images\nnames: [a, b]\n"
    table = read(make(tmp_path, ultralytics(yaml, "train", "valid", "test")))
    assert splits(table) == {
        "test/images/1.jpg": "test",
        "train/images/1.jpg": "train",
        "valid/images/1.jpg": "val",
    }
    assert len(table.objects) == 3 and not table.issues


def test_the_layout_of_ultralytics_is_read(tmp_path: Path) -> None:
    yaml = "path: /content/coco8\ntrain: [images/one, images/two]\nval: images/three\nnames: {0: a, 1: b}\n"
    files = {"coco8/data.yaml": yaml}
    for name in ("one", "two", "three", "four"):
        files |= {f"coco8/images/{name}/1.jpg": "", f"coco8/labels/{name}/1.txt": BOX}
    table = read(make(tmp_path, files))
    assert list(splits(table).values()) == ["unlisted", "train", "val", "train"]  # four, one, three, two
    assert len(table.objects) == 4


def test_lists_of_images_give_the_split(tmp_path: Path) -> None:
    yaml = "train: lists/a.txt\nval: lists/b.txt\nnames: [a, b]\n"
    lists = {
        "lists/a.txt": "./images/1.jpg\n/home/me/data/images/2.jpg\n",
        "lists/b.txt": "images\\3.jpg\n\n",
    }
    files = {"data.yaml": yaml, **lists}
    for name in "1234":
        files |= {f"images/{name}.jpg": "", f"labels/{name}.txt": BOX}
    table = read(make(tmp_path, files))
    assert list(splits(table).values()) == ["train", "train", "val", "unlisted"]
    assert not table.issues


def test_overlapping_lists_and_missing_images_are_listed(tmp_path: Path) -> None:
    files = {"images/1.jpg": "", "labels/1.txt": BOX, "obj.names": "a\nb"}
    files |= {
        "train.txt": "images/1.jpg\n../../x.jpg\n/etc/passwd\n",
        "test.txt": "images/1.jpg\nimages/9.jpg\n",
    }
    table = read(make(tmp_path, files))
    assert splits(table) == {"images/1.jpg": "test"} and len(table.objects) == 1
    assert sorted(faults(table)) == [
        ("images/1.jpg", "image-in-two-splits"),
        ("images/9.jpg", "missing-image"),
        ("train.txt", "path-outside-folder"),
        ("train.txt", "path-outside-folder"),
    ]


def test_the_layout_of_darknet_is_read(tmp_path: Path) -> None:
    files = {
        "obj.data": "classes = 2\ntrain = data/train.txt\nvalid = data/valid.txt\nnames = data/obj.names\n"
    }
    files |= {"train.txt": "data/obj_train_data/1.jpg\n", "valid.txt": "data/obj_train_data/2.jpg\n"}
    for name in "12":
        files |= {f"obj_train_data/{name}.jpg": "", f"obj_train_data/{name}.txt": BOX}
    table = read(make(tmp_path, {**files, "obj.names": "a\nb\n"}))
    assert list(splits(table).values()) == ["train", "val"]
    assert table.class_names == ("a", "b") and not table.issues


@pytest.mark.parametrize("val", ["Validation", "validation", "VALID", "val"])
@pytest.mark.parametrize(
    "described",
    [
        {"data.yaml": "path: .\nTrain: Train.txt\n{val}: {val}.txt\nnames: [a, b]\n"},
        {"obj.data": "Train = data/Train.txt\n{val} = data/{val}.txt\n", "obj.names": "a\nb\n"},
        {"obj.names": "a\nb\n"},
    ],
    ids=["data.yaml", "obj.data", "lists"],
)
def test_subsets_of_cvat_give_the_split(tmp_path: Path, described: dict[str, str], val: str) -> None:
    files = {file: text.format(val=val) for file, text in described.items()}
    files |= {"Train.txt": "data/images/1.jpg\n", f"{val}.txt": "data/images/2.jpg\n"}
    files |= {"images/1.jpg": "", "images/2.jpg": "", "labels/1.txt": BOX, "labels/2.txt": BOX}
    table = read(make(tmp_path, files))
    assert splits(table) == {"images/1.jpg": "train", "images/2.jpg": "val"}
    assert table.class_names == ("a", "b") and table.objects["label"].tolist() == [2, 2]
    assert not table.issues


def test_the_layout_of_roboflow_for_darknet_is_read(tmp_path: Path) -> None:
    files = {"README.roboflow.txt": "Hello"}
    for name in ("test", "train", "valid"):
        files |= {f"{name}/_darknet.labels": "a\nb\n", f"{name}/{name}_1_jpg.rf.0a1.jpg": ""}
        files |= {f"{name}/{name}_1_jpg.rf.0a1.txt": BOX}
    table = read(make(tmp_path, files))
    assert list(splits(table).values()) == ["test", "train", "val"]
    assert table.class_names == ("a", "b") and table.objects["label"].tolist() == [2, 2, 2]
    assert not table.issues


def test_a_folder_of_train_and_val_gives_no_split(tmp_path: Path) -> None:
    files = {"data.yaml": "train: images\nval: images\nnames: [a, b]\n"}
    files |= {"images/1.jpg": "", "labels/1.txt": BOX}
    assert splits(read(make(tmp_path, files))) == {"images/1.jpg": ""}


def test_a_folder_of_val_and_test_is_in_test(tmp_path: Path) -> None:
    yaml = "train: images/one\nval: images/two\ntest: images/two\nnames: [a, b]\n"
    files = {f"images/{name}.jpg": "" for name in ("one/1", "two/2")}
    files |= {f"labels/{name}.txt": BOX for name in ("one/1", "two/2")}
    table = read(make(tmp_path, {"data.yaml": yaml, **files}))
    assert splits(table) == {"images/one/1.jpg": "train", "images/two/2.jpg": "test"}
    assert table.objects["label"].tolist() == [2, 2] and not table.issues


def test_a_list_of_val_and_test_is_in_test(tmp_path: Path) -> None:
    yaml = "train: a_list.txt\nval: b_list.txt\ntest: b_list.txt\nnames: [a, b]\n"
    files = {"data.yaml": yaml, "a_list.txt": "./images/1.jpg\n", "b_list.txt": "./images/2.jpg\n"}
    files |= {"images/1.jpg": "", "images/2.jpg": "", "labels/1.txt": BOX, "labels/2.txt": BOX}
    table = read(make(tmp_path, files))
    assert splits(table) == {"images/1.jpg": "train", "images/2.jpg": "test"}
    assert table.objects["label"].tolist() == [2, 2] and not table.issues


def test_the_folders_give_the_split(tmp_path: Path) -> None:
    table = read(make(tmp_path, ultralytics("names: [a, b]", "train", "valid")))
    assert list(splits(table).values()) == ["train", "val"]


@pytest.mark.parametrize(
    "names",
    [("drone test v2/images/1", "drone test v2/images/2"), ("images/test_drive_01/1", "images/road/2")],
)
def test_folders_that_name_one_split_give_none(tmp_path: Path, names: Any) -> None:
    files = {"classes.txt": "a\nb\n", "runs/train/batch.jpg": ""}
    files |= {f"{name}.jpg": "" for name in names}
    files |= {f"{name.replace('images/', 'labels/')}.txt": BOX for name in names}
    table = read(make(tmp_path, files))
    assert splits(table) == {f"{name}.jpg": "" for name in names}
    assert table.objects["label"].tolist() == [2, 2]
    assert faults(table) == [("runs/train/batch.jpg", "unused-content")]


@pytest.mark.real
def test_real_boxes_are_those_of_voc(real_data: Path, tmp_path: Path) -> None:
    table = read(multiformat(real_data, tmp_path, "yolo_format"))
    assert table.class_names[:3] == ("person", "cat", "boat")
    assert_as_voc(real_data, table, tmp_path)


@pytest.mark.real
@pytest.mark.parametrize("kind", ["abs_xywh", "rel_xywh", "abs_xyx2y2"])
def test_real_detections_are_not_read_as_ground_truth(real_data: Path, tmp_path: Path, kind: str) -> None:
    database = real_data / "multiformat_voc100" / "data" / "database"
    names = {f"labels/{file.name}": file.read_text() for file in (database / "dets" / kind).glob("*.txt")}
    images = {f"images/{name[7:-4]}.jpg": "" for name in names}
    make(tmp_path, {**names, **images, "classes.txt": "a\nb"})
    with pytest.raises(PipelineError, match="no annotations recognised"):
        read(tmp_path)
