import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.errors import PipelineError
from pipeline.params.dataset import CsvColumns
from tests.support.dataset_files import DATASET, faults, make, read

HEADER = "filename,width,height,class,xmin,ymin,xmax,ymax\n"
CORNERS = ["xmin", "ymin", "xmax", "ymax"]


def columns(**changes: str) -> CsvColumns:
    return DATASET.csv.model_copy(update=changes)


def splits(table: AnnotationTable) -> dict[str, str]:
    return dict(zip(table.images["file"], table.images["split"], strict=True))


# ------------------------------------------------------------------ values


def test_values_are_read_unchanged(tmp_path: Path) -> None:
    rows = "b.jpg,100,80,dog,1,2,30,40.5\na.jpg,,,,,,,\nb.jpg,100,80,cat,5,6,7,8\n"
    table = read(make(tmp_path, {"labels.csv": HEADER + rows, "images/a.jpg": "", "images/b.jpg": ""}))
    assert table.class_names == ("cat", "dog")
    assert table.images.to_numpy().tolist() == [
        [1, "images/a.jpg", 0, 0, "", False, ""],
        [2, "images/b.jpg", 100, 80, "", False, ""],
    ]
    assert table.objects["label"].tolist() == [2, 1] and table.objects["object"].tolist() == [0, 1]
    assert table.objects[CORNERS].to_numpy().tolist() == [[1, 2, 30, 40.5], [5, 6, 7, 8]]
    assert not table.issues


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbfimage_path;label;x_min;y_min;x_max;y_max\r\nx/a.jpg;cat;1,5;2;3;4\r\n",
        b'image\tname\tX1\tY1\tX2\tY2\n"a.jpg"\t"cat"\t1.5\t2\t3\t4\n',
        b'Image ID,Category,Left,Top,Right,Bottom\na,cat,"1,5",2,3,4\n',
        "file,class,x,y,w,h\na.jpg,cat,1.5,2,1.5,2\n".encode("utf-16"),
        b"file,class,x,y,width,height\na.jpg,cat,1.5,2,1.5,2\n",
        b"file,class,bbox_x,bbox_y,bbox_width,bbox_height,width,height\na.jpg,cat,1.5,2,1.5,2,90,80\n",
    ],
)
def test_common_columns_and_separators_are_recognised(tmp_path: Path, text: bytes) -> None:
    table = read(make(tmp_path, {"boxes.csv": text, "a.jpg": ""}))
    assert table.class_names == ("cat",)
    assert table.objects[CORNERS].to_numpy().tolist() == [[1.5, 2, 3, 4]]
    assert table.images.loc[0, ["width", "height"]].tolist() == ([90, 80] if b"bbox" in text else [0, 0])


def test_columns_that_the_user_names_are_read(tmp_path: Path) -> None:
    text = "pic,what,from x,from y,over,down,fold\na.jpg,cat,1,2,3,4,TRAIN\nb.jpg,cat,1,2,3,4,validation\n"
    make(tmp_path, {"boxes.csv": text, "a.jpg": "", "b.jpg": ""})
    with pytest.raises(PipelineError, match="no annotations recognised"):
        read(tmp_path)
    with pytest.raises(
        PipelineError,
        match=r"boxes\.csv has no column for image, label, .* give the right names in dataset\.csv",
    ):
        read(tmp_path, "csv")
    named = columns(
        image="pic", label="What", xmin="from x", ymin="from y", xmax="over", ymax="down", split="fold"
    )
    table = read(tmp_path, "csv", csv=named)
    assert table.objects[CORNERS].to_numpy().tolist() == [[1, 2, 3, 4]] * 2
    assert splits(table) == {"a.jpg": "train", "b.jpg": "val"}


def test_fractions_of_the_image_are_recognised(tmp_path: Path) -> None:
    text = HEADER + "a.jpg,,,cat,0.1,0.2,0.9,1\n"
    make(tmp_path, {"boxes.csv": text, "a.jpg": ""})
    assert read(tmp_path).images["normalised"].tolist() == [True]
    assert read(tmp_path, csv=columns(boxes="pixels")).images["normalised"].tolist() == [False]
    make(tmp_path, {"boxes.csv": text + "a.jpg,,,cat,0.1,0.2,3,4\n"})
    assert read(tmp_path).images["normalised"].tolist() == [False]
    assert read(tmp_path, csv=columns(boxes="normalised")).images["normalised"].tolist() == [True]


