"""VisDrone's texts of eight numbers a line."""

from pathlib import Path

from tests.support.dataset_files import faults, make, read

BOX = ["xmin", "ymin", "xmax", "ymax"]


def test_numbers_are_boxes_classes_and_what_is_ignored(tmp_path: Path) -> None:
    lines = ("684,8,273,116,0,0,0,0", "406,119,265,70,1,4,0,1,", "1,2,3,4,0,5,0,0", "7,8,9,10,1,11,0,0")
    files = {
        "VisDrone2019-DET-train/annotations/a.txt": "\n".join(lines),
        "VisDrone2019-DET-train/images/a.jpg": "",
        "VisDrone2019-DET-val/annotations/b.txt": "10,20,30,40,1,1,0,0\r\n",
        "VisDrone2019-DET-val/images/b.jpg": "",
    }
    table = read(make(tmp_path, files))
    assert table.class_names == ("pedestrian", "car", "van", "others")
    assert table.images["split"].tolist() == ["train", "val"]
    names = [table.class_names[label - 1] for label in table.objects["label"]]
    assert names == ["car", "van", "others", "pedestrian"]
    assert table.objects[[*BOX, "difficult"]].to_numpy().tolist() == [
        [406, 119, 671, 189, False],
        [1, 2, 4, 6, True],
        [7, 8, 16, 18, False],
        [10, 20, 40, 60, False],
    ]
    assert [(issue.file, issue.fault.name, issue.fault.object) for issue in table.issues] == [
        ("VisDrone2019-DET-train/images/a.jpg", "region-ignored", 0)
    ]


def test_lines_that_are_no_objects_are_listed(tmp_path: Path) -> None:
    text = "1,2,3,4,1,4,0,0\n1,2,3\n1,2,3,4,1,12,0,0\n1,2,3,4,1,1.5,0,0\n"
    files = {"annotations/a.txt": text, "images/a.jpg": "", "annotations/b.txt": "", "images/b.jpg": ""}
    table = read(make(tmp_path, files))
    assert faults(table) == [
        ("images/a.jpg", "box-unreadable"),
        ("images/a.jpg", "unknown-class"),
        ("images/a.jpg", "unknown-class"),
    ]
    assert len(table.images) == 2 and len(table.objects) == 1


def test_a_broken_file_does_not_hide_the_format(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"images/{name}.jpg": "" for name in "abc"}
    files |= {f"annotations/{name}.txt": "1,2,3,4,1,4,0,0\n" for name in "ab"}
    table = read(make(tmp_path, files | {"annotations/c.txt": b"\0\1"}))
    assert faults(table) == [("annotations/c.txt", "unreadable-annotation")] and len(table.objects) == 2
