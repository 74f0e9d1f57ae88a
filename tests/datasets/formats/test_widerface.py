"""WIDER FACE's texts of faces."""

from pathlib import Path

from tests.support.dataset_files import faults, make, read

BOX = ["xmin", "ymin", "xmax", "ymax"]
TRAIN = """0--Parade/0_Parade_1.jpg
2
44 33 62 71 0 0 0 0 0 0 \n150 50 40 45 1 0 0 1 0 0 \n0--Parade/0_Parade_2.jpg
0
0 0 0 0 0 0 0 0 0 0 \n"""
VAL = "1--Handshaking/1_Handshaking_1.jpg\n1\n5 6 7 8\n"


def test_faces_are_boxes_and_events_are_no_classes(tmp_path: Path) -> None:
    files = {
        "wider_face_split/wider_face_train_bbx_gt.txt": TRAIN,
        "wider_face_split/wider_face_val_bbx_gt.txt": VAL,
        "WIDER_train/images/0--Parade/0_Parade_1.jpg": "",
        "WIDER_train/images/0--Parade/0_Parade_2.jpg": "",
        "WIDER_val/images/1--Handshaking/1_Handshaking_1.jpg": "",
    }
    table = read(make(tmp_path, files))
    assert table.class_names == ("face",) and not table.issues
    assert table.images[["file", "split"]].to_numpy().tolist() == [
        ["WIDER_train/images/0--Parade/0_Parade_1.jpg", "train"],
        ["WIDER_train/images/0--Parade/0_Parade_2.jpg", "train"],
        ["WIDER_val/images/1--Handshaking/1_Handshaking_1.jpg", "val"],
    ]
    assert table.objects[["image_id", *BOX, "difficult"]].to_numpy().tolist() == [
        [1, 44, 33, 106, 104, False],
        [1, 150, 50, 190, 95, True],
        [3, 5, 6, 12, 14, False],
    ]


def test_a_line_out_of_place_ends_the_file_and_broken_faces_are_listed(tmp_path: Path) -> None:
    text = "a.jpg\n2\n1 2 3 4\n1 2 wide 4\nb.jpg\nc.jpg\n1\n1 2 3 4\n"
    table = read(make(tmp_path, {"wider_face_val_bbx_gt.txt": text, "a.jpg": "", "b.jpg": "", "c.jpg": ""}))
    assert faults(table) == [
        ("a.jpg", "box-unreadable"),
        ("wider_face_val_bbx_gt.txt", "unreadable-annotation"),
    ]
    assert "line 5 is 'b.jpg'" in table.issues[1].fault.detail
    assert len(table.images) == len(table.objects) == 1


def test_an_image_that_is_not_there_is_named(tmp_path: Path) -> None:
    table = read(
        make(tmp_path, {"wider_face_val_bbx_gt.txt": "a.jpg\n1\n1 2 3 4\nb.jpg\n0\n0 0 0 0\n", "a.jpg": ""})
    )
    assert faults(table) == [("b.jpg", "missing-image")]
