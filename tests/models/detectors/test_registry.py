"""The registry of the detectors."""

from typing import get_args

import pytest

from pipeline.models.detectors.registry import DETECTORS, build_detector
from pipeline.models.weights.config import Architecture
from pipeline.params.train import Train
from tests.support.detectors import config_of


def test_the_architectures_of_params_and_of_model_json_are_those_of_the_registry() -> None:
    assert set(get_args(Architecture)) == set(DETECTORS)
    assert set(get_args(Train.model_fields["architecture"].annotation)) == set(DETECTORS)


@pytest.mark.parametrize("architecture", ["ssd", "mask_rcnn"])
def test_a_detector_is_built_with_its_own_sections(architecture: str) -> None:
    detector = build_detector(config_of(architecture, image_size=64, classes=("a", "b")))
    assert type(detector) is DETECTORS[architecture]
    assert detector.backbone.name == "mobilenet"
    inside = {id(variable) for variable in detector.network.variables}
    assert all(id(variable) in inside for variable in detector.backbone.variables)
