"""The ground truth of a training's validation: of whole pictures, or of tiles."""

from pathlib import Path
from typing import Any

import numpy as np

from pipeline.datasets.converted.ground_truth import read_ground_truth
from pipeline.datasets.converted.tiling import learnt_split
from pipeline.inputs.examples import records
from pipeline.inputs.learnt_truth import learnt_truth
from tests.support.coloured_scenes import write_coco
from tests.support.conversion import run_convert
from tests.support.params_file import changed_params


def converted(tmp_path: Path, **changes: Any) -> Path:
    write_coco(tmp_path / "raw", 12, size=160)
    return run_convert(changed_params(tmp_path, convert__workers=1, **changes), tmp_path / "raw", tmp_path)


def test_without_tiles_it_is_that_of_the_tables(tmp_path: Path) -> None:
    folder = converted(tmp_path)
    given, found = read_ground_truth(folder).split("val"), learnt_truth(folder, "val")
    assert found.images.equals(given.images) and found.objects.equals(given.objects)


def test_with_tiles_it_is_that_of_their_records(tmp_path: Path) -> None:
    folder = converted(tmp_path, convert__tile=100, convert__tile_negatives=1.0)
    truth = learnt_truth(folder, "val")
    examples = list(records(folder, learnt_split(folder, "val")).as_numpy_iterator())
    assert truth.images["id"].tolist() == [example.image_id for example in examples]
    assert truth.classes == read_ground_truth(folder).classes
    assert truth.objects["difficult"].any() and truth.counted().sum() > 0
    for example in examples:
        rows = truth.objects[truth.objects["image_id"] == example.image_id]
        assert rows["label"].tolist() == example.labels.tolist()
        assert (rows["difficult"] > 0).tolist() == example.ignored.tolist()
        height, width = example.size_px
        shares = rows[["ymin", "xmin", "ymax", "xmax"]].to_numpy() / (height, width, height, width)
        np.testing.assert_allclose(shares, example.boxes, atol=1e-6)
