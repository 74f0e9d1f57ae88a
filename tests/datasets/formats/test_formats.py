from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import PipelineError
from tests.support.dataset_files import faults, make, read

OBJECT = (
    "<object><name>{name}</name><difficult>{difficult}</difficult><bndbox><xmin>1</xmin><ymin>2</ymin>"
    "<xmax>30</xmax><ymax>40.5</ymax></bndbox><part><bndbox><xmin>9</xmin></bndbox></part></object>"
)


def voc(*names: str, filename: str = "a.jpg", difficult: int = 0) -> str:
    objects = "".join(OBJECT.format(name=name, difficult=difficult) for name in names)
    size = "<size><width>100</width><height>80</height></size>"
    return f"<annotation><filename>{filename}</filename>{size}{objects}</annotation>"


def coco(*files: str, **more: Any) -> dict[str, Any]:
    images = [
        {"id": number, "file_name": file, "width": 10, "height": 8} for number, file in enumerate(files)
    ]
    boxes = [{"id": n, "image_id": n, "category_id": 1, "bbox": [1, 2, 3, 4]} for n in range(len(files))]
    return {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "cat"}], **more}


# ------------------------------------------------------------------ Pascal VOC


def test_voc_values_are_read_unchanged(tmp_path: Path) -> None:
    make(tmp_path, {"JPEGImages/a.jpg": "", "Annotations/a.xml": voc("dog", "cat", difficult=1)})
    table = read(tmp_path)
    assert table.class_names == ("cat", "dog")
    assert table.images.iloc[0].tolist() == [1, "JPEGImages/a.jpg", 100, 80, "", False, ""]
    assert table.objects["label"].tolist() == [2, 1]
    assert table.objects.loc[0, ["xmin", "ymin", "xmax", "ymax"]].tolist() == [1, 2, 30, 40.5]
    assert table.objects["difficult"].all() and not table.issues


def test_voc_lists_of_each_year_apply_to_its_own_images(tmp_path: Path) -> None:
    files = {}
    for year, names in {"VOC2007": "abc", "VOC2012": "xyz"}.items():
        for name in names:
            files[f"VOCdevkit/{year}/JPEGImages/{name}.jpg"] = ""
            files[f"VOCdevkit/{year}/Annotations/{name}.xml"] = voc("cat")
            files[f"VOCdevkit/{year}/SegmentationClass/{name}.png"] = ""
    lists = {
        "VOC2007/{}/trainval": "a\nb\n",
        "VOC2007/{}/val": "b\n",
        "VOC2007/{}/test": "c",
        "VOC2012/{}/train": "x\n",
    }
    for name, text in lists.items():
        files[f"VOCdevkit/{name.format('ImageSets/Main')}.txt"] = text
    files["VOCdevkit/VOC2012/ImageSets/Main/cat_train.txt"] = "y 1\n"
    table = read(make(tmp_path, files))
    assert table.images["file"].str.contains("JPEGImages").all()
    assert table.images["split"].tolist() == ["train", "val", "test", "train", "unlisted", "unlisted"]


def test_voc_lists_may_have_a_byte_order_mark_blank_lines_and_another_letter_case(tmp_path: Path) -> None:
    names = ("IMG_1", "IMG_2", "img_3", "Twin", "TWIN", "left")
    files = {f"JPEGImages/{name}.jpg": "" for name in names}
    files |= {f"Annotations/{name}.xml": voc("cat") for name in names}
    files["ImageSets/Main/train.txt"] = "\ufeffIMG_1\n\nimg_2\ntwin\n"
    files["ImageSets/Main/test.txt"] = "IMG_3\r\nTwin\n"
    table = read(make(tmp_path, files))
    splits = {file.split("/")[1][:-4]: split for file, split in table.images[["file", "split"]].to_numpy()}
    assert splits == {
        "IMG_1": "train",
        "IMG_2": "train",
        "img_3": "test",
        "Twin": "test",
        "TWIN": "unlisted",
        "left": "unlisted",
    }


