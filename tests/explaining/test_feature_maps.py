"""Feature maps at chosen layers."""

import numpy as np
import pytest
import tensorflow as tf

from pipeline.errors import PipelineError
from pipeline.explaining.feature_maps import as_grey, layer_outputs, level_layers, strongest_channels
from pipeline.models.backbones.registry import build_backbone


def test_the_layers_of_the_levels_give_the_outputs_of_the_backbone() -> None:
    backbone = build_backbone("mobilenet", 0.25)
    names = level_layers(backbone)
    assert names == ["conv_pw_3_relu", "conv_pw_5_relu", "conv_pw_11_relu", "conv_pw_13_relu"]
    image = tf.random.stateless_uniform([1, 64, 64, 3], [0, 1], 0.0, 255.0)
    outputs, expected = layer_outputs(backbone, names)(image), backbone(image)
    for name, level in zip(names, ("2", "3", "4", "5"), strict=True):
        np.testing.assert_array_equal(outputs[name], expected[level])


def test_a_layer_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(
        PipelineError,
        match=r"nose is no layer of the backbone simple_cnn; its levels are conv_3, activation_3",
    ):
        layer_outputs(build_backbone("simple_cnn", 1.0), ["nose"])


def test_the_strongest_channels_come_first() -> None:
    values = np.zeros((2, 2, 4), np.float32)
    values[0, 1, 2], values[1, 1, 0] = 5.0, 3.0
    assert strongest_channels(values, 2).tolist() == [2, 0]
    grey = as_grey(values[..., 2])
    assert grey.shape == (2, 2, 3) and grey[0, 1].tolist() == [255] * 3 and grey[1, 1].tolist() == [0] * 3
    assert (as_grey(values[..., 1]) == 0).all()
