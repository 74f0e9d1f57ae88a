"""Tests of records that Model Garden's own converters make."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.datasets.raw.containers import read_image
from tests.support.dataset_files import make, picture, read

CORNERS = ["xmin", "ymin", "xmax", "ymax"]


def test_an_example_of_the_converter_is_read(tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    from official.vision.data.create_coco_tf_record import create_tf_example

    encoded = picture(40, 20, format="JPEG")
    make(tmp_path / "images", {"a.jpg": encoded})
    image = {"height": 20, "width": 40, "file_name": "a.jpg", "id": 7}
    boxes = [
        {"bbox": [4, 5, 20, 10], "area": 200, "iscrowd": 0, "category_id": 18},
        {"bbox": [0, 0, 40, 20], "area": 800, "iscrowd": 1, "category_id": 3},
    ]
    names = {3: "car", 18: "dog"}
    (tmp_path / "records").mkdir()
    with tf.io.TFRecordWriter(str(tmp_path / "records" / "x-00000-of-00001.tfrecord")) as writer:
        for annotations in (boxes, []):
            example, _ = create_tf_example(
                image, [str(tmp_path / "images")], bbox_annotations=annotations, id_to_name_map=names
            )
            writer.write(example.SerializeToString())
    table = read(tmp_path / "records")
    assert table.class_names == ("car", "dog") and not table.issues
    assert table.images[["width", "height"]].to_numpy().tolist() == [[40, 20], [40, 20]]
    assert table.objects["image_id"].tolist() == [1, 1] and table.objects["label"].tolist() == [2, 1]
    assert table.objects["crowd"].tolist() == [False, True]
    shares = table.objects[CORNERS].to_numpy()
    np.testing.assert_allclose(shares * (40, 20, 40, 20), [[4, 5, 24, 15], [0, 0, 40, 20]], atol=1e-5)
    assert read_image(tmp_path / "records", table.images["file"][1]) == encoded


@pytest.mark.real
def test_the_records_that_the_script_makes_of_coco_are_read(real_data: Path, tmp_path: Path) -> None:
    source = real_data / "tiny_coco_json" / "tiny_coco"
    annotations = source / "annotations" / "instances_train2017.json"
    command = [
        sys.executable,
        "-m",
        "official.vision.data.create_coco_tf_record",
        f"--image_dir={source / 'train2017'}",
        f"--object_annotations_file={annotations}",
        f"--output_file_prefix={tmp_path / 'train'}",
        "--num_shards=3",
    ]
    subprocess.run(command, check=True, capture_output=True)
    table = read(tmp_path)
    content = json.loads(annotations.read_text())
    names = {category["id"]: category["name"] for category in content["categories"]}
    images = {(source / "train2017" / image["file_name"]).read_bytes(): image for image in content["images"]}
    assert len(table.images) == len(images) == 50 and not table.issues
    for row in table.images.itertuples():
        image = images[read_image(tmp_path, row.file)]
        size = (image["width"], image["height"])
        expected = []
        for annotation in content["annotations"]:
            x, y, width, height = annotation["bbox"]
            inside = x + width <= size[0] and y + height <= size[1]  # the script leaves out other boxes
            if annotation["image_id"] == image["id"] and inside:
                box = (x, y, x + width, y + height)
                expected.append((names[annotation["category_id"]], annotation["iscrowd"], box))
        objects = table.objects[table.objects["image_id"] == row.id]
        assert [table.class_names[label - 1] for label in objects["label"]] == [
            name for name, _, _ in expected
        ]
        assert objects["crowd"].tolist() == [bool(crowd) for _, crowd, _ in expected]
        boxes = np.array([box for _, _, box in expected]).reshape(-1, 4)
        np.testing.assert_allclose(objects[CORNERS].to_numpy() * (*size, *size), boxes, atol=1e-3)