def test_a_few_wrong_fractions_do_not_change_the_unit(tmp_path: Path) -> None:
    rows = [f"a.jpg,,,cat,0.1,0.2,{x},1\n" for x in ("0.9", "1.0000001", "3", "0.8", "1")] + [
        "a.jpg,,,cat,0,0,0,0\n"
    ]
    make(tmp_path, {"boxes.csv": HEADER + "".join(rows), "a.jpg": ""})
    assert read(tmp_path).images["normalised"].tolist() == [True]


def test_placeholders_do_not_change_the_unit(tmp_path: Path) -> None:
    rows = ["a.jpg,,,cat,0,0,1,1\n"] * 5 + ["a.jpg,,,cat,10,20,30,40\n"]
    make(tmp_path, {"boxes.csv": HEADER + "".join(rows), "a.jpg": ""})
    assert read(tmp_path).images["normalised"].tolist() == [False]


def test_a_column_gives_the_groups(tmp_path: Path) -> None:
    text = "file,class,xmin,ymin,xmax,ymax,patient\na.jpg,cat,1,2,3,4,p1\nb.jpg,cat,1,2,3,4,\n"
    make(tmp_path, {"boxes.csv": text, "a.jpg": "", "b.jpg": ""})
    assert read(tmp_path, group_column="patient").images["group"].tolist() == ["p1", ""]
    with pytest.raises(PipelineError, match=r"no column for group; .* dataset\.group_column"):
        read(tmp_path, group_column="ward")


# ------------------------------------------------------------------ several files


def test_several_files_give_the_split_and_repeated_rows_count_once(tmp_path: Path) -> None:
    one, two = "1.jpg,,,cat,1,2,3,4\n1.jpg,,,cat,1,2,3,4\n", "2.jpg,,,cat,1,2,3,4\n"
    files = {"train_labels.csv": HEADER + one, "test_labels.csv": HEADER + two}
    files |= {"all_labels.csv": HEADER + two + one + "2.jpg,,,dog,5,5,9,9\n3.jpg,,,cat,1,2,3,4\n"}
    table = read(make(tmp_path, {**files, "1.jpg": "", "2.jpg": "", "3.jpg": ""}))
    assert splits(table) == {"1.jpg": "train", "2.jpg": "test", "3.jpg": ""}
    assert table.objects["image_id"].tolist() == [1, 1, 2, 2, 3]  # rows that one file repeats stay
    assert not table.issues


def test_images_of_the_same_name_are_found_in_the_folders_of_their_splits(tmp_path: Path) -> None:
    files = {f"{split}/_annotations.csv": HEADER + "1.jpg,,,cat,1,2,3,4\n" for split in ("train", "valid")}
    table = read(make(tmp_path, {**files, "train/1.jpg": "", "valid/1.jpg": ""}))
    assert splits(table) == {"train/1.jpg": "train", "valid/1.jpg": "val"}
    assert len(table.objects) == 2 and not table.issues


def test_an_image_in_two_splits_is_listed(tmp_path: Path) -> None:
    files = {f"{split}.csv": HEADER + "1.jpg,,,cat,1,2,3,4\n" for split in ("train", "test")}
    table = read(make(tmp_path, {**files, "1.jpg": ""}))
    assert splits(table) == {"1.jpg": "test"} and len(table.objects) == 1
    assert faults(table) == [("1.jpg", "image-in-two-splits"), ("train.csv", "image-annotated-twice")]


def test_pixels_and_fractions_of_the_same_image_are_listed(tmp_path: Path) -> None:
    files = {"a.csv": HEADER + "1.jpg,,,cat,10,20,30,40\n", "b.csv": HEADER + "1.jpg,,,cat,0.1,0.2,0.3,0.4\n"}
    table = read(make(tmp_path, {**files, "1.jpg": ""}))
    assert table.objects[CORNERS].to_numpy().tolist() == [[10, 20, 30, 40]]
    assert faults(table) == [("b.csv", "unreadable-annotation")]


