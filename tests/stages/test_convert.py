import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pipeline.errors import PipelineError
from pipeline.params.load import load_params
from pipeline.stage import call
from pipeline.stages import convert
from tests.support.project import ROOT

SIZE = (64, 48)


def params(format="auto", **changes):
    loaded = load_params(ROOT / "params.yaml")
    checks = loaded.convert.checks.model_copy(update=changes.pop("checks", {}))
    changes = {"workers": 1, "max_faulty_fraction": 0.5, "checks": checks} | changes
    settings = loaded.convert.model_copy(update=changes)
    dataset = loaded.dataset.model_copy(update={"format": format})
    return loaded.model_copy(update={"convert": settings, "dataset": dataset})


def picture(number, size=SIZE):
    return Image.fromarray(np.random.default_rng(number).integers(0, 256, (*size[::-1], 3)).astype(np.uint8))


def encoded(image, format="JPEG", **options):
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


class Dataset:
    """A COCO dataset of 20 sound images of one box each, to be spoilt."""

    def __init__(self, folder, count=20):
        self.folder = folder
        self.images, self.annotations = [], []
        self.categories = [{"id": 3, "name": "cat"}, {"id": 7, "name": "hat"}]
        for number in range(count):
            self.add(
                f"{number:02d}.jpg", encoded(picture(number)), [4, 4, 20, 30], category=3 if number % 2 else 7
            )

    def add(self, name, data, *boxes, category=3, size=SIZE):
        self.write(name, data)
        key = len(self.images) + 100
        self.images.append({"id": key, "file_name": name, "width": size[0], "height": size[1]})
        for box in boxes:
            row = {"id": len(self.annotations), "image_id": key, "category_id": category, "bbox": box}
            self.annotations.append(row)

    def write(self, name, data):
        (self.folder / "images").mkdir(parents=True, exist_ok=True)
        (self.folder / "images" / name).write_bytes(data)

    def convert(self, out, **changes):
        content = {"images": self.images, "annotations": self.annotations, "categories": self.categories}
        (self.folder / "annotations.json").write_text(json.dumps(content))
        run(self.folder, out, params(**changes))
        return Output(out)


def run(raw, out, settings):
    paths = {"converted": out / "converted", "metrics": out / "dataset.json", "plots": out / "plots"}
    call(convert.run, settings, raw=raw, **paths)


class Output:
    """A conversion's output."""

    def __init__(self, out):
        folder = out / "converted"
        self.images = pd.read_csv(folder / "images.csv")
        self.objects = pd.read_csv(folder / "objects.csv")
        self.issues = pd.read_csv(folder / "issues.csv", keep_default_na=False)
        self.labels = (folder / "labels.txt").read_text().splitlines()

    def issue(self, fault):
        rows = self.issues[self.issues["fault"] == fault]
        assert len(rows) == 1, self.issues
        return rows.iloc[0]

    def boxes(self, file):
        key = self.images.set_index("file")["id"].get(f"images/{file}")
        columns = ["xmin", "ymin", "xmax", "ymax"]
        return self.objects.loc[self.objects["image_id"] == key, columns].to_numpy().tolist()


@pytest.fixture
def dataset(tmp_path):
    return Dataset(tmp_path / "raw")


def bytes_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


# ------------------------------------------------------------------ what a sound dataset becomes


def test_a_sound_dataset_has_no_issue(dataset, tmp_path, capsys, caplog):
    caplog.set_level("INFO", logger="pipeline")
    result = dataset.convert(tmp_path / "out")
    assert result.issues.empty
    assert result.labels == ["cat", "hat"]
    assert list(result.images.columns) == ["id", "file", "width", "height", "split"]
    assert result.images["id"].tolist() == list(range(1, 21))
    assert set(result.images["split"]) == {"train", "val", "test"}
    assert result.boxes("03.jpg") == [[4, 4, 24, 34]]
    metrics = json.loads((tmp_path / "out" / "dataset.json").read_text())
    assert (metrics["images"], metrics["objects"], metrics["classes"], metrics["faults"]) == (20, 20, 2, {})
    classes = pd.read_csv(tmp_path / "out" / "plots" / "classes.csv")
    assert classes["objects"].sum() == 20 and list(classes.columns) == ["class", "split", "objects"]
    assert list(pd.read_csv(tmp_path / "out" / "plots" / "boxes.csv").columns) == ["class", "width", "height"]
    printed = capsys.readouterr().out
    assert (
        "format: coco (recognised from the files)" in caplog.text
        and "20 images, 20 objects, 2 classes" in printed
    )


