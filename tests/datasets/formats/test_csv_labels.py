"""CSV files with labels of whole images."""

from pathlib import Path

import numpy as np

from tests.support.dataset_files import make, picture, read

IMAGES = {f"images/{name}.png": picture(8, 6, number) for number, name in enumerate("abc")}


def test_each_row_labels_an_image(tmp_path: Path) -> None:
    rows = "file,label,split\nimages/a.png,cat,train\nimages/b.png,dog,train\nimages/c.png,cat,test\n"
    table = read(make(tmp_path, {**IMAGES, "labels.csv": rows}))
    assert table.class_names == ("cat", "dog")
    assert table.images["split"].tolist() == ["train", "train", "test"]
    assert table.objects["label"].tolist() == [1, 2, 1]
    assert np.isnan(table.objects[["xmin", "ymin", "xmax", "ymax"]].to_numpy()).all()
    assert not table.issues


def test_groups_split_files_and_several_labels(tmp_path: Path) -> None:
    files = {
        "train.csv": "image,class,speaker\na.png,cat,ann\na.png,dog,ann\nb.png,,bob\n",
        "test.csv": "image,class,speaker\nc.png,dog,eve\n",
    }
    table = read(make(tmp_path, {**IMAGES, **files}), "csv", group_column="speaker")
    assert table.images["split"].tolist() == ["train", "train", "test"]
    assert table.images["group"].tolist() == ["ann", "bob", "eve"]
    assert table.objects["label"].tolist() == [1, 2, 2]
    assert [issue.fault.name for issue in table.issues] == ["unknown-class"]


def test_a_list_that_names_no_image_is_not_taken_for_labels(tmp_path: Path) -> None:
    folders = {f"{name}/{name}.png": picture(8, 6, number) for number, name in enumerate(("cat", "dog"))}
    table = read(make(tmp_path, {**folders, "classes.csv": "imageid,label\n1,cat\n2,dog\n"}))
    assert table.class_names == ("cat", "dog")
    assert table.images["file"].tolist() == sorted(folders)