def test_each_folder_has_its_own_file_and_images_of_the_same_names(tmp_path: Path) -> None:
    files = {}
    for folder, name, left in (("cam1", "car", 20), ("cam2", "bus", 40)):
        rows = "".join(f"frame_{n}.jpg,320,240,{name},{left},60,130,140\n" for n in range(2))
        files |= {
            f"{folder}/labels.csv": HEADER + rows,
            f"{folder}/frame_0.jpg": "",
            f"{folder}/frame_1.jpg": "",
        }
    table = read(make(tmp_path, files))
    names = [table.class_names[label - 1] for label in table.objects["label"]]
    assert table.images["file"].tolist() == [f"cam{c}/frame_{n}.jpg" for c in (1, 2) for n in (0, 1)]
    assert names == ["car", "car", "bus", "bus"] and table.objects["xmin"].tolist() == [20, 20, 40, 40]
    assert table.issues == ()


def test_equal_rows_of_two_folders_are_not_one(tmp_path: Path) -> None:
    row = HEADER + "0.ppm,9,9,14,1,2,7,8\n"
    files = {
        f"{n}/{name}": row if name == "GT.csv" else "" for n in ("00", "01") for name in ("GT.csv", "0.ppm")
    }
    table = read(make(tmp_path, files))
    assert table.images["file"].tolist() == ["00/0.ppm", "01/0.ppm"] and len(table.objects) == 2


def test_of_two_versions_of_a_file_one_counts(tmp_path: Path) -> None:
    files = {"labels.csv": HEADER + "1.jpg,,,cat,10,10,50,50\n1.jpg,,,dog,60,60,90,90\n"}
    files["labels_old.csv"] = HEADER + "1.jpg,,,cat,11,10,52,50\n1.jpg,,,dog,60,60,90,90\n"
    table = read(make(tmp_path, {**files, "1.jpg": ""}))
    assert table.objects["xmin"].tolist() == [10, 60]
    assert faults(table) == [("labels_old.csv", "image-annotated-twice")]


def test_a_file_for_each_class_is_read_as_a_whole(tmp_path: Path) -> None:
    files = {f"{name}s.csv": HEADER + f"1.jpg,,,{name},10,10,50,50\n" for name in ("cat", "dog")}
    table = read(make(tmp_path, {**files, "1.jpg": ""}))
    assert table.objects["object"].tolist() == [0, 1] and table.issues == ()


@pytest.mark.parametrize("copy", ["labels (1).csv", "labels_old.csv"])
def test_rows_that_both_versions_have_are_kept(tmp_path: Path, copy: str) -> None:
    rows = [f"1.jpg,,,cat,{left},10,{left + 40},50\n" for left in (10, 60, 110)]
    files = {
        "labels.csv": HEADER + "".join(rows),
        copy: HEADER + "".join(rows[:2]) + "1.jpg,,,cat,300,10,340,50\n",
    }
    table = read(make(tmp_path, {**files, "1.jpg": ""}))
    assert table.objects["xmin"].tolist() == [10, 60, 110]
    assert faults(table) == [(copy, "image-annotated-twice")]


def test_a_file_called_like_the_folder_of_its_images(tmp_path: Path) -> None:
    files = {f"images/{folder}/0.jpg": "" for folder in ("front_cam", "rear")}
    files |= {f"labels/{name}.csv": HEADER + f"0.jpg,,,{name},1,2,3,4\n" for name in ("front_cam", "rear")}
    table = read(make(tmp_path, files))
    assert table.images["file"].tolist() == ["images/front_cam/0.jpg", "images/rear/0.jpg"]
    assert [table.class_names[label - 1] for label in table.objects["label"]] == ["front_cam", "rear"]


