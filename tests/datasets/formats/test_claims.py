"""Tests of images with the same name in several folders. Each image belongs to one annotation."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline.datasets.table.annotation_table import AnnotationTable
from tests.support.dataset_files import faults, make, read


def voc(name: str) -> str:
    box = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox>"
    return f"<annotation><object><name>{name}</name>{box}</object></annotation>"


def classes_of(table: AnnotationTable) -> dict[str, list[str]]:
    """Return the classes of each file's objects, in their order."""
    files = dict(zip(table.images["id"], table.images["file"], strict=True))
    classes: dict[str, list[str]] = {file: [] for file in files.values()}
    for image, label in table.objects[["image_id", "label"]].to_numpy().tolist():
        classes[files[image]].append(table.class_names[label - 1])
    return classes


def test_annotations_get_the_image_in_the_folder_of_the_same_name(tmp_path: Path) -> None:
    for film in "abc":
        make(
            tmp_path, {f"Annotations/VID/train/{film}/0.xml": voc(film), f"Data/VID/train/{film}/0.JPEG": ""}
        )
    table = read(tmp_path)
    assert classes_of(table) == {f"Data/VID/train/{film}/0.JPEG": [film] for film in "abc"}
    assert table.issues == ()


@pytest.mark.parametrize("there", ["a", "b", "c"])
def test_annotations_without_a_folder_of_images_do_not_get_another_image(tmp_path: Path, there: str) -> None:
    for film in "abc":
        make(tmp_path, {f"Annotations/{film}/0.xml": voc(film)})
    make(tmp_path, {f"JPEGImages/{there}/0.jpg": ""})
    table = read(tmp_path)
    assert classes_of(table) == {f"JPEGImages/{there}/0.jpg": [there]}
    assert sorted(faults(table)) == [
        (f"Annotations/{film}/0.xml", "missing-image") for film in "abc" if film != there
    ]
    assert f"JPEGImages/{there}/0.jpg belongs to another" in table.issues[0].fault.detail


def test_the_first_of_two_equally_close_annotations_is_read(tmp_path: Path) -> None:
    make(tmp_path, {"labels/0.xml": voc("new"), "labels_old/0.xml": voc("old"), "images/0.jpg": ""})
    table = read(tmp_path)
    assert classes_of(table) == {"images/0.jpg": ["new"]}
    assert faults(table) == [("labels_old/0.xml", "image-annotated-twice")]


@pytest.mark.parametrize("copy", ["0 (1).xml", "0_backup.xml", "Copy of 0.xml"])
def test_an_annotation_that_is_marked_as_a_copy_gives_way(tmp_path: Path, copy: str) -> None:
    named = voc("old").replace("<annotation>", "<annotation><filename>0.jpg</filename>")
    make(tmp_path, {f"labels/{copy}": named, "labels/0.xml": voc("new"), "images/0.jpg": ""})
    table = read(tmp_path)
    assert classes_of(table) == {"images/0.jpg": ["new"]}
    assert faults(table) == [(f"labels/{copy}", "image-annotated-twice")]


def coco(names: Sequence[str]) -> dict[str, Any]:
    images = [{"id": i, "file_name": name} for i, name in enumerate(names)]
    annotations = [{"image_id": i, "category_id": i, "bbox": [1, 2, 3, 4]} for i in range(len(names))]
    categories = [{"id": i, "name": name} for i, name in enumerate(names)]
    return {"a.json": {"images": images, "annotations": annotations, "categories": categories}}


def csv(names: Sequence[str]) -> dict[str, Any]:
    rows = [f"{name},{name},1,2,3,4\n" for name in names]
    return {"a.csv": "image,label,xmin,ymin,xmax,ymax\n" + "".join(rows)}


def cvat(names: Sequence[str]) -> dict[str, Any]:
    box = 'xtl="1" ytl="2" xbr="3" ybr="4"'
    images = [f'<image name="{name}"><box label="{name}" {box}/></image>' for name in names]
    return {"a.xml": f"<annotations><version>1.1</version>{''.join(images)}</annotations>"}


@pytest.mark.parametrize("write", [coco, csv, cvat])
@pytest.mark.parametrize("names", [("one/0.jpg", "two/0.jpg"), ("two/0.jpg", "one/0.jpg")])
def test_a_name_with_a_missing_folder_does_not_match_an_image_of_another_name(
    tmp_path: Path, write: Callable[[Sequence[str]], dict[str, Any]], names: tuple[str, str]
) -> None:
    make(tmp_path, {**write(names), "images/two/0.jpg": ""})
    table = read(tmp_path)
    assert classes_of(table) == {"images/two/0.jpg": ["two/0.jpg"]}
    assert faults(table) == [("one/0.jpg", "missing-image")]


@pytest.mark.parametrize("write", [coco, csv, cvat])
def test_a_name_matches_an_image_in_a_renamed_folder(
    tmp_path: Path, write: Callable[[Sequence[str]], dict[str, Any]]
) -> None:
    make(tmp_path, {**write(["old/0.jpg", "old/1.jpg"]), "new/0.jpg": "", "new/1.jpg": ""})
    table = read(tmp_path)
    assert classes_of(table) == {"new/0.jpg": ["old/0.jpg"], "new/1.jpg": ["old/1.jpg"]}
    assert table.issues == ()


def test_names_with_more_or_fewer_folders_match_the_same_image(tmp_path: Path) -> None:
    rows = {name: f"image,label,xmin,ymin,xmax,ymax\n{name}0.jpg,cat,1,2,3,4\n" for name in ("", "images/")}
    make(tmp_path, {"a.csv": rows[""], "b.csv": rows["images/"], "images/0.jpg": ""})
    table = read(tmp_path)
    assert classes_of(table) == {"images/0.jpg": ["cat"]}  # both rows are the same one
    assert table.issues == ()
