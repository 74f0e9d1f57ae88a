"""AP by the size of objects: each object in its range, and nothing where nothing is."""

import pytest

from pipeline.evaluation.object_sizes import size_scores
from tests.support.truths import found, truth_of


def test_each_size_is_scored_apart() -> None:
    sides = (10, 16, 40, 300)
    boxes = [
        {"xmin": 0, "ymin": 0, "xmax": side, "ymax": side, "image_id": i} for i, side in enumerate(sides, 1)
    ]
    boxes.append({"image_id": 1, "xmin": 100, "ymin": 100, "xmax": 180, "ymax": 180, "difficult": 1})
    rows = [(i, 1, 0, 0, side, side, 0.9) for i, side in enumerate(sides, 1) if side != 40]
    table = size_scores(truth_of(boxes, images=4), found(*rows), max_detections=100)
    assert table["size"].tolist() == ["0-16 px", "16-32 px", "32-64 px", "256-384 px"]
    assert table["AP"].tolist() == [pytest.approx(1), pytest.approx(1), 0, pytest.approx(1)]
    assert table["objects"].tolist() == [1, 1, 1, 1]


def test_no_objects_have_no_rows() -> None:
    assert size_scores(truth_of([]), found((1, 1, 0, 0, 5, 5, 0.5)), max_detections=100).empty
