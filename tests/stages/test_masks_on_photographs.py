"""Mask R-CNN from COCO's own photographs and masks to box and mask scores, through every stage between."""

import json
from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML

from pipeline.params.schema import Params
from tests.support.conversion import run_convert
from tests.support.project import ROOT
from tests.support.stages import run_finetune, run_from_export_to_scores, run_train, run_zoo
from tools.small_budget import SMALL, merge

WEIGHTS = Path("weights/mobilenet_2_5_224_tf_no_top.h5")


def params(data: Path) -> Params:
    values = YAML(typ="safe", pure=True).load(ROOT / "params.yaml")
    merge(values, SMALL)
    merge(values, {"zoo": {"weights": "file", "file": str(data / WEIGHTS)}})
    training = {
        "architecture": "mask_rcnn",
        "init": "pretrained",
        "image_size": 192,
        "steps": 250,
        "batch_size": 4,
    }
    merge(values, {"export": {"formats": []}})  # other files than the SavedModel cannot hold masks
    merge(values, {"train": training | {"learning_rate": 0.001, "frozen_stages": 0}})
    return Params.model_validate(values)


@pytest.mark.slow
@pytest.mark.real
def test_masks_from_coco_to_scores(real_data: Path, tmp_path: Path) -> None:
    settings = params(real_data)
    converted = run_convert(settings, real_data / "tiny_coco_json", tmp_path)
    run_zoo(settings, tmp_path)
    run_finetune(settings, converted, tmp_path)
    run_train(settings, converted, tmp_path)
    run_from_export_to_scores(settings, converted, tmp_path)
    issues = pd.read_csv(converted / "issues.csv")
    assert not issues["fault"].str.startswith("mask").any()
    sizes = pd.read_csv(converted / "images.csv").set_index("id")[["height", "width"]]
    for split in ("val", "test"):
        found = json.loads((tmp_path / "predictions" / f"detections-{split}.json").read_text())
        assert found
        assert all(row["segmentation"]["size"] == sizes.loc[row["image_id"]].tolist() for row in found)
    scores = json.loads((tmp_path / "metrics" / "detector.json").read_text())
    assert 0 < scores["mAP"] <= scores["AP50"] <= 1
    assert 0 < scores["segm"]["mAP"] <= scores["segm"]["AP50"] <= 1
