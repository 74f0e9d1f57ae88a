"""Images of one name in several folders, each of which is one annotation's alone."""

import pytest

from tests.support.dataset_files import faults, make, read


def voc(name):
    box = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox>"
    return f"<annotation><object><name>{name}</name>{box}</object></annotation>"


def classes_of(table):
    """Map files to the classes of their objects, in order."""
    files = dict(zip(table.images["id"], table.images["file"], strict=True))
    found = {file: [] for file in files.values()}
    for image, label in table.objects[["image_id", "label"]].to_numpy().tolist():
        found[files[image]].append(table.class_names[label - 1])
    return found


def test_folders_of_annotations_beside_those_of_images_of_the_same_names(tmp_path):
    for film in "abc":
        make(
            tmp_path, {f"Annotations/VID/train/{film}/0.xml": voc(film), f"Data/VID/train/{film}/0.JPEG": ""}
        )
    table = read(tmp_path)
    assert classes_of(table) == {f"Data/VID/train/{film}/0.JPEG": [film] for film in "abc"}
    assert table.issues == ()


@pytest.mark.parametrize("there", ["a", "b", "c"])
def test_annotations_whose_folder_of_images_is_absent_do_not_get_anothers(tmp_path, there):
    for film in "abc":
        make(tmp_path, {f"Annotations/{film}/0.xml": voc(film)})
    make(tmp_path, {f"JPEGImages/{there}/0.jpg": ""})
    table = read(tmp_path)
    assert classes_of(table) == {f"JPEGImages/{there}/0.jpg": [there]}
    assert sorted(faults(table)) == [
        (f"Annotations/{film}/0.xml", "missing-image") for film in "abc" if film != there
    ]
    assert f"JPEGImages/{there}/0.jpg belongs to another" in table.issues[0].fault.detail


def test_of_an_annotation_and_an_old_one_the_first_counts(tmp_path):
    make(tmp_path, {"labels/0.xml": voc("new"), "labels_old/0.xml": voc("old"), "images/0.jpg": ""})
    table = read(tmp_path)
    assert classes_of(table) == {"images/0.jpg": ["new"]}
    assert faults(table) == [("labels_old/0.xml", "missing-image")]


def coco(names):
    images = [{"id": i, "file_name": name} for i, name in enumerate(names)]
    annotations = [{"image_id": i, "category_id": i, "bbox": [1, 2, 3, 4]} for i in range(len(names))]
    categories = [{"id": i, "name": name} for i, name in enumerate(names)]
    return {"a.json": {"images": images, "annotations": annotations, "categories": categories}}


def csv(names):
    rows = [f"{name},{name},1,2,3,4\n" for name in names]
    return {"a.csv": "image,label,xmin,ymin,xmax,ymax\n" + "".join(rows)}


def cvat(names):
    box = 'xtl="1" ytl="2" xbr="3" ybr="4"'
    images = [f'<image name="{name}"><box label="{name}" {box}/></image>' for name in names]
    return {"a.xml": f"<annotations><version>1.1</version>{''.join(images)}</annotations>"}


@pytest.mark.parametrize("write", [coco, csv, cvat])
@pytest.mark.parametrize("names", [("one/0.jpg", "two/0.jpg"), ("two/0.jpg", "one/0.jpg")])
def test_a_name_whose_folder_is_absent_does_not_lead_to_another_folder(tmp_path, write, names):
    make(tmp_path, {**write(names), "images/two/0.jpg": ""})
    table = read(tmp_path)
    assert classes_of(table) == {"images/two/0.jpg": ["two/0.jpg"]}
    assert faults(table) == [("one/0.jpg", "missing-image")]


@pytest.mark.parametrize("write", [coco, csv, cvat])
def test_a_name_leads_to_a_folder_of_another_name_while_no_other_does(tmp_path, write):
    make(tmp_path, {**write(["old/0.jpg", "old/1.jpg"]), "new/0.jpg": "", "new/1.jpg": ""})
    table = read(tmp_path)
    assert classes_of(table) == {"new/0.jpg": ["old/0.jpg"], "new/1.jpg": ["old/1.jpg"]}
    assert table.issues == ()


def test_a_name_with_more_folders_in_one_file_than_in_another_means_the_same_image(tmp_path):
    rows = {name: f"image,label,xmin,ymin,xmax,ymax\n{name}0.jpg,cat,1,2,3,4\n" for name in ("", "images/")}
    make(tmp_path, {"a.csv": rows[""], "b.csv": rows["images/"], "images/0.jpg": ""})
    table = read(tmp_path)
    assert classes_of(table) == {"images/0.jpg": ["cat", "cat"]}
    assert table.issues == ()
