"""The ground truth of the MOT challenges."""

from pathlib import Path

import pytest

from pipeline.datasets.formats import mot
from pipeline.datasets.raw.folder import DatasetFolder
from pipeline.datasets.table.annotation_table import BOX, AnnotationTable
from tests.support.dataset_files import faults, make, read

INFO = "[Sequence]\nname={}\nimDir={}\nframeRate=30\nseqLength=3\nimWidth=320\nimHeight=180\nimExt=.jpg\n"


def sequence(
    home: str, *lines: str, frames: int = 2, folder: str = "img1", labels: str = ""
) -> dict[str, str]:
    files = {f"{home}/gt/gt.txt": "".join(f"{line}\n" for line in lines)}
    files |= {f"{home}/det/det.txt": "1,-1,91,48,47,71,0.9,-1,-1,-1\n"}
    files |= {f"{home}/{folder}/{frame:06d}.jpg": "" for frame in range(1, frames + 1)}
    files |= {f"{home}/seqinfo.ini": INFO.format(home, folder)}
    return files | ({f"{home}/gt/labels.txt": labels} if labels else {})


def objects(table: AnnotationTable) -> list[tuple[int, str, list[float], bool]]:
    """Return the image, class, box and flag "difficult" of each object."""
    return [
        (image, table.class_names[label - 1], box, difficult)
        for image, label, difficult, *box in table.objects[["image_id", "label", "difficult", *BOX]]
        .to_numpy()
        .tolist()
    ]


def test_a_line_is_an_object_of_its_frame(tmp_path: Path) -> None:
    lines = ("2,1,91,48,47,71,1,1,0.86", "1,1,90.5,48,47,71,1,1,0.86", "1,2,190,60,30,71,1,3,0.9")
    table = read(make(tmp_path, sequence("train/MOT17-02-FRCNN", *lines, frames=3)))
    assert table.class_names == ("pedestrian", "car") and not table.issues
    assert table.images.drop(columns="id").to_numpy().tolist() == [
        [f"train/MOT17-02-FRCNN/img1/00000{frame}.jpg", 320, 180, "", False, "train/MOT17-02"]
        for frame in (1, 2, 3)
    ]
    assert objects(table) == [
        (1, "pedestrian", [90.5, 48, 137.5, 119], False),
        (1, "car", [190, 60, 220, 131], False),
        (2, "pedestrian", [91, 48, 138, 119], False),
    ]


def test_each_sequence_has_its_own_frames_and_is_a_group(tmp_path: Path) -> None:
    files = {}
    for split, name, left in (("train", "A", 10), ("train", "B", 20), ("val", "C", 30)):
        files |= sequence(f"{split}/{name}", f"1,1,{left},1,5,5,1,1,1", frames=1, folder="frames")
    table = read(make(tmp_path, files))
    assert table.images["group"].tolist() == ["train/A", "train/B", "val/C"]
    assert table.images["split"].tolist() == ["train", "train", "val"]
    assert table.objects["xmin"].tolist() == [10, 20, 30] and not table.issues


def test_the_sequences_of_the_three_detectors_are_one_group(tmp_path: Path) -> None:
    files = {}
    for detector in ("DPM", "FRCNN", "SDP"):
        files |= sequence(f"train/MOT17-02-{detector}", "1,1,1,1,5,5,1,1,1", frames=1)
    assert set(read(make(tmp_path, files)).images["group"]) == {"train/MOT17-02"}


def test_boxes_that_do_not_count(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    lines = (
        "1,1,1,1,5,5,1,1,1",
        "1,2,2,1,5,5,0,1,1",  # a pedestrian that does not count
        "1,3,3,1,5,5,0,12,1",  # a reflection, which MOT takes for a person
        "1,4,4,1,5,5,0,3,1",  # a car; no car counts
        "1,5,5,1,5,5,0,99,1",
    )
    table = read(make(tmp_path, sequence("A", *lines, frames=1)))
    assert objects(table) == [
        (1, "pedestrian", [1, 1, 6, 6], False),
        (1, "pedestrian", [2, 1, 7, 6], True),
        (1, "pedestrian", [3, 1, 8, 6], True),
    ]
    assert "boxes of car are left out, because the ground truth does not count them: 1" in caplog.text
    assert [(issue.fault.object, issue.fault.name) for issue in table.issues] == [(4, "unknown-class")]


def test_the_file_of_labels_names_the_classes(tmp_path: Path) -> None:
    lines = ("1,1,1,1,5,5,1,2,1", "1,2,2,1,5,5,1,1,1", "1,2,2,1,5,5,1,3,1")
    table = read(make(tmp_path, sequence("A", *lines, labels="cat\ndog\n")))
    assert table.class_names == ("cat", "dog") and table.objects["label"].tolist() == [2, 1]
    assert faults(table) == [("A/img1/000001.jpg", "unknown-class")]


def test_mot15_has_no_classes(tmp_path: Path) -> None:
    table = read(make(tmp_path, sequence("A", "1,1,1,1,5,5,1,-1,-1,-1", "2,1,1,1,5,5")))
    assert table.class_names == ("pedestrian",) and table.objects["image_id"].tolist() == [1, 2]


def test_lines_that_cannot_be_read_and_frames_without_an_image_are_listed(tmp_path: Path) -> None:
    lines = (
        "1,1,1,1,5,5,1,1,1",
        "1,1,nan,1,5,5,1,1,1",
        "1,1,2",
        "x,1,1,1,5,5,1,1,1",
        "1.5,1,1,1,5,5",
        "7,1,1,1,5,5",
    )
    table = read(make(tmp_path, sequence("A", *lines, frames=1)))
    assert faults(table) == [("A/gt/gt.txt", "unreadable-annotation")] * 4 + [
        ("A/gt/gt.txt", "missing-image")
    ]
    assert table.issues[1].fault.detail == "line 3: '1,1,2' has 3 fields, not 6 to 10"
    assert table.issues[4].fault.detail == "no image of the frame 7 is there"
    assert len(table.objects) == 1


def test_images_may_have_names_with_a_word_and_no_description(tmp_path: Path) -> None:
    files = {"a/gt/gt.txt": "3,1,1,1,5,5,1,1,1\n", "a/img1/frame_000003.PNG": "", "a/img1/thumb.png": ""}
    table = read(make(tmp_path, files))
    assert table.images["file"].tolist() == ["a/img1/frame_000003.PNG"] and len(table.objects) == 1


def test_other_files_of_that_name_are_not_recognised(tmp_path: Path) -> None:
    make(
        tmp_path,
        {"a/gt/gt.txt": "the ground truth\n", "b/gt.txt": "1,1,1,1,5,5\n", "x-gt/gt.txt": "1,1,1,1,5,5\n"},
    )
    assert not mot.matches(DatasetFolder(tmp_path))
