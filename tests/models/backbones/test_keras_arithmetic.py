"""The arithmetic of Keras networks, against published figures and against lists of layers."""

import pytest

from pipeline.models.backbones.keras_arithmetic import keras_rows
from pipeline.models.backbones.layer_arithmetic import head_start, layer_rows
from pipeline.models.backbones.layer_lists import vgg


def test_vgg16_of_keras_is_configuration_d() -> None:
    layers = vgg("d")
    ours = [row for row in layer_rows(layers[: head_start(layers)], 64)]
    theirs = list(keras_rows("vgg16", 1.0, 64))
    for own, other in zip(ours, theirs, strict=True):
        assert own[2:] == other[2:]


def test_the_multiply_adds_of_resnet50() -> None:
    rows = list(keras_rows("resnet50", 1.0, 224))
    # He et al. 2016, table 1: 3.8e9 for the convolutions and the last layer; Keras puts the stride into the first
    # convolution of a block, as the paper does
    assert sum(row.multiply_adds for row in rows) == pytest.approx(3.8e9, rel=0.03)
    assert rows[-1].stride == 32
    assert rows[-1].field == 483  # Araujo et al. 2019, "Computing receptive fields", table of ResNet-50


def test_the_blocks_of_model_garden_are_not_looked_into() -> None:
    rows = list(keras_rows("garden_resnet18", 1.0, 64))
    blocks = [row for row in rows if row.name.startswith("residual_block")]
    assert len(blocks) == 8
    assert all(row.field == 0 for row in blocks)
    assert rows[-1].stride == 32


def test_a_layer_without_a_kernel_keeps_the_receptive_field() -> None:
    rows = list(keras_rows("efficientnet_b0", 1.0, 64))
    assert rows[0].name.startswith("normalization")  # Keras numbers the layers of a process
    assert [row.field for row in rows[:2]] == [1, 3]
    assert all(row.field for row in rows)
