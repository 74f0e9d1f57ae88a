"""Weights files of Keras in both formats, and messages for files that do not fit."""

from pathlib import Path

import numpy as np
import pytest
import tf_keras
from tf_keras import applications

from pipeline.errors import PipelineError
from pipeline.models.backbones.names import LAYERED
from pipeline.models.backbones.registry import BACKBONES, build_backbone
from pipeline.models.weights.keras_files import load_weights
from tests.support.official_networks import assert_same_activations, official, with_random_statistics

DEEP = {"resnet101", "resnet152", "resnet101v2", "resnet152v2"}
CASES = [
    ("mobilenet", 0.25, ".h5"),
    ("mobilenet", 0.6, ".weights.h5"),
    ("mobilenet_v2", 0.35, ".h5"),
    ("mobilenet_v2", 1.4, ".h5"),
    ("resnet50", 1.0, ".weights.h5"),
    *[
        pytest.param(name, 1.0, ".h5", marks=pytest.mark.slow if name in DEEP else ())
        for name in BACKBONES
        if name not in LAYERED
        and not name.startswith(("garden", "efficientnet"))
        and name not in ("resnet18", "resnet34", "mobilenet", "mobilenet_v2")
    ],
]


@pytest.mark.parametrize(("name", "alpha", "suffix"), CASES)
def test_official_files_give_the_official_activations(
    name: str, alpha: float, suffix: str, tmp_path: Path
) -> None:
    tf_keras.utils.set_random_seed(1)
    model, preprocess = official(name, alpha)
    with_random_statistics(model).save_weights(tmp_path / f"weights{suffix}")
    backbone = build_backbone(name, alpha)
    load_weights(backbone, tmp_path / f"weights{suffix}")
    assert_same_activations(backbone, model, preprocess)


def test_a_file_that_does_not_fit_is_one_line_that_names_the_difference(tmp_path: Path) -> None:
    backbone = build_backbone("mobilenet", 0.25)
    for suffix in (".h5", ".weights.h5"):
        applications.MobileNet(
            alpha=0.5, include_top=False, weights=None, input_shape=(64, 64, 3)
        ).save_weights(tmp_path / f"half{suffix}")
        short = tf_keras.Model(backbone.input, backbone.get_layer("conv_pw_13").output)
        short.save_weights(tmp_path / f"short{suffix}")
    applications.MobileNet(alpha=0.25, weights=None, classes=3).save_weights(tmp_path / "top.h5")
    (tmp_path / "text.h5").write_text("not weights")
    shapes = "layer conv1: the file has (3, 3, 3, 16), mobilenet needs (3, 3, 3, 8)"
    missing = (
        "the file has 53 layers with weights, mobilenet needs 54; the first missing layer is conv_pw_13_bn"
    )
    for file, message in {
        "half.h5": shapes,
        "half.weights.h5": shapes,
        "short.h5": missing,
        "short.weights.h5": missing,
        "top.h5": "the file has 55 layers with weights, mobilenet needs 54; give a file without",
        "text.h5": "does not fit",
        "no.h5": "not found",
        "": "the folder contains no checkpoint",
    }.items():
        with pytest.raises(PipelineError) as raised:
            load_weights(backbone, tmp_path / file)
        assert message in str(raised.value)
        assert "\n" not in str(raised.value)


@pytest.mark.real
def test_the_real_imagenet_file_loads(real_data: Path) -> None:
    backbone = build_backbone("mobilenet", 0.25)
    before = backbone.get_layer("conv1").kernel.numpy().copy()
    load_weights(backbone, real_data / "weights" / "mobilenet_2_5_224_tf_no_top.h5")
    assert np.abs(backbone.get_layer("conv1").kernel - before).max() > 0.1
