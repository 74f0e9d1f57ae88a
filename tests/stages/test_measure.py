"""The measures of a classifier for the transfer table."""

import json
from pathlib import Path

import pandas as pd
import pytest

from pipeline.errors import PipelineError
from pipeline.models.weights.config import write_config
from pipeline.stage import call
from pipeline.stages import measure
from pipeline.stages.measure import steps_until
from tests.support.classifiers import classifier_config
from tests.support.coloured_scenes import write_coco
from tests.support.conversion import run_convert
from tests.support.params_file import small_params
from tests.support.stages import run_finetune, run_zoo


def test_the_first_step_that_reaches_a_score() -> None:
    curve = pd.DataFrame({"step": [10, 20, 30], "class_top1": [0.5, 0.8, 0.7]})
    assert steps_until(curve, 0.8) == 20
    assert steps_until(curve, 0.81) is None


def test_a_classifier_of_few_labels_is_measured_on_them_and_on_test(tmp_path: Path) -> None:
    write_coco(tmp_path / "raw", 40)
    params = small_params(
        {
            "convert": {"workers": 1},
            "zoo": {"backbone": "simple_cnn", "alpha": 1.0, "weights": "none"},
            "finetune": {"mode": "scratch", "steps": 40, "max_crops_per_class": 5, "patience": 40},
            "train": {"architecture": "yolo_v1", "init": "scratch"},
            "study": {"score": 0.4},
        }
    )
    converted = run_convert(params, tmp_path / "raw", tmp_path)
    run_zoo(params, tmp_path)
    run_finetune(params, converted, tmp_path)
    trained = {
        "classifier": tmp_path / "models" / "classifier",
        "curves": tmp_path / "metrics" / "finetune",
    }
    call(measure.run, params, converted=converted, metrics=tmp_path / "study.json", **trained)
    measured = json.loads((tmp_path / "study.json").read_text())
    assert measured["train_crops"] == 10
    assert 0.4 <= measured["train"]["top1"] <= 1.0 and measured["train"]["top5"] is None
    assert 0.0 <= measured["test"]["top1"] <= 1.0
    assert 0 < measured["epochs"] <= 40 * params.finetune.batch_size / 10

    write_config(trained["classifier"], classifier_config(mode="none"))
    with pytest.raises(PipelineError, match=r"finetune.mode is none, so there is no classifier to measure"):
        call(measure.run, params, converted=converted, metrics=tmp_path / "study.json", **trained)