def test_model_gardens_decoder_reads_the_records(dataset, tmp_path):
    tf = pytest.importorskip("tensorflow")
    from official.vision.dataloaders.tf_example_decoder import TfExampleDecoder

    dataset.add("grey.png", encoded(picture(50).convert("L"), "PNG"))
    result = dataset.convert(tmp_path / "out", images_per_shard=4)
    shards = sorted(map(str, (tmp_path / "out" / "converted").glob("*.tfrecord")))
    in_train = (result.images["split"] == "train").sum()
    assert f"train-00000-of-{-(-in_train // 4):05d}.tfrecord" in {Path(shard).name for shard in shards}
    decoder = TfExampleDecoder()
    seen = {}
    for record in tf.data.TFRecordDataset(shards):
        decoded = decoder.decode(record)
        seen[int(decoded["source_id"].numpy())] = decoded
    assert sorted(seen) == result.images["id"].tolist()
    for row in result.images.itertuples():
        decoded = seen[row.id]
        assert decoded["image"].shape == (row.height, row.width, 3)
        truth = result.objects[result.objects["image_id"] == row.id]
        scaled = decoded["groundtruth_boxes"].numpy() * [row.height, row.width, row.height, row.width]
        np.testing.assert_allclose(scaled, truth[["ymin", "xmin", "ymax", "xmax"]], rtol=1e-5)
        assert decoded["groundtruth_classes"].numpy().tolist() == truth["label"].tolist()


def test_images_are_written_byte_for_byte(dataset, tmp_path):
    dataset.convert(tmp_path / "out")
    records = b"".join(path.read_bytes() for path in (tmp_path / "out" / "converted").glob("*.tfrecord"))
    for path in (dataset.folder / "images").iterdir():
        assert path.read_bytes() in records