def test_voc_folders_give_the_split_if_there_are_no_lists(tmp_path: Path) -> None:
    files = {f"{split}/1{suffix}": "" for split in ("train", "valid", "test") for suffix in (".jpg", ".xml")}
    files |= {name: voc("cat") for name in files if name.endswith(".xml")}
    table = read(make(tmp_path, files))
    assert dict(zip(table.images["file"], table.images["split"], strict=True)) == {
        "train/1.jpg": "train",
        "valid/1.jpg": "val",
        "test/1.jpg": "test",
    }


def test_an_image_is_preferred_to_masks_of_its_name(tmp_path: Path) -> None:
    files = {"annotations/xmls/a.xml": voc("cat"), "annotations/trimaps/a.png": "", "images/a.jpg": ""}
    assert read(make(tmp_path, files)).images["file"].tolist() == ["images/a.jpg"]


def test_an_entity_bomb_is_never_expanded(tmp_path: Path) -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "bomb"}">' for n in range(12))
    bomb = f"<!DOCTYPE annotation [{entities}]><annotation>{{}}</annotation>".format(
        "<filename>&e11;</filename>"
    )
    files = {
        "images/a.jpg": "",
        "images/b.jpg": "",
        "annotations/a.xml": bomb,
        "annotations/b.xml": voc("cat"),
    }
    table = read(make(tmp_path, files))
    assert ("annotations/a.xml", "unreadable-annotation") in faults(table)
    assert table.issues[0].fault.detail == "it declares entities, which are never expanded"
    assert table.images["file"].tolist() == ["images/b.jpg"]


def test_an_external_entity_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    text = f'<!DOCTYPE a [<!ENTITY e SYSTEM "file://{tmp_path}/secret">]><annotation>&e;</annotation>'
    files = {"images/b.jpg": "", "annotations/a.xml": text, "annotations/b.xml": voc("cat")}
    table = read(make(tmp_path / "data", files))
    assert faults(table) == [("annotations/a.xml", "unreadable-annotation")]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("<annotation><object></annotation>", "unreadable-annotation"),
        (voc("cat", filename="../../x.jpg"), "path-outside-folder"),
        (voc("cat", filename="/etc/x.jpg"), "path-outside-folder"),
        (voc("cat", filename="x.jpg"), "missing-image"),
    ],
)
def test_a_voc_file_without_an_image_is_listed(tmp_path: Path, text: str, fault: str) -> None:
    files = {"images/b.jpg": "", "annotations/a.xml": text, "annotations/b.xml": voc("cat")}
    table = read(make(tmp_path, files))
    assert faults(table) == [("annotations/a.xml", fault)]
    assert len(table.images) == 1


def test_voc_objects_without_name_or_with_text_for_numbers_are_listed(tmp_path: Path) -> None:
    text = voc(" ", "cat").replace("<xmax>30</xmax>", "<xmax>wide</xmax>")
    table = read(make(tmp_path, {"images/a.jpg": "", "annotations/a.xml": text}))
    assert sorted((issue.fault.object, issue.fault.name) for issue in table.issues) == [
        (0, "unknown-class"),
        (1, "box-unreadable"),
    ]


# ------------------------------------------------------------------ COCO


def test_coco_files_of_each_split_find_their_own_images(tmp_path: Path) -> None:
    files = {
        "train2017/1.jpg": "",
        "val2017/1.jpg": "",
        "annotations/instances_train2017.json": coco("1.jpg"),
    }
    files["annotations/instances_val2017.json"] = coco("1.jpg")
    files["annotations/person_keypoints_val2017.json"] = coco(
        "1.jpg", categories=[{"id": 1, "keypoints": ["nose"]}]
    )
    table = read(make(tmp_path, files))
    assert table.images[["file", "split"]].to_numpy().tolist() == [
        ["train2017/1.jpg", "train"],
        ["val2017/1.jpg", "val"],
    ]
    assert len(table.objects) == 2
    assert faults(table) == [("annotations/person_keypoints_val2017.json", "unused-content")]