@pytest.mark.parametrize("name", ["../input/pets/train/1.jpg", "/content/drive/pets/1.jpg", r"D:\pets\1.jpg"])
def test_paths_of_another_machine_lead_to_the_only_image_of_that_name(tmp_path: Path, name: str) -> None:
    table = read(make(tmp_path, {"a.csv": HEADER + f"{name},,,cat,1,2,3,4\n", "images/1.jpg": ""}))
    assert table.images["file"].tolist() == ["images/1.jpg"] and table.issues == ()


def test_numbers_as_pandas_writes_them_are_whole(tmp_path: Path) -> None:
    files = {"a.csv": HEADER + "12.0,,,1.0,1,2,3,4\n13.0,,,2.0,1,2,3,4\n", "12.jpg": "", "13.jpg": ""}
    table = read(make(tmp_path, files))
    assert table.class_names == ("1", "2") and table.images["file"].tolist() == ["12.jpg", "13.jpg"]


def test_grades_with_halves_keep_their_names(tmp_path: Path) -> None:
    table = read(
        make(tmp_path, {"a.csv": HEADER + "1.jpg,,,1.0,1,2,3,4\n1.jpg,,,1.5,1,2,3,9\n", "1.jpg": ""})
    )
    assert table.class_names == ("1.0", "1.5")


def test_other_csv_files_are_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="pipeline")
    files = {"boxes.csv": HEADER + "1.jpg,,,cat,1,2,3,4\n", "prices.csv": "item,price\nx,1\n"}
    assert len(read(make(tmp_path, {**files, "1.jpg": ""})).objects) == 1
    assert "files are left out, because they lack required columns: prices.csv" in caplog.text


# ------------------------------------------------------------------ broken files


def test_broken_rows_are_listed(tmp_path: Path) -> None:
    rows = [
        "1.jpg,,,cat,1,2,3,4",
        "1.jpg,,,cat,1,2,3,4,5,6",
        "1.jpg,,,cat,wide,2,3,4",
        "1.jpg,,,cat,1,2",
        "1.jpg,,,cat,inf,-inf,inf,1",
        ",,,cat,1,2,3,4",
        "9.jpg,,,cat,1,2,3,4",
        "1.jpg,,,,1,2,3,4",
        "../../8.jpg,,,cat,1,2,3,4",
        "/etc/8.jpg,,,cat,1,2,3,4",
    ]
    table = read(make(tmp_path, {"a.csv": HEADER + "\n".join(rows), "1.jpg": ""}))
    assert sorted(faults(table)) == [
        ("../../8.jpg", "path-outside-folder"),
        ("/etc/8.jpg", "path-outside-folder"),
        ("1.jpg", "box-unreadable"),
        ("1.jpg", "box-unreadable"),
        ("1.jpg", "box-unreadable"),
        ("1.jpg", "unknown-class"),
        ("9.jpg", "missing-image"),
        ("a.csv", "annotation-without-image"),
        ("a.csv", "unreadable-annotation"),
    ]
    assert len(table.objects) == 1
    assert "line 3 has 10 fields, the first line 8" in {issue.fault.detail for issue in table.issues}


def test_an_open_quote_is_repaired_and_listed(tmp_path: Path) -> None:
    rows = '1.jpg,,,"cat,1,2,3,4\n1.jpg,,,"dog",5,6,7,8\n'
    table = read(make(tmp_path, {"a.csv": HEADER + rows, "1.jpg": ""}))
    assert table.objects[CORNERS].to_numpy().tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]
    assert table.class_names == ("cat", "dog")
    assert faults(table) == [("a.csv", "unreadable-annotation")]


