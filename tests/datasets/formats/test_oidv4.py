"""What the OIDv4 Toolkit downloads."""

from pathlib import Path

import pytest

from pipeline.datasets.formats import oidv4
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import BOX
from tests.support.dataset_files import faults, make, read


def download(split: str, name: str, image: str, text: str) -> dict[str, str]:
    home = f"OID/Dataset/{split}/{name}"
    return {f"{home}/{image}.jpg": "", f"{home}/Label/{image}.txt": text}


def test_a_line_is_an_object_of_the_image_beside(tmp_path: Path) -> None:
    files = download("train", "Apple", "0a", "Apple 1.5 2 30 40.25\nApple 5 6 7 8\n")
    files |= download("train", "Traffic light", "0b", "Traffic light 9 8 17 16\r\n")
    files |= download("validation", "Apple", "0a", "Apple 1 1 2 2\n") | download("test", "Apple", "0c", "")
    table = read(make(tmp_path, files))
    assert table.images[["file", "split"]].to_numpy().tolist() == [
        ["OID/Dataset/test/Apple/0c.jpg", "test"],
        ["OID/Dataset/train/Apple/0a.jpg", "train"],
        ["OID/Dataset/train/Traffic light/0b.jpg", "train"],
        ["OID/Dataset/validation/Apple/0a.jpg", "val"],
    ]
    assert table.objects[BOX].to_numpy().tolist() == [
        [1.5, 2, 30, 40.25],
        [5, 6, 7, 8],
        [9, 8, 17, 16],
        [1, 1, 2, 2],
    ]
    assert table.class_names == ("Apple", "Traffic light") and table.objects["label"].tolist() == [1, 1, 2, 1]
    assert not table.issues


def test_copies_of_an_image_are_one_image_with_the_objects_of_all(tmp_path: Path) -> None:
    files = download("train", "Apple", "0a", "Apple 1 2 3 4\nApple x 2 3 4\n")
    files |= download("train", "Orange", "0a", "Orange 5 6 7 8\nOrange 1\n")
    table = read(make(tmp_path, files))
    assert table.images["file"].tolist() == ["OID/Dataset/train/Apple/0a.jpg"]
    assert table.objects[BOX].to_numpy().tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]
    assert table.objects["object"].tolist() == [0, 2] and table.class_names == ("Apple", "Orange")
    assert [(issue.file, issue.fault.object, issue.fault.name) for issue in table.issues] == [
        ("OID/Dataset/train/Apple/0a.jpg", 1, "box-unreadable"),
        ("OID/Dataset/train/Apple/0a.jpg", 3, "box-unreadable"),
        ("OID/Dataset/train/Orange/Label/0a.txt", None, "duplicate-image"),
    ]


def test_broken_files_and_missing_images_are_listed(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {**download("train", "Apple", "0a", "Apple 1 2 3 4\n")}
    files["OID/Dataset/train/Apple/Label/0b.txt"] = "Apple 1 2 3 4\n"
    files["OID/Dataset/train/Apple/Label/0c.txt"] = b"Apple\0 1 2 3 4\n"
    table = read(make(tmp_path, files))
    assert sorted(faults(table)) == [
        ("OID/Dataset/train/Apple/Label/0b.txt", "missing-image"),
        ("OID/Dataset/train/Apple/Label/0c.txt", "unreadable-annotation"),
    ]


@pytest.mark.parametrize(
    "line", ["0 0.5 0.5 0.2 0.2", "Car 0 0 -1.5 1 2 3 4 1 1 3 0 1 9 0", "1 2 3 4", "words"]
)
def test_lines_of_other_formats_are_not_recognised(tmp_path: Path, line: str) -> None:
    make(tmp_path, {"Label/0.txt": line, "0.jpg": ""})
    assert not oidv4.matches(DatasetFolder(tmp_path))
