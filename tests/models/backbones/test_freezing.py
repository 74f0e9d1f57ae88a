"""Freezing the first stages of each backbone."""

import pytest

from pipeline.models.backbones.freezing import freeze_stages
from pipeline.models.backbones.registry import BACKBONES, build_backbone
from tests.support.layer_graph import layers_of_level

DEEP = {"resnet101", "resnet152", "resnet101v2", "resnet152v2"}
ALL = [pytest.param(name, marks=pytest.mark.slow if name in DEEP else ()) for name in BACKBONES]


@pytest.mark.parametrize("name", ALL)
def test_the_frozen_layers_are_exactly_those_that_the_level_depends_on(name: str) -> None:
    backbone = build_backbone(name, 1.0)
    for stages in (1, 2, 3, 4):
        freeze_stages(backbone, stages)
        frozen = {layer.name for layer in backbone.layers if not layer.trainable}
        level = stages + 1 if name != "simple_cnn" else min(stages + 1, 3)
        assert frozen == layers_of_level(backbone, str(level))
    assert not backbone.trainable_variables


def test_no_stage_freezes_nothing() -> None:
    backbone = build_backbone("mobilenet", 0.25)
    count = len(backbone.trainable_variables)
    freeze_stages(backbone, 0)
    assert len(backbone.trainable_variables) == count
