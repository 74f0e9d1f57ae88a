"""Manifests of SageMaker Ground Truth."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.dataset_files import faults, make, read

BOX = ["xmin", "ymin", "xmax", "ymax"]


def line(source: str, *boxes: tuple[int, int, int, int, int], job: str = "boxes", **metadata: Any) -> str:
    """Return a line of a manifest. A box is class, left, top, width and height."""
    keys = ("class_id", "left", "top", "width", "height")
    value = {
        "image_size": [{"width": 60, "height": 40, "depth": 3}],
        "annotations": [dict(zip(keys, box, strict=True)) for box in boxes],
    }
    about = {"class-map": {"0": "cat", "1": "dog"}, "type": "groundtruth/object-detection", **metadata}
    return json.dumps({"source-ref": source, job: value, f"{job}-metadata": about})


def test_images_are_found_by_the_last_parts_of_their_path(tmp_path: Path) -> None:
    lines = [
        line("s3://bucket/project/left/1.jpg", (0, 10, 20, 30, 15)),
        line("s3://bucket/project/right/1%20b.jpg", (1, 1, 2, 3, 4)),
        line("s3://bucket/project/right/1.jpg", (1, 1, 2, 3, 4), (0, 5, 5, 5, 5)),
    ]
    names = ("left/1.jpg", "right/1.jpg", "right/1 b.jpg")
    table = read(make(tmp_path, {"output.manifest": "\n".join(lines), **dict.fromkeys(names, "")}))
    assert table.class_names == ("cat", "dog") and not table.issues
    assert table.images[["file", "width", "height"]].to_numpy().tolist() == [
        ["left/1.jpg", 60, 40],
        ["right/1 b.jpg", 60, 40],
        ["right/1.jpg", 60, 40],
    ]
    assert table.objects[["image_id", "label", *BOX]].to_numpy().tolist() == [
        [1, 1, 10, 20, 40, 35],
        [2, 2, 1, 2, 4, 6],
        [3, 2, 1, 2, 4, 6],
        [3, 1, 5, 5, 10, 10],
    ]


def test_labels_of_whole_images_and_files_of_splits(tmp_path: Path) -> None:
    about = {"class-name": "dog", "confidence": 0.9, "type": "groundtruth/image-classification"}
    value = {"source-ref": "s3://b/1.jpg", "kind": 1, "kind-metadata": about}
    files = {
        "train.manifest": json.dumps(value),
        "validation.manifest": line("s3://b/2.jpg"),
        "1.jpg": "",
        "2.jpg": "",
    }
    table = read(make(tmp_path, files))
    assert table.class_names == ("dog",) and table.images["split"].tolist() == ["train", "val"]
    assert len(table.objects) == 1 and np.isnan(table.objects[BOX].to_numpy()).all()


def test_failed_jobs_and_unknown_classes_are_listed(tmp_path: Path) -> None:
    failed = {"failure-reason": "no workers"}
    lines = [
        line("s3://b/1.jpg", (7, 1, 2, 3, 4), (0, 1, 2, 3, 4)),
        json.dumps({"source-ref": "s3://b/2.jpg", "boxes-metadata": failed}),
        json.dumps({"source-ref": "s3://b/3.jpg"}),
        line("s3://b/4.jpg", type="groundtruth/semantic-segmentation"),
        json.dumps(json.loads(line("s3://b/5.jpg", (0, 1, 2, 3, 4))) | {"more-metadata": failed}),
        "broken",
    ]
    files = {f"{number}.jpg": "" for number in range(1, 6)}
    table = read(make(tmp_path, {"output.manifest": "\n".join(lines), **files}))
    assert faults(table) == [
        ("1.jpg", "unknown-class"),
        ("2.jpg", "image-without-annotation"),
        ("3.jpg", "image-without-annotation"),
        ("4.jpg", "image-without-annotation"),
        ("5.jpg", "shape-without-box"),
        ("output.manifest", "unreadable-annotation"),
    ]
    assert "no workers" in table.issues[1].fault.detail
    assert table.images["file"].tolist() == ["1.jpg", "5.jpg"] and len(table.objects) == 2