def test_the_number_of_workers_changes_no_byte(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.datasets.conversion.tasks._BATCH_IMAGES", 3)
    dataset.add("bad.jpg", b"no image", [1, 1, 5, 5])
    dataset.add("copy.jpg", encoded(picture(3)), [1, 1, 5, 5])
    for workers in (1, 2, 3):
        dataset.convert(tmp_path / f"out{workers}", workers=workers)
    first = bytes_of(tmp_path / "out1")
    assert bytes_of(tmp_path / "out2") == first
    assert bytes_of(tmp_path / "out3") == first


# ------------------------------------------------------------------ faults of images


def test_a_truncated_jpeg(dataset, tmp_path):
    dataset.write("04.jpg", encoded(picture(4))[:900])
    result = dataset.convert(tmp_path / "out")
    issue = result.issue("truncated-image")
    assert (
        issue["file"] == "images/04.jpg"
        and "truncated" in issue["detail"]
        and issue["action"] == "image left out"
    )
    assert len(result.images) == 19 and result.boxes("04.jpg") == []


def test_a_text_file_named_jpg(dataset, tmp_path):
    dataset.write("04.jpg", b"hello")
    assert (
        "not an image; it begins with b'hello'"
        in dataset.convert(tmp_path / "out").issue("unreadable-image")["detail"]
    )


def test_an_empty_file_named_jpg(dataset, tmp_path):
    dataset.write("04.jpg", b"")
    assert dataset.convert(tmp_path / "out").issue("empty-image")["detail"] == "the file is empty"


def test_a_missing_image(dataset, tmp_path):
    (dataset.folder / "images" / "04.jpg").unlink()
    result = dataset.convert(tmp_path / "out")
    assert result.issue("missing-image")["file"] == "04.jpg"
    assert len(result.images) == 19 and len(result.objects) == 19


@pytest.mark.parametrize("name", ["../../secret.jpg", "/etc/secret.jpg"])
def test_an_annotation_that_names_a_file_outside(dataset, tmp_path, name):
    (tmp_path / "secret.jpg").write_bytes(encoded(picture(99)))
    dataset.images[4]["file_name"] = name
    issue = dataset.convert(tmp_path / "out").issue("path-outside-folder")
    assert repr(name) in issue["detail"] and issue["action"] == "image left out"


@pytest.mark.parametrize(
    ("name", "data", "fault"),
    [
        ("x.png", encoded(Image.fromarray(np.full((48, 64), 40_000, np.uint16)), "PNG"), "image-16-bit"),
        ("x.png", encoded(picture(70).quantize(8), "PNG"), "image-palette"),
        ("x.jpg", encoded(picture(70).convert("CMYK")), "image-cmyk"),
        ("x.gif", encoded(picture(70), "GIF"), "image-format"),
    ],
)
def test_other_pixels_are_converted_and_listed(dataset, tmp_path, name, data, fault):
    dataset.add(name, data, [1, 2, 3, 4])
    result = dataset.convert(tmp_path / "out", max_faulty_fraction=0.0)
    assert result.issue(fault)["file"] == f"images/{name}"
    assert result.boxes(name) == [[1, 2, 4, 6]]


def test_a_rotated_photo_annotated_as_stored(dataset, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # shown, it is turned clockwise: left becomes top, bottom becomes left
    dataset.add("x.jpg", encoded(picture(70), exif=exif), [0, 0, 10, 5], size=SIZE)
    result = dataset.convert(tmp_path / "out")
    assert result.boxes("x.jpg") == [[43, 0, 48, 10]]
    assert result.issue("exif-rotated")["action"] == "image turned upright, its boxes too"
    detail = "EXIF orientation 6, boxes of the stored picture by the declared sizes"
    assert result.issue("exif-rotated")["detail"] == detail
    assert result.images.set_index("file").loc["images/x.jpg", ["width", "height"]].tolist() == [48, 64]


def test_a_rotated_photo_annotated_as_shown(dataset, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    dataset.add("x.jpg", encoded(picture(70), exif=exif), [0, 0, 10, 5], size=SIZE[::-1])
    result = dataset.convert(tmp_path / "out")
    assert result.boxes("x.jpg") == [[0, 0, 10, 5]]
    assert result.issue("exif-rotated")["action"] == "image turned upright; boxes taken as upright already"


def sideways(number):
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(picture(number), exif=exif)


def test_boxes_outside_the_stored_picture_outvote_the_declared_sizes(dataset, tmp_path):
    dataset.add("x.jpg", sideways(70), [0, 0, 10, 5], size=SIZE)
    dataset.add("y.jpg", sideways(71), [5, 20, 10, 40], size=SIZE)  # 60 px down, of 48 stored rows
    result = dataset.convert(tmp_path / "out", max_faulty_fraction=0.0)
    assert result.boxes("x.jpg") == [[0, 0, 10, 5]] and result.boxes("y.jpg") == [[5, 20, 15, 60]]
    (detail,) = set(result.issues["detail"])
    reason = "by boxes that would be outside otherwise, in 1 of 2 images"
    assert detail == f"EXIF orientation 6, boxes of the upright picture {reason}"


def test_boxes_without_a_declared_size_that_are_outside_the_upright_picture(dataset, tmp_path):
    dataset.add("x.jpg", sideways(70), [0, 0, 60, 5], size=(0, 0))
    result = dataset.convert(tmp_path / "out", max_faulty_fraction=0.0)
    assert result.boxes("x.jpg") == [[43, 0, 48, 60]]


def test_crowds_and_difficult_objects_are_counted_apart(dataset, tmp_path, capsys):
    dataset.add("x.jpg", encoded(picture(70)), [1, 2, 30, 40])
    dataset.annotations[-1]["iscrowd"] = 1
    dataset.annotations[0]["ignore"] = 1
    dataset.convert(tmp_path / "out")
    metrics = json.loads((tmp_path / "out" / "dataset.json").read_text())
    assert (metrics["objects"], metrics["crowd"], metrics["difficult"]) == (21, 1, 1)
    used = [metrics[split]["used"] for split in ("train", "val", "test")]
    assert sum(used) == 19
    expected = f"objects: {used[0]} train, {used[1]} in val and {used[2]} in test score; "
    assert f"{expected}1 crowds and 1 difficult ones do neither" in capsys.readouterr().out


def test_a_declared_size_that_is_not_the_images(dataset, tmp_path):
    dataset.add("x.jpg", encoded(picture(70)), [0, 0, 10, 5], size=(640, 480))
    result = dataset.convert(tmp_path / "out")
    assert result.issue("size-mismatch")["detail"] == "declared 640 × 480, the image is 64 × 48"
    assert result.images.set_index("file").loc["images/x.jpg", "width"] == 64


def test_a_fault_that_all_images_have_and_keep_is_listed_once(tmp_path):
    grey = Dataset(tmp_path / "raw", count=0)
    for number in range(20):
        grey.add(f"{number:02d}.png", encoded(picture(number).convert("L"), "PNG"), [4, 4, 20, 30])
    issue = grey.convert(tmp_path / "out").issue("image-grey")
    assert (issue["file"], issue["detail"]) == ("", "one channel, as in all 20 images")


def test_a_copy_of_an_image_that_is_left_out_is_kept(dataset, tmp_path):
    """The first of three alike is truncated; of the other two one stays."""
    looks = picture(70)
    dataset.add("x.jpg", encoded(looks, quality=95)[:-40], [1, 1, 5, 5])
    dataset.add("y.jpg", encoded(looks, quality=95), [1, 1, 5, 5])
    dataset.add("z.jpg", encoded(looks, quality=95), [1, 1, 5, 5])
    result = dataset.convert(tmp_path / "out")
    assert {"images/y.jpg", "images/z.jpg"} & set(result.images["file"])
    assert result.issue("truncated-image")["file"] == "images/x.jpg"


def test_the_same_image_twice(dataset, tmp_path):
    dataset.add("x.jpg", encoded(picture(4)), [1, 1, 5, 5])
    result = dataset.convert(tmp_path / "out", max_faulty_fraction=0.0)
    assert {result.issue("duplicate-image")["file"]} < {"images/x.jpg", "images/04.jpg"}
    assert len(result.images) == 20


@pytest.mark.parametrize(("box", "said"), [([4, 4, 20, 30], ""), ([1, 1, 5, 5], ", but other annotations")])
def test_a_copy_with_other_annotations_is_said_to_have_them(tmp_path, box, said):
    pair = Dataset(tmp_path / "raw", count=12)
    pair.add("x.jpg", encoded(picture(50)), [4, 4, 20, 30])
    pair.add("y.jpg", encoded(picture(50)), box)
    issue = pair.convert(tmp_path / "out").issue("duplicate-image")
    kept = {"images/x.jpg", "images/y.jpg"} - {issue["file"]}
    assert issue["detail"] == f"the same bytes as {kept.pop()}{said}"


def test_the_same_image_in_train_and_test_stays_in_test(tmp_path):
    for split, numbers in {"train": range(6), "val": (10, 11), "test": (20, 3)}.items():
        part = Dataset(tmp_path / split, count=0)
        for number in numbers:
            part.add(f"{split}{number}.jpg", encoded(picture(number)), [1, 1, 5, 5])
        shutil.copytree(part.folder / "images", tmp_path / "raw" / split)
        content = {"images": part.images, "annotations": part.annotations, "categories": part.categories}
        (tmp_path / "raw" / f"instances_{split}.json").write_text(json.dumps(content))
    run(tmp_path / "raw", tmp_path / "out", params())
    result = Output(tmp_path / "out")
    issue = result.issue("duplicate-image")
    assert issue["file"] == "train/train3.jpg" and issue["action"] == "image left out of train, kept in test"
    assert result.images["split"].value_counts().to_dict() == {"train": 5, "val": 2, "test": 2}


# ------------------------------------------------------------------ faults of boxes


@pytest.mark.parametrize(
    ("box", "fault", "left"),
    [
        ([50, 10, 40, 20], "box-outside", [[50, 10, 64, 30]]),
        ([70, 10, 40, 20], "box-outside", []),
        ([30, 20, -10, -5], "box-inverted", [[20, 15, 30, 20]]),
        ([30, 20, 0, 5], "box-empty", []),
        ([54, 10, 10.5, 20], "box-over-edge", [[54, 10, 64, 30]]),
        (["a", 1, 1, 1], "box-unreadable", []),
        ([1, 1, 1], "box-unreadable", []),
    ],
)
def test_a_faulty_box(dataset, tmp_path, box, fault, left):
    dataset.add("x.jpg", encoded(picture(70)), [1, 1, 5, 5], box)
    result = dataset.convert(tmp_path / "out")
    issue = result.issue(fault)
    assert (issue["file"], str(issue["object"])) == ("images/x.jpg", "1")
    assert result.boxes("x.jpg") == [[1, 1, 6, 6], *left]


def test_an_unknown_class(dataset, tmp_path):
    dataset.add("x.jpg", encoded(picture(70)), [1, 1, 5, 5], category=99)
    result = dataset.convert(tmp_path / "out")
    assert result.issue("unknown-class")["detail"] == "category_id 99 is not among the categories"
    assert "images/x.jpg" in set(result.images["file"])  # kept as background


def test_a_box_twice(dataset, tmp_path):
    dataset.add("x.jpg", encoded(picture(70)), [1, 1, 5, 5], [1, 1, 5, 5])
    result = dataset.convert(tmp_path / "out", max_faulty_fraction=0.0)
    assert result.issue("duplicate-box")["object"] == 1 and result.boxes("x.jpg") == [[1, 1, 6, 6]]


def test_a_class_without_objects_is_said(dataset, tmp_path, capsys):
    dataset.categories.append({"id": 9, "name": "unicorn"})
    result = dataset.convert(tmp_path / "out")
    assert "unicorn" in result.issue("class-unused")["detail"]
    assert "warning: 1 of 3 classes have no box in train: unicorn" in capsys.readouterr().out
    assert result.labels == ["cat", "hat", "unicorn"]


def test_an_unused_class_may_be_left_out(dataset, tmp_path):
    dataset.categories.insert(0, {"id": 1, "name": "unicorn"})
    result = dataset.convert(tmp_path / "out", checks={"class_unused": "drop"})
    assert result.labels == ["cat", "hat"] and set(result.objects["class_name"]) == {"cat", "hat"}


# ------------------------------------------------------------------ masks

TRIANGLE = [[4, 4, 24, 4, 4, 34]]


def masked(dataset, *, of=None):
    """Give every image's box a triangle, or those of some files another segmentation; None for none."""
    names = {image["id"]: image["file_name"] for image in dataset.images}
    for annotation in dataset.annotations:
        annotation["segmentation"] = (of or {}).get(names[annotation["image_id"]], TRIANGLE)
    return dataset


def examples(tmp_path, split="*"):
    """Give each record's features by image id."""
    tf = pytest.importorskip("tensorflow")
    shards = sorted(map(str, (tmp_path / "out" / "converted").glob(f"{split}-*.tfrecord")))
    read = [tf.train.Example.FromString(r.numpy()).features.feature for r in tf.data.TFRecordDataset(shards)]
    return {int(feature["image/source_id"].bytes_list.value[0]): feature for feature in read}


def test_model_gardens_decoder_reads_the_masks(dataset, tmp_path):
    tf = pytest.importorskip("tensorflow")
    from official.vision.dataloaders.tf_example_decoder import TfExampleDecoder
    from pycocotools import mask as oracle

    result = masked(dataset).convert(tmp_path / "out")
    assert result.issues.empty
    expected = oracle.decode(oracle.frPyObjects(TRIANGLE, *SIZE[::-1]))[..., 0]
    decoder = TfExampleDecoder(include_mask=True)
    shards = sorted(map(str, (tmp_path / "out" / "converted").glob("*.tfrecord")))
    for record in tf.data.TFRecordDataset(shards):
        np.testing.assert_array_equal(
            decoder.decode(record)["groundtruth_instance_masks"].numpy(), expected[None]
        )


def test_masks_of_val_and_test_are_listed_for_the_scores(dataset, tmp_path):
    from pycocotools import mask as oracle

    result = masked(dataset).convert(tmp_path / "out")
    listed = pd.read_csv(tmp_path / "out" / "converted" / "masks.csv")
    scored = result.images["id"][result.images["split"] != "train"]
    assert sorted(listed["image_id"]) == scored.tolist() and set(listed["object"]) == {0}
    expected = oracle.merge(oracle.frPyObjects(TRIANGLE, *SIZE[::-1]))["counts"].decode()
    assert set(listed["counts"]) == {expected}


def test_without_masks_nothing_says_masks(dataset, tmp_path):
    dataset.convert(tmp_path / "plain")
    before = bytes_of(tmp_path / "plain")
    assert not any("mask" in name for name in before)
    for nothing in ([], [[]], None, {}):
        masked(dataset, of={image["file_name"]: nothing for image in dataset.images})
        dataset.convert(tmp_path / "out")
        assert bytes_of(tmp_path / "out") == before


def test_the_number_of_workers_changes_no_byte_of_masks(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.datasets.conversion.tasks._BATCH_IMAGES", 3)
    masked(dataset, of={"03.jpg": [[1, 2]], "04.jpg": None})
    for workers in (1, 3):
        dataset.convert(tmp_path / f"out{workers}", workers=workers)
    assert bytes_of(tmp_path / "out1") == bytes_of(tmp_path / "out3")


def test_some_masks_of_an_image_are_missing_or_broken(dataset, tmp_path):
    dataset.add("x.jpg", encoded(picture(70)), [4, 4, 20, 30], [30, 8, 10.5, 20], [1, 1, 5, 5], [50, 2, 0, 3])
    masked(dataset)
    for annotation, segmentation in zip(
        dataset.annotations[-4:], (TRIANGLE, None, [[1, 1, 5]], TRIANGLE), strict=True
    ):
        annotation["segmentation"] = segmentation
    result = dataset.convert(tmp_path / "out")
    assert json.loads((tmp_path / "out" / "dataset.json").read_text())["masks"] == 21
    issue = result.issue("mask-unreadable")
    assert (issue["file"], str(issue["object"])) == ("images/x.jpg", "2")
    assert issue["action"] == "mask dropped, box kept"
    key = result.images.set_index("file")["id"]["images/x.jpg"]
    assert len(result.boxes("x.jpg")) == 3
    feature = examples(tmp_path)[key]
    assert list(feature["image/object/has_mask"].int64_list.value) == [1, 0, 0]
    pngs = feature["image/object/mask"].bytes_list.value
    filled = np.asarray(Image.open(io.BytesIO(pngs[1])))
    assert filled[8:28, 30:41].all() and filled.sum() == 20 * 11


def test_a_mask_turns_with_its_image(dataset, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    dataset.add("x.jpg", encoded(picture(70), exif=exif), [0, 0, 10, 5], size=SIZE)
    masked(dataset, of={"x.jpg": [[0, 0, 10, 0, 10, 5, 0, 5]]})
    result = dataset.convert(tmp_path / "out")
    assert set(result.issues["fault"]) == {"exif-rotated"}
    key = result.images.set_index("file")["id"]["images/x.jpg"]
    pixels = np.asarray(
        Image.open(io.BytesIO(examples(tmp_path)[key]["image/object/mask"].bytes_list.value[0]))
    )
    assert pixels.shape == (64, 48)
    assert pixels[0:10, 43:48].all() and pixels.sum() == 50


def test_too_many_broken_masks_are_refused(dataset, tmp_path):
    masked(dataset, of={f"{number:02d}.jpg": [[1, 1, 5]] for number in range(5)})
    line = refusal(dataset, tmp_path, max_faulty_fraction=0.2)
    assert "25.0% of the images are faulty (5 mask-unreadable)" in line


# ------------------------------------------------------------------ datasets that are refused


def refusal(dataset, tmp_path, **changes):
    """Convert a dataset that must be refused; return the line. The previous output must stay."""
    out = tmp_path / "out"
    (out / "converted").mkdir(parents=True)
    (out / "converted" / "before").write_text("kept")
    (out / "dataset.json").write_text("kept")
    with pytest.raises(PipelineError) as error:
        dataset.convert(out, **changes)
    left = bytes_of(out)
    left.pop("converted-rejected.csv", None)
    assert left == {"converted/before": b"kept", "dataset.json": b"kept"}
    assert "\n" not in str(error.value)
    return str(error.value)


def test_too_many_faults(dataset, tmp_path):
    for number in range(5):
        dataset.write(f"{number:02d}.jpg", b"no image")
    line = refusal(dataset, tmp_path, max_faulty_fraction=0.2)
    assert "25.0% of the images are faulty (5 unreadable-image)" in line
    assert "20.0% of convert.max_faulty_fraction" in line and "images/0" in line
    rejected = tmp_path / "out" / "converted-rejected.csv"
    assert str(rejected) in line and len(pd.read_csv(rejected)) == 5


def test_the_list_of_a_refused_dataset_goes_when_it_is_mended(dataset, tmp_path):
    dataset.write("00.jpg", b"no image")
    refusal(dataset, tmp_path, max_faulty_fraction=0.01)
    dataset.convert(tmp_path / "out", max_faulty_fraction=0.1)
    assert not (tmp_path / "out" / "converted-rejected.csv").exists()


def test_an_empty_dataset(dataset, tmp_path):
    dataset.images, dataset.annotations = [], []
    assert "the dataset is empty: its annotations name no image" in refusal(dataset, tmp_path)


def test_a_dataset_without_objects(dataset, tmp_path):
    dataset.annotations = []
    assert "no object is annotated in its 20 images" in refusal(dataset, tmp_path)


def test_an_empty_split(tmp_path):
    assert "no image is left for " in refusal(Dataset(tmp_path / "raw", count=2), tmp_path)


def test_a_file_that_is_no_json(dataset, tmp_path):
    dataset.convert(tmp_path / "first")
    text = (dataset.folder / "annotations.json").read_text()
    (dataset.folder / "annotations.json").write_text(text[:-30])
    with pytest.raises(PipelineError, match=r"annotations.json: not readable as JSON"):
        run(dataset.folder, tmp_path / "out", params())


def test_a_folder_without_annotations(tmp_path):
    (tmp_path / "raw").mkdir()
    with pytest.raises(PipelineError, match="the dataset is empty: there is no file in it"):
        run(tmp_path / "raw", tmp_path / "out", params())
    (tmp_path / "raw" / "a.txt").write_text("")
    with pytest.raises(PipelineError, match="no annotations recognised among 1 files"):
        run(tmp_path / "raw", tmp_path / "out", params())


def test_a_killed_run_leaves_the_previous_output_and_no_process(tmp_path):
    dataset = Dataset(tmp_path / "raw")
    out = tmp_path / "data"
    dataset.convert(out)
    before = bytes_of(out / "converted")
    for number in range(600):
        dataset.add(f"more{number}.png", encoded(picture(number + 100, (160, 120)), "PNG"), [1, 1, 9, 9])
    content = {"images": dataset.images, "annotations": dataset.annotations, "categories": dataset.categories}
    (dataset.folder / "annotations.json").write_text(json.dumps(content))
    shutil.copy(ROOT / "params.yaml", tmp_path)
    command = [
        sys.executable,
        "-m",
        "pipeline.stages.convert",
        "--raw",
        "raw",
        "--converted",
        "data/converted",
    ]
    command += ["--metrics", "data/dataset.json", "--plots", "data/plots"]
    process = subprocess.Popen(command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)})
    while not list(out.glob(".converted.partial/*")) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert bytes_of(out / "converted") == before
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and _processes_in(tmp_path):
        time.sleep(0.05)
    assert not _processes_in(tmp_path)


def _processes_in(folder):
    found = []
    for path in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if path.resolve() == folder.resolve():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


# ------------------------------------------------------------------ real data


@pytest.mark.real
def test_raccoons(real_data, tmp_path):
    run(real_data / "raccoon_voc", tmp_path / "out", params(max_faulty_fraction=0.0, val_fraction=0.15))
    result = Output(tmp_path / "out")
    # four photos are there twice, and a fifth in two sizes, one of them in val
    assert result.issues["fault"].value_counts().to_dict() == {
        "duplicate-image": 4,
        "image-grey": 3,
        "near-duplicate": 1,
        "unused-content": 1,  # the boxes are there as CSV, too
    }
    assert len(result.images) == 196
    lists = real_data / "raccoon_voc" / "ImageSets" / "Main"
    tested = {f"images/{name}.jpg" for name in (lists / "test.txt").read_text().split()}
    assert set(result.images.loc[result.images["split"] == "test", "file"]) == tested
    assert (result.images["split"] == "val").sum() == 31  # out of train


@pytest.mark.real
def test_tiny_coco_has_no_fault(real_data, tmp_path):
    run(real_data / "tiny_coco_json", tmp_path / "out", params(max_faulty_fraction=0.0))
    result = Output(tmp_path / "out")
    assert set(result.issues["fault"]) <= {
        "class-unused",
        "class-missing-from-split",
        "box-tiny",
        "unused-content",  # the files of keypoints
    }
    assert (len(result.images), len(result.objects), len(result.labels)) == (100, 852, 80)
    splits = result.objects.merge(result.images, left_on="image_id", right_on="id")
    assert (splits["split"] == "val").sum() == 382
    assert (result.images["split"] == "val").sum() == 50
    assert result.objects["crowd"].sum() == 10
    masks = pd.read_csv(tmp_path / "out" / "converted" / "masks.csv")
    assert len(masks) == splits["split"].isin(["val", "test"]).sum()  # every object has one


@pytest.mark.real
def test_masks_of_tiny_coco_are_those_of_pycocotools(real_data, tmp_path):
    from pycocotools import mask as oracle

    run(real_data / "tiny_coco_json", tmp_path / "out", params(max_faulty_fraction=0.0))
    result = Output(tmp_path / "out")
    ids = result.images.set_index("file")["id"]
    source = real_data / "tiny_coco_json" / "tiny_coco"
    content = json.loads((source / "annotations" / "instances_val2017.json").read_text())
    expected = {}
    for image in content["images"]:
        for annotation in content["annotations"]:
            if annotation["image_id"] == image["id"]:
                runs = oracle.frPyObjects(annotation["segmentation"], image["height"], image["width"])
                runs = oracle.merge(runs) if isinstance(runs, list) else runs
                key = ids[f"tiny_coco/val2017/{image['file_name']}"]
                expected.setdefault(key, []).append(runs["counts"].decode())
    listed = pd.read_csv(tmp_path / "out" / "converted" / "masks.csv")
    listed = listed[listed["image_id"].isin(list(expected))]
    assert listed.groupby("image_id")["counts"].apply(list).to_dict() == expected
