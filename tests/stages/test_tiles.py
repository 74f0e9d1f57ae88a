"""Tiles from the conversion to the scores: what trains, what is exported, and that whole pictures are scored."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.datasets.converted.ground_truth import read_ground_truth
from pipeline.datasets.converted.tiling import read_tiling
from pipeline.inputs.examples import records
from pipeline.models.weights.config import TrainedDetectorConfig, read_config
from pipeline.serving.predict import tiled_detections
from pipeline.serving.saved_model import read_exported_config
from pipeline.serving.tiles import TiledPredictor
from tests.support.coloured_scenes import write_coco
from tests.support.conversion import run_convert
from tests.support.params_file import small_params
from tests.support.predictors import ColouredRectangles
from tests.support.stages import run_finetune, run_from_export_to_scores, run_train, run_zoo

PARAMS = small_params(
    {
        "zoo": {"weights": "none"},
        "convert": {"workers": 1, "tile": 96, "tile_negatives": 1.0},
        "finetune": {"mode": "none"},
        "train": {"steps": 4, "warmup_steps": 1, "evaluations": 1, "init": "scratch"},
        "export": {"score_threshold": 0.0},
    }
)


@pytest.mark.slow
def test_a_detector_of_tiles_is_scored_on_whole_pictures(tmp_path: Path) -> None:
    write_coco(tmp_path / "raw", 16, size=160)
    converted = run_convert(PARAMS, tmp_path / "raw", tmp_path)
    tiling = read_tiling(converted)
    assert tiling is not None and tiling.counts["train"] > 16
    run_zoo(PARAMS, tmp_path)
    run_finetune(PARAMS, converted, tmp_path)
    run_train(PARAMS, converted, tmp_path)
    trained = read_config(tmp_path / "models" / "detector", TrainedDetectorConfig)
    assert (trained.tile, trained.tile_overlap) == (96, 0.2)
    run_from_export_to_scores(PARAMS, converted, tmp_path)
    config = read_exported_config(tmp_path / "models" / "exported" / "detector")
    assert (config.tile, config.tile_overlap) == (96, 0.2)
    truth = read_ground_truth(converted).split("test")
    found = pd.DataFrame(json.loads((tmp_path / "predictions" / "detections-test.json").read_text()))
    assert set(found["image_id"]) <= set(truth.images["id"])
    corners = np.array(found["bbox"].tolist())
    assert (corners[:, :2] + corners[:, 2:]).max() > 96  # beyond the first tile
    scores = json.loads((tmp_path / "metrics" / "detector.json").read_text())
    assert scores["test_set"] and scores["mAP"] is not None


def test_the_detections_of_tiles_are_those_of_whole_pictures(tmp_path: Path) -> None:
    write_coco(tmp_path / "raw", 12, size=160)
    converted = run_convert(PARAMS, tmp_path / "raw", tmp_path)
    done: list[int] = []
    predictor = TiledPredictor(ColouredRectangles(), 96, 0.2)
    found = list(tiled_detections(predictor, records(converted, "test"), done.append))
    truth = read_ground_truth(converted).split("test")
    assert sum(done) == len(truth.images)
    expected = truth.objects.groupby("image_id").size()
    assert {detection["image_id"] for detection in found} == set(expected.index)
    for row in truth.objects.to_dict("records"):
        box = [row["xmin"], row["ymin"], row["xmax"] - row["xmin"], row["ymax"] - row["ymin"]]
        own = [detection for detection in found if detection["image_id"] == row["image_id"]]
        assert any(np.allclose(detection["bbox"], box, atol=2) for detection in own), row
