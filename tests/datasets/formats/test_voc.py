from pathlib import Path

import numpy as np
import pytest

from pipeline.datasets.table.annotation_table import AnnotationTable
from tests.support.dataset_files import faults, make, read

BOX = "<bndbox><xmin>2</xmin><ymin>3</ymin><xmax>6</xmax><ymax>5</ymax></bndbox>"


def voc(*objects: str) -> str:
    elements = "".join(f"<object><name>cat</name>{inside}</object>" for inside in objects)
    return f"<annotation><filename>a.jpg</filename>{elements}</annotation>"


def boxes(folder: Path, *objects: str) -> tuple[AnnotationTable, list[list[float]]]:
    table = read(make(folder, {"a.xml": voc(*objects), "a.jpg": ""}))
    return table, table.objects[["xmin", "ymin", "xmax", "ymax"]].to_numpy().tolist()


@pytest.mark.parametrize(
    ("inside", "box"),
    [
        # of roLabelImg, a quarter turn
        (
            "<robndbox><cx>4</cx><cy>4</cy><w>4</w><h>2</h><angle>1.5707963267948966</angle></robndbox>",
            [3, 2, 5, 6],
        ),
        # of LabelMe 3.0
        (
            "<polygon><pt><x>1</x><y>2</y></pt><pt><x>5</x><y>2</y></pt><pt><x>5</x><y>6</y></pt></polygon>",
            [1, 2, 5, 6],
        ),
        # of LabelMe 3.0 as CVAT writes it: the box of a mask
        (
            "<segm><username/><box><xmin>1</xmin><ymin>2</ymin><xmax>5</xmax><ymax>6</ymax></box></segm>",
            [1, 2, 5, 6],
        ),
        # of CVAT
        (
            f"<attributes><attribute><name>rotation</name><value>90.0</value></attribute></attributes>{BOX}",
            [3, 2, 5, 6],
        ),
        # of Roboflow, which adds outlines
        (f"{BOX}<polygon><x1>1</x1><y1>2</y1></polygon>", [2, 3, 6, 5]),
    ],
)
def test_boxes_of_other_tools_are_read(tmp_path: Path, inside: str, box: list[float]) -> None:
    table, found = boxes(tmp_path, inside)
    assert np.allclose(found, [box]) and table.issues == ()


@pytest.mark.parametrize(
    "inside", ["<polygon><username>me</username></polygon>", "<robndbox><cx>4</cx></robndbox>"]
)
def test_a_broken_outline_is_not_a_label_of_the_whole_image(tmp_path: Path, inside: str) -> None:
    table, found = boxes(tmp_path, inside, BOX)
    assert found == [[2, 3, 6, 5]] and faults(table) == [("a.jpg", "box-unreadable")]


def test_deleted_objects_are_left_out(tmp_path: Path) -> None:
    table, found = boxes(tmp_path, f"<deleted>1</deleted>{BOX}", f"<deleted>0</deleted>{BOX}")
    assert len(found) == 1 and table.issues == ()


@pytest.mark.parametrize("name", ["Validation", "valid", "val"])
def test_lists_with_other_names_of_validation_are_read(tmp_path: Path, name: str) -> None:
    for stem in "ab":
        make(tmp_path, {f"Annotations/{stem}.xml": voc(BOX), f"JPEGImages/{stem}.jpg": ""})
    make(tmp_path, {"ImageSets/Main/Train.txt": "a\n", f"ImageSets/Main/{name}.txt": "b\n"})
    assert read(tmp_path).images["split"].tolist() == ["train", "val"]


def test_each_box_of_an_object_is_an_object(tmp_path: Path) -> None:
    second = "<bndbox><xmin>7</xmin><ymin>1</ymin><xmax>9</xmax><ymax>4</ymax></bndbox>"
    table, found = boxes(tmp_path, BOX + second, second)
    assert found == [[2, 3, 6, 5], [7, 1, 9, 4], [7, 1, 9, 4]] and table.issues == ()