@pytest.mark.parametrize("seed", range(20))
def test_random_bytes_raise_no_error(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    text = bytearray(HEADER.encode() + b"1.jpg,9,9,cat,1,2,3,4\n" * 20)
    for place in random.integers(0 if seed % 2 else len(HEADER), len(text), 12):
        text[place] = random.choice(list(b'\0\xff",;\n\r\t e-'))
    make(tmp_path, {"a.csv": bytes(text), "1.jpg": "", "b.csv": HEADER + "1.jpg,9,9,cat,1,2,3,4\n"})
    assert len(read(tmp_path, "csv").images) >= 1


@pytest.mark.parametrize("column", ["score", "scores", "Confidence", "conf"])
def test_detections_are_never_taken_for_the_truth(tmp_path: Path, column: str) -> None:
    text = f"image,label,{column},xmin,ymin,xmax,ymax\n1.jpg,cat,0.9,1,2,3,4\n1.jpg,cat,1,1,2,3,9\n"
    make(tmp_path, {"a.csv": text, "1.jpg": ""})
    with pytest.raises(PipelineError, match=r"all boxes have a score \(a\.csv\), so they are a model's"):
        read(tmp_path)
    make(tmp_path, {"truth.csv": "image,label,xmin,ymin,xmax,ymax\n1.jpg,cat,5,6,7,8\n"})
    table = read(tmp_path)
    assert table.objects[CORNERS].to_numpy().tolist() == [[5, 6, 7, 8]]
    assert faults(table) == [("a.csv", "detection")]


def test_labels_with_a_score_are_a_models(tmp_path: Path) -> None:
    files = {"truth.csv": "image,label\n1.jpg,cat\n", "found.csv": "image,label,score\n1.jpg,dog,0.9\n"}
    table = read(make(tmp_path, {**files, "1.jpg": ""}))
    assert table.class_names == ("cat",) and len(table.objects) == 1
    assert faults(table) == [("found.csv", "detection")]


def test_the_columns_of_gtsrb_are_known(tmp_path: Path) -> None:
    text = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n0.ppm;29;30;5;6;24;25;14\n"
    table = read(make(tmp_path, {"00014/GT-00014.csv": text, "00014/0.ppm": ""}))
    assert table.objects[CORNERS].to_numpy().tolist() == [[5, 6, 24, 25]] and table.class_names == ("14",)


def test_a_mark_of_whole_numbers_is_no_score(tmp_path: Path) -> None:
    text = "image,label,confidence,xmin,ymin,xmax,ymax\n1.jpg,cat,1,1,2,3,4\n1.jpg,cat,,1,2,3,9\n"
    table = read(make(tmp_path, {"a.csv": text, "1.jpg": ""}), "csv")
    assert len(table.objects) == 2 and not table.issues


def test_many_rows_are_read_in_seconds(tmp_path: Path) -> None:
    count = 200_000
    corners = np.random.default_rng(0).integers(0, 50, (count, 4)).cumsum(axis=1)
    rows = pd.DataFrame(corners, columns=CORNERS)
    rows.insert(0, "class", "cat")
    rows.insert(0, "filename", [f"{number % 100}.jpg" for number in range(count)])
    rows.to_csv(tmp_path / "a.csv", index=False)
    make(tmp_path, {f"{number}.jpg": "" for number in range(100)})
    start = time.process_time()
    table = read(tmp_path)
    assert time.process_time() - start < 30
    assert len(table.objects) == count
    assert table.objects[CORNERS].iloc[1].tolist() == corners[100].tolist()  # the second row of 0.jpg


@pytest.mark.real
def test_the_raccoons_of_csv_are_those_of_voc(real_data: Path) -> None:
    table, voc = (read(real_data / "raccoon_voc", format) for format in ("csv", "voc"))
    assert (len(table.images), len(table.objects), table.class_names) == (200, 217, ("raccoon",))
    assert table.images["split"].value_counts().to_dict() == {"train": 160, "test": 40}
    assert {issue.fault.name for issue in table.issues} == {"unused-content"}
    assert table.images.equals(voc.images) and table.objects.equals(voc.objects)


def test_text_in_windows_1252_is_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="pipeline")
    text = (HEADER + "Bär.jpg,,,Äpfel,1,2,3,4\n").encode("cp1252")
    make(tmp_path, {"a.csv": text, "Bär.jpg": ""})
    table = read(tmp_path)
    assert table.images["file"].tolist() == ["Bär.jpg"] and table.class_names == ("Äpfel",)
    assert "a.csv: the text is not in UTF-8, so it is read as Windows-1252" in caplog.text


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    make(tmp_path, {"a.csv": "image,xmin,ymin,xmax,ymax\n1.jpg,1,2,3,4\n", "1.jpg": ""})
    with pytest.raises(PipelineError, match=r"a\.csv has no column for label; its columns are image, xmin"):
        read(tmp_path, "csv")


