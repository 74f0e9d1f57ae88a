"""All weights of each detector are saved to a model directory and loaded from it."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.models.backbones.freezing import freeze_stages
from pipeline.models.detectors.registry import ARCHITECTURES, build_detector
from pipeline.models.weights.directory import load_network, save_network
from tests.support.detectors import config_of


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_weight_of_a_detector_is_saved_and_loaded(architecture: str, tmp_path: Path) -> None:
    config = config_of(architecture, classes=("one", "two"))
    first, second = build_detector(config), build_detector(config)
    generator = np.random.default_rng(0)
    for variable in first.network.weights:
        variable.assign(generator.uniform(0.5, 1.5, variable.shape))
    freeze_stages(first.backbone, 1)
    save_network(first.network, tmp_path)
    load_network(second.network, tmp_path)
    freeze_stages(second.backbone, 1)  # only so that both list their weights in one order
    for saved, loaded in zip(first.network.weights, second.network.weights, strict=True):
        np.testing.assert_array_equal(loaded, saved, err_msg=saved.name)