@pytest.mark.parametrize(
    "inside",
    [
        "<robndbox><cx>4</cx><cy>4</cy><w>4</w><h>2</h><angle>0.5</angle></robndbox>",
        f"<attributes><attribute><name>rotation</name><value>30</value></attribute></attributes>{BOX}",
    ],
)
def test_rotated_boxes_are_said(tmp_path: Path, inside: str) -> None:
    table, found = boxes(tmp_path, inside, BOX)
    assert len(found) == 2 and faults(table) == [("a.jpg", "box-rotated")]
    assert table.issues[0].fault.detail.startswith("1 of 2 ")


@pytest.mark.parametrize("inside", ["<segm><mask>a.png</mask></segm>", "<cuboid><x>1</x></cuboid>"])
def test_a_shape_that_is_not_known_is_not_a_label_of_the_whole_image(tmp_path: Path, inside: str) -> None:
    table, found = boxes(tmp_path, inside, BOX)
    assert found == [[2, 3, 6, 5]] and ("a.jpg", "shape-without-box") in faults(table)


def test_elements_and_attributes_that_are_not_used_are_listed(tmp_path: Path) -> None:
    colour = "<attributes><attribute><name>colour</name><value>red</value></attribute></attributes>"
    table, _ = boxes(
        tmp_path, f"{colour}<truncated>1</truncated>{BOX}", f"<name>dog</name><track>7</track>{BOX}"
    )
    assert [issue.fault.detail for issue in table.issues] == [
        f"{kind} is not used"
        for kind in (
            "the attribute 'colour' of objects",
            "the element <track> of objects",
            "the second <name> of objects",
        )
    ]


def test_lists_of_one_class_give_the_splits_if_there_are_no_others(tmp_path: Path) -> None:
    files = {f"Annotations/{stem}.xml": voc(BOX) for stem in "abcd"}
    files |= {f"JPEGImages/{stem}.jpg": "" for stem in "abcd"}
    lists = {"dog_train": "a.jpg 1\nb.jpg -1\n", "cat_train": "a.jpg -1\nb.jpg 1\n", "dog_val": "c.jpg 0\n"}
    make(tmp_path, files | {f"ImageSets/Main/{name}.txt": text for name, text in lists.items()})
    table = read(tmp_path)
    assert table.images["split"].tolist() == ["train", "train", "val", "unlisted"] and not table.issues
    make(tmp_path, {"ImageSets/Main/test.txt": "a\nb\nc\n", "ImageSets/Segmentation/val.txt": "a"})
    table = read(tmp_path)
    assert table.images["split"].tolist() == ["test", "test", "test", "unlisted"] and not table.issues


def test_files_without_a_suffix_are_read(tmp_path: Path) -> None:
    files = {"Annotation/n1-Chihuahua/n1_1": voc(BOX), "Images/n1-Chihuahua/n1_1.jpg": ""}
    files |= {"Annotation/n2-Pug/n2_1": voc(BOX), "Images/n2-Pug/n2_1.jpg": "", "LICENSE": "free"}
    table = read(make(tmp_path, files))
    assert len(table.objects) == 2 and table.class_names == ("cat",) and not table.issues


def test_class_names_in_the_declared_encoding_are_read(tmp_path: Path) -> None:
    name = "\u6c7d\u8f66"
    text = '<?xml version="1.0" encoding="GBK"?>' + voc(BOX).replace("cat", name)
    table = read(make(tmp_path, {"a.xml": text.encode("gbk"), "a.jpg": ""}))
    assert table.class_names == (name,) and not table.issues


def test_text_in_an_unknown_encoding_is_named(tmp_path: Path) -> None:
    bad = voc(BOX).replace("cat", "K\u00e4se").encode("cp1252")
    table = read(make(tmp_path, {"a.xml": bad, "a.jpg": "", "b.xml": voc(BOX), "b.jpg": ""}))
    assert ("a.xml", "unreadable-annotation") in faults(table) and table.class_names == ("cat",)
    assert table.issues[0].fault.detail.endswith("if its text is not in UTF-8, save it as UTF-8")
