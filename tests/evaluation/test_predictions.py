"""Predictions that cannot belong to the truth are refused in one line."""

import json
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as oracle

from pipeline.errors import PipelineError
from pipeline.evaluation.predictions import DETECTION, detection_table, read_classifications, read_detections
from tests.support.truths import truth_of

TRUTH = truth_of([{"xmin": 0, "ymin": 0, "xmax": 20, "ymax": 20}], images=2, classes=2)


def entry(**changes: object) -> dict[str, object]:
    return {"image_id": 1, "category_id": 1, "bbox": [0, 0, 5, 5], "score": 0.5} | changes


def read(folder: Path, text: str) -> object:
    path = folder / "detections-test.json"
    path.write_text(text)
    return read_detections(path, TRUTH)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (json.dumps([entry(image_id=7)]), "image_id 7 is not an image of this split"),
        (json.dumps([entry(category_id=3)]), "class 3 is not one of the classes 1 to 2 of labels.txt"),
        (json.dumps([entry(), entry(bbox=[1, 2, 3])]), "entry 1 is not a detection"),
        (json.dumps([entry(score=float("nan"))]), "entry 0 has a bbox or score that is not finite"),
        (json.dumps({}), "not COCO results"),
        ("[", "not JSON"),
    ],
)
def test_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(PipelineError, match=said):
        read(tmp_path, text)


def masked(**changes: object) -> dict[str, object]:
    runs = {
        "size": [400, 400],
        "counts": oracle.encode(np.ones((400, 400), np.uint8, "F"))["counts"].decode(),
    }
    return entry(segmentation=runs | changes)


@pytest.mark.parametrize(
    ("entries", "number"),
    [
        ([masked(), entry()], 1),
        ([masked(size=[400, 399])], 0),
        ([masked(counts="T3 ")], 0),
        ([masked(counts=[5, 5])], 0),
        ([entry(segmentation=None)], 0),
    ],
)
def test_masks_that_are_none_of_the_image(tmp_path: Path, entries: list[object], number: int) -> None:
    with pytest.raises(PipelineError, match=f"entry {number} has no segmentation"):
        read(tmp_path, json.dumps(entries))


def test_masks_stay_with_their_detections(tmp_path: Path) -> None:
    small = oracle.encode(np.eye(400, dtype=np.uint8, order="F"))["counts"].decode()
    table = read(tmp_path, json.dumps([masked(), masked(counts=small) | {"score": 0.9}]))
    assert table["mask"].tolist() == [small, masked()["segmentation"]["counts"]]
    assert "mask" not in read(tmp_path, json.dumps([entry()]))


def test_absent(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="run the detect stage first"):
        read_detections(tmp_path / "detections-val.json", TRUTH)


def test_empty_is_fine(tmp_path: Path) -> None:
    assert len(read(tmp_path, "[]")) == 0


def test_order_does_not_depend_on_the_file(tmp_path: Path) -> None:
    entries = [
        entry(image_id=i, bbox=[x, 0, 5, 5], score=s) for i in (2, 1) for x in (3, 1) for s in (0.2, 0.9)
    ]
    one, other = read(tmp_path, json.dumps(entries)), read(tmp_path, json.dumps(entries[::-1]))
    assert one.equals(other)
    assert one["score"].tolist() == [0.9, 0.9, 0.2, 0.2] * 2


def test_classifications_lack_a_class(tmp_path: Path) -> None:
    path = tmp_path / "classifier-test.csv"
    path.write_text("image_id,label,score_1\n1,1,0.5\n")
    with pytest.raises(PipelineError, match="must have the columns image_id, label, score_1, score_2"):
        read_classifications(path, TRUTH)


def test_a_batch_of_detections_becomes_rows_in_pixels() -> None:
    found = {
        "boxes": np.array([[[0.1, 0.2, 0.5, 0.4], [0, 0, 1, 1]], [[0, 0, 0, 0], [0, 0, 0, 0]]], np.float32),
        "scores": np.array([[0.9, 0.2], [0, 0]], np.float32),
        "classes": np.array([[2, 1], [0, 0]], np.int32),
        "num_detections": np.array([1, 0], np.int32),
    }
    table = detection_table(found, np.array([7, 8]), np.array([[200, 100], [50, 50]]))
    assert list(table.columns) == DETECTION
    np.testing.assert_allclose(table.to_numpy(float), [[7, 2, 40, 10, 40, 40, 0.9]], rtol=1e-6)
