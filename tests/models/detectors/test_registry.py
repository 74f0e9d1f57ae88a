"""The registry of the detectors."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import tensorflow as tf

from pipeline.models.backbones.registry import build_backbone
from pipeline.models.detectors.registry import ARCHITECTURES, build_detector, detector_class
from pipeline.params.detectors import Architecture
from pipeline.params.train import Train
from tests.support.detectors import config_of


def test_the_architectures_of_params_and_of_model_json_are_those_of_the_registry() -> None:
    assert set(get_args(Architecture)) == set(ARCHITECTURES)
    assert set(get_args(Train.model_fields["architecture"].annotation)) == set(ARCHITECTURES)


@pytest.mark.parametrize("architecture", ["ssd", "mask_rcnn"])
def test_a_detector_is_built_with_its_own_sections(architecture: str) -> None:
    detector = build_detector(config_of(architecture, image_size=64, classes=("a", "b")))
    assert type(detector) is detector_class(architecture)
    assert detector.backbone.name == "mobilenet"
    inside = {id(variable) for variable in detector.network.variables}
    assert all(id(variable) in inside for variable in detector.backbone.variables)


@pytest.mark.parametrize("folded", [False, True])
def test_given_weights_are_those_of_the_backbone(folded: bool, tmp_path: Path) -> None:
    source = build_backbone("mobilenet", 0.25)
    source.save_weights(tmp_path / "b.weights.h5")
    config = config_of("gfl", image_size=64).model_copy(update={"folded": folded})
    detector = build_detector(config, tmp_path / "b.weights.h5")
    image = tf.random.stateless_uniform([1, 64, 64, 3], [1, 2], 0, 255)
    for level, expected in source(image, training=False).items():
        np.testing.assert_allclose(detector.backbone(image, training=False)[level], expected, atol=1e-4)