# ------------------------------------------------------------------ keypoints


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("image,x0,y0,x1,y1", ("0", "1")),
        ("image_name,part_0_x,part_0_y,part_1_x,part_1_y", ("part_0", "part_1")),
        ("file,left_eye_center_x,left_eye_center_y,nose_tip_x,nose_tip_y", ("left_eye_center", "nose_tip")),
        ("filename,X_1,Y_1,X_7,Y_7", ("1", "7")),
    ],
)
def test_pairs_of_columns_are_keypoints(tmp_path: Path, header: str, names: tuple[str, ...]) -> None:
    text = f"{header}\na.jpg,1,2,30,40\nb.jpg,5,6,,\n"
    table = read(make(tmp_path, {"faces.csv": text, "a.jpg": "", "b.jpg": ""}))
    assert table.keypoints.names == names and table.class_names == ("object",)
    points = table.keypoints.of(table.objects["keypoints"].to_numpy())
    assert points.tolist() == [[[1, 2, 2], [30, 40, 2]], [[5, 6, 2], [0, 0, 0]]]
    assert table.objects[CORNERS].to_numpy().tolist() == [[1, 2, 30, 40], [4.5, 5.5, 5.5, 6.5]]
    assert not table.issues


def test_four_corners_alone_are_a_box_and_more_are_keypoints(tmp_path: Path) -> None:
    box = make(tmp_path / "box", {"a.csv": "image,label,x1,y1,x2,y2\na.jpg,cat,1,2,3,4\n", "a.jpg": ""})
    assert read(box).keypoints.names == ()
    three = make(tmp_path / "three", {"a.csv": "image,x1,y1,x2,y2,x3,y3\na.jpg,1,2,3,4,5,6\n", "a.jpg": ""})
    assert read(three).keypoints.names == ("1", "2", "3")


def test_classes_visibility_and_splits_of_keypoints(tmp_path: Path) -> None:
    text = (
        "image,class,split,nose_x,nose_y,nose_v,chin_x,chin_y,chin_v\n"
        "a.jpg,cat,train,1,2,2,3,4,1\nb.jpg,dog,test,1,2,0,oops,4,2\n"
    )
    table = read(make(tmp_path, {"a.csv": text, "a.jpg": "", "b.jpg": ""}))
    assert table.class_names == ("cat",)  # no keypoint of the dog is labelled
    assert splits(table) == {"a.jpg": "train", "b.jpg": "test"}
    assert table.keypoints.values.tolist() == [[[1, 2, 2], [3, 4, 1]]]
    assert faults(table) == [("b.jpg", "keypoints-unreadable")]


def keypoints_of(table: AnnotationTable) -> list[list[list[float]]]:
    return table.keypoints.of(table.objects["keypoints"].to_numpy()).tolist()


def test_places_that_stand_for_nothing_are_absent(tmp_path: Path) -> None:
    text = "image,x0,y0,x1,y1,x2,y2\na.jpg,9,8,-1,-1,0,0\nb.jpg,9,8,NaN,nan,7,\n"
    table = read(make(tmp_path, {"a.csv": text, "a.jpg": "", "b.jpg": ""}))
    assert keypoints_of(table) == [[[9, 8, 2], [0, 0, 0], [0, 0, 0]]] * 2
    assert faults(table) == [("b.jpg", "keypoints-unreadable")]  # of x2, which has no y


def test_a_visibility_that_is_no_code_is_listed(tmp_path: Path) -> None:
    text = "image,x0,y0,v0,x1,y1,v1\na.jpg,9,8,0.99,3,4,2\n"
    table = read(make(tmp_path, {"a.csv": text, "a.jpg": ""}))
    assert keypoints_of(table) == [[[0, 0, 0], [3, 4, 2]]]
    assert "the visibility of 0 is '0.99', not 0, 1 or 2" in table.issues[0].fault.detail