def test_coco_folders_give_the_split(tmp_path: Path) -> None:
    files = {f"{split}/_annotations.coco.json": coco("1.jpg") for split in ("train", "valid", "test")}
    table = read(make(tmp_path, {**files, **{f"{split}/1.jpg": "" for split in ("train", "valid", "test")}}))
    assert dict(zip(table.images["file"], table.images["split"], strict=True)) == {
        "train/1.jpg": "train",
        "valid/1.jpg": "val",
        "test/1.jpg": "test",
    }


def test_a_single_coco_file_gives_no_split(tmp_path: Path) -> None:
    table = read(make(tmp_path, {"instances_val2017.json": coco("1.jpg"), "images/1.jpg": ""}))
    assert table.images["split"].tolist() == [""]


def test_coco_classes_are_in_the_order_of_their_ids_and_unused_classes_stay(tmp_path: Path) -> None:
    categories = [{"id": 9, "name": "z"}, {"id": 1, "name": "cat"}, {"id": 4, "name": "b"}]
    table = read(make(tmp_path, {"a.json": coco("1.jpg", categories=categories), "1.jpg": ""}))
    assert table.class_names == ("cat", "b", "z")


def test_coco_annotations_without_image_or_without_box_are_listed(tmp_path: Path) -> None:
    value = coco("1.jpg")
    value["annotations"] += [{"id": 8, "image_id": 55, "category_id": 1, "bbox": [1, 1, 1, 1]}]
    value["annotations"] += [{"id": 9, "image_id": 0, "category_id": 1}, "nonsense", {"image_id": []}]
    table = read(make(tmp_path, {"a.json": value, "1.jpg": ""}))
    assert [fault for _, fault in faults(table)] == ["annotation-without-image"] * 3 + ["box-unreadable"]
    assert len(table.objects) == 1


def test_coco_annotations_may_come_before_images(tmp_path: Path) -> None:
    value = coco("1.jpg")
    backwards = {key: value[key] for key in ("annotations", "categories", "images")}
    assert len(read(make(tmp_path, {"a.json": backwards, "1.jpg": ""})).objects) == 1


# ------------------------------------------------------------------ recognition


def test_two_formats_in_a_folder_are_refused(tmp_path: Path) -> None:
    make(tmp_path, {"a.json": coco("1.jpg"), "1.jpg": "", "1.xml": voc("cat")})
    with pytest.raises(PipelineError, match=r"annotations in the formats voc and coco; set dataset.format"):
        read(tmp_path)
    assert len(read(tmp_path, "voc").objects) == len(read(tmp_path, "coco").objects) == 1


def test_a_format_without_annotations_is_refused(tmp_path: Path) -> None:
    make(tmp_path, {"a.json": coco("1.jpg"), "1.jpg": ""})
    with pytest.raises(
        PipelineError, match=r"dataset.format is voc, but the folder has no annotations in Pascal VOC"
    ):
        read(tmp_path, "voc")


# ------------------------------------------------------------------ real data


@pytest.mark.real
def test_all_raccoons_are_read(real_data: Path) -> None:
    table = read(real_data / "raccoon_voc")
    assert (len(table.images), len(table.objects), table.class_names) == (200, 217, ("raccoon",))
    assert table.images["split"].value_counts().to_dict() == {"train": 160, "test": 40}
    assert faults(table) == [("data/raccoon_labels.csv", "unused-content")]


def test_a_truncated_json_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "instances.json").write_text('{"images": [')
    (tmp_path / "a.jpg").write_bytes(b"")
    with pytest.raises(PipelineError, match=r"not readable as JSON: instances\.json"):
        read(tmp_path)
