import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipeline.datasets.formats import folders
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.errors import PipelineError
from tests.support.dataset_files import faults, make, picture, read


def files(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "")


def rows(table: AnnotationTable) -> list[tuple[str, str, str]]:
    names = [table.class_names[label - 1] for label in table.objects["label"]]
    return list(zip(table.images["file"], table.images["split"], names, strict=True))


def test_each_image_is_an_object_of_its_folders_class(tmp_path: Path) -> None:
    names = ("dog/1.jpg", "cat/1.jpg", "cat/black/old/2.PNG", "Zebra/3.webp", "cat/notes.txt")
    table = read(make(tmp_path, files(*names)))
    assert table.class_names == ("Zebra", "cat", "dog")
    assert rows(table) == [
        ("Zebra/3.webp", "", "Zebra"),
        ("cat/1.jpg", "", "cat"),
        ("cat/black/old/2.PNG", "", "cat"),
        ("dog/1.jpg", "", "dog"),
    ]
    assert np.isnan(table.objects[["xmin", "ymin", "xmax", "ymax"]]).all(axis=None) and not table.issues


def test_folders_of_splits_give_the_split(tmp_path: Path) -> None:
    names = ("Train/cat/1.jpg", "Train/dog/1.jpg", "valid/cat/2.jpg", "test/dog/deep/3.jpg", "test/4.jpg")
    table = read(make(tmp_path, files(*names)))
    assert table.class_names == ("cat", "dog")
    assert rows(table) == [
        ("Train/cat/1.jpg", "train", "cat"),
        ("Train/dog/1.jpg", "train", "dog"),
        ("test/dog/deep/3.jpg", "test", "dog"),
        ("valid/cat/2.jpg", "val", "cat"),
    ]
    assert faults(table) == [("test/4.jpg", "image-without-annotation")]


def test_common_outer_folders_are_no_class(tmp_path: Path) -> None:
    table = read(make(tmp_path, files("pets/images/cat/1.jpg", "pets/images/dog/2.jpg", "pets/read.me")))
    assert rows(table) == [("pets/images/cat/1.jpg", "", "cat"), ("pets/images/dog/2.jpg", "", "dog")]


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    table = read(make(tmp_path, files("train/1.jpg", "bus/1.jpg")))
    assert table.class_names == ("bus", "train") and table.images["split"].tolist() == ["", ""]


@pytest.mark.parametrize(
    "names",
    [
        ("1.jpg", "2.jpg"),
        ("cat/1.jpg",),
        ("cat/1.jpg", "dog/2.jpg", "3.jpg"),
        ("images/1.jpg", "masks/1.png"),
        ("JPEGImages/1.jpg", "SegmentationClass/1.png"),
        ("train/1.jpg", "val/1.jpg", "test/1.jpg"),
        ("train/images/1.jpg", "val/images/1.jpg"),
        ("images/train/1.jpg", "images/val/1.jpg"),
        ("train2017/1.jpg", "val2017/1.jpg"),
        ("train/cat/1.jpg", "val/cat/1.jpg"),
        ("cat/1.txt", "dog/1.txt"),
    ],
)
def test_other_folders_are_not_recognised(tmp_path: Path, names: tuple[str, ...]) -> None:
    folder = DatasetFolder(make(tmp_path, files(*names)))
    assert not folders.matches(folder)
    with pytest.raises(PipelineError, match="no annotations recognised"):
        read(tmp_path)


def test_annotations_of_another_format_are_preferred(tmp_path: Path) -> None:
    text = "<annotation><filename>1.jpg</filename></annotation>"
    table = read(make(tmp_path, {**files("cat/1.jpg", "dog/2.jpg"), "cat/1.xml": text}))
    assert table.objects.empty


def test_a_folder_with_a_blank_name_is_no_class(tmp_path: Path) -> None:
    table = read(make(tmp_path, files("cat/1.jpg", "dog/2.jpg", " /3.jpg")))
    assert faults(table) == [(" /3.jpg", "unknown-class")] and table.class_names == ("cat", "dog")


def mask(mode: str) -> bytes:
    encoded = io.BytesIO()
    Image.new(mode, (8, 6)).save(encoded, "PNG")
    return encoded.getvalue()


CLASSES = files("cat/1.jpg", "dog/2.jpg")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("labels/1.txt", "Car 0 0 -1.5 10 20 30 40"),
        ("split/train_gt.txt", "0--Parade/1.jpg"),
        ("cat/1_polygons.json", {"objects": []}),
        ("cat/1.xml", "<root/>"),
        ("truth.csv", "name"),
        ("dog/2_labelIds.png", mask("L")),
        ("PedMasks/1.png", mask("P")),
    ],
)
def test_a_file_like_an_annotation_is_named_and_the_folders_are_no_classes(
    tmp_path: Path, name: str, content: Any
) -> None:
    make(tmp_path, {**CLASSES, name: content})
    with pytest.raises(PipelineError, match=f"{name} looks like an annotation, but no format is recognised"):
        read(tmp_path)


def test_the_user_may_say_that_the_folders_are_classes(tmp_path: Path) -> None:
    table = read(make(tmp_path, {**CLASSES, "labels/1.txt": "x", "labels/2.txt": "x"}), "folders")
    assert table.class_names == ("cat", "dog")
    assert faults(table) == [("labels/1.txt", "unused-content")]
    assert table.issues[0].fault.detail == "the file is not used, nor is the other .txt file of its folder"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("README.txt", "about"),
        ("LICENSE.txt", "free"),
        ("cat/readme.json", "{}"),
        ("classes.txt", "cat\ndog\n"),
        ("cat/empty.txt", ""),
        ("with_mask/3.png", picture(8, 6)),  # a photograph of a face with a mask
        ("length/3.png", mask("L")),
    ],
)
def test_files_about_the_dataset_and_photographs_do_not_matter(
    tmp_path: Path, name: str, content: Any
) -> None:
    table = read(make(tmp_path, {**CLASSES, name: content}))
    assert {"cat", "dog"} <= set(table.class_names) and not table.issues