def test_shares_of_the_image_and_declared_sizes(tmp_path: Path) -> None:
    text = "image,width,height,x0,y0,x1,y1\na.jpg,90,80,0.25,0.5,0.75,0.5\n"
    table = read(make(tmp_path, {"a.csv": text, "a.jpg": ""}))
    assert table.images.loc[0, ["width", "height", "normalised"]].tolist() == [90, 80, True]
    assert table.objects[CORNERS].to_numpy().tolist() == [[0.25, 0.4975, 0.75, 0.5025]]


def test_other_csv_files_beside_boxes_are_no_keypoints(tmp_path: Path) -> None:
    boxes = HEADER + "a.jpg,100,80,cat,1,2,30,40\n"
    files = {"boxes.csv": boxes, "imu.csv": "time,acc_x,acc_y,nose_x,nose_y\n1,2,3,4,5\n", "a.jpg": ""}
    files["gaze.csv"] = "image,eye_x,eye_y,hand_x,hand_y\na.jpg,4,5,6,7\n"
    table = read(make(tmp_path, files))
    assert table.class_names == ("cat",) and table.keypoints.names == ()


@pytest.mark.parametrize(
    "header", ["image,label,pos_x,pos_y,size_x,size_y", "image,label,x_start,y_start,x_end,y_end"]
)
def test_measurements_beside_labels_are_no_keypoints(tmp_path: Path, header: str) -> None:
    table = read(make(tmp_path, {"a.csv": f"{header}\na.jpg,cat,1,2,3,4\n", "a.jpg": ""}))
    assert table.keypoints.names == () and table.class_names == ("cat",)


def test_files_with_the_keypoints_in_another_order_agree(tmp_path: Path) -> None:
    files = {
        "train.csv": "image,nose_x,nose_y,tail_x,tail_y\na.jpg,1,2,30,40\n",
        "test.csv": "image,tail_x,tail_y,nose_x,nose_y\nb.jpg,30,40,1,2\n",
        "a.jpg": "",
        "b.jpg": "",
    }
    table = read(make(tmp_path, files))
    assert table.keypoints.names == ("tail", "nose")
    assert keypoints_of(table) == [[[30, 40, 2], [1, 2, 2]]] * 2
    (tmp_path / "test.csv").write_text("image,tail_x,tail_y,ear_x,ear_y\nb.jpg,30,40,1,2\n")
    with pytest.raises(PipelineError, match=r"has the keypoints tail, ear, but train.csv has nose, tail"):
        read(tmp_path)


def test_a_column_of_keypoint_files_that_the_user_names_must_be_there(tmp_path: Path) -> None:
    make(tmp_path, {"a.csv": "image,x0,y0\na.jpg,1,2\n", "a.jpg": ""})
    with pytest.raises(PipelineError, match=r"has no column for label; .* in dataset.csv.label"):
        read(tmp_path, csv=columns(label="klass"))


def test_keypoints_without_a_column_of_images_are_refused(tmp_path: Path) -> None:
    make(tmp_path, {"a.csv": "who,x0,y0\nme,1,2\n", "a.jpg": ""})
    with pytest.raises(PipelineError, match=r"has no column for image.*dataset.csv.image"):
        read(tmp_path, "csv")


def test_text_in_another_encoding_is_refused(tmp_path: Path) -> None:
    for name, encoding in (
        ("\u6c7d\u8f66", "gbk"),
        ("\u4eba", "gbk"),
        ("\u8eca", "shift-jis"),
        ("\u0436\u0443\u043a", "cp1251"),
    ):
        make(tmp_path, {"a.csv": (HEADER + f'1.jpg,,,"{name}",1,2,3,4\n').encode(encoding), "1.jpg": ""})
        with pytest.raises(PipelineError, match=r"a\.csv: its text is not in UTF-8; save it as UTF-8"):
            read(tmp_path)


def test_another_csv_is_said_not_to_have_the_columns(tmp_path: Path) -> None:
    make(tmp_path, {"a.csv": "1.jpg,10,20,30,40,cat\n", "1.jpg": ""})
    with pytest.raises(
        PipelineError, match=r"if the CSV files are the annotations, set dataset.format to csv"
    ):
        read(tmp_path)
