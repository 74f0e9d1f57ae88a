"""Mask R-CNN from COCO's own photographs and masks to box and mask scores, through every stage between."""

import json
from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML

from pipeline.params.schema import Params
from pipeline.stage import call
from pipeline.stages import convert, detect, evaluate, export, finetune, train, zoo
from tests.support.project import ROOT
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
    merge(values, {"train": training | {"learning_rate": 0.001, "frozen_stages": 0}})
    return Params.model_validate(values)


@pytest.mark.slow
@pytest.mark.real
def test_masks_from_coco_to_scores(real_data: Path, tmp_path: Path) -> None:
    settings = params(real_data)
    converted, predictions = tmp_path / "converted", tmp_path / "predictions"
    raw = real_data / "tiny_coco_json"
    call(
        convert.run, settings, raw=raw, converted=converted, metrics=tmp_path / "m.json", plots=tmp_path / "p"
    )
    call(zoo.run, settings, backbone=tmp_path / "zoo", log=tmp_path / "zoo.log")
    classifier, detector = tmp_path / "classifier", tmp_path / "detector"
    call(
        finetune.run,
        settings,
        converted=converted,
        zoo=tmp_path / "zoo",
        classifier=classifier,
        curves=tmp_path / "c1",
        log=tmp_path / "keras.log",
    )
    call(
        train.run,
        settings,
        converted=converted,
        backbone=tmp_path / "zoo",
        detector=detector,
        curves=tmp_path / "c2",
        log=tmp_path / "keras.log",
    )
    call(export.run, settings, detector=detector, classifier=classifier, exported=tmp_path / "exported")
    call(detect.run, settings, converted=converted, exported=tmp_path / "exported", predictions=predictions)
    scores_file = tmp_path / "detector.json"
    call(
        evaluate.run,
        settings,
        converted=converted,
        predictions=predictions,
        detector=scores_file,
        classifier=tmp_path / "classifier.json",
        plots=tmp_path / "plots",
    )
    issues = pd.read_csv(converted / "issues.csv")
    assert not issues["fault"].str.startswith("mask").any()
    sizes = pd.read_csv(converted / "images.csv").set_index("id")[["height", "width"]]
    for split in ("val", "test"):
        found = json.loads((predictions / f"detections-{split}.json").read_text())
        assert found
        assert all(row["segmentation"]["size"] == sizes.loc[row["image_id"]].tolist() for row in found)
    scores = json.loads(scores_file.read_text())
    assert 0 < scores["mAP"] <= scores["AP50"] <= 1
    assert 0 < scores["segm"]["mAP"] <= scores["segm"]["AP50"] <= 1
