"""Folded backbones compute what the plain ones compute in inference mode, and have the same layers."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from pipeline.models.backbones.batchnorm import batchnorms
from pipeline.models.backbones.folding import fold_batchnorm
from pipeline.models.backbones.freezing import freeze_stages
from pipeline.models.backbones.registry import build_backbone
from pipeline.params.layers import BatchNorm, Conv
from tests.support.detectors import ALPHAS

LEFT = {"simple_cnn": 3, "mobilenet": 0, "efficientnet_lite0": 0, "resnet18": 0, "resnet50v2": 17, "vgg16": 0}
"""Backbone -> number of BatchNorm layers that follow no convolution."""


def with_statistics(backbone: tf_keras.Model) -> tf_keras.Model:
    """Give each BatchNorm random statistics, so that folding them wrongly is seen."""
    rng = np.random.default_rng(0)
    for layer in batchnorms(backbone):
        layer.set_weights([value + rng.uniform(0.05, 0.2, value.shape) for value in layer.get_weights()])
    return backbone


@pytest.mark.parametrize("name", LEFT)
def test_a_folded_backbone_computes_the_same(name: str) -> None:
    plain = with_statistics(build_backbone(name, ALPHAS.get(name, 1.0)))
    folded = fold_batchnorm(plain)
    image = tf.constant(np.random.default_rng(1).uniform(0, 255, (1, 64, 64, 3)), tf.float32)
    for level, expected in plain(image, training=False).items():
        scale = np.abs(expected).max()
        np.testing.assert_allclose(folded(image, training=False)[level] / scale, expected / scale, atol=2e-5)
    assert len(batchnorms(folded)) == LEFT[name]


def test_a_convolution_with_an_activation_is_not_folded() -> None:
    layers = [
        Conv(layer="conv", filters=4, kernel=3, stride=4, padding=1, activation="relu"),
        BatchNorm(layer="batch_norm"),
    ]
    plain = with_statistics(build_backbone("layers", 1.0, layers=layers))
    folded = fold_batchnorm(plain)
    image = tf.random.stateless_uniform([1, 32, 32, 3], [0, 1], 0.0, 255.0)
    np.testing.assert_array_equal(folded(image)["2"], plain(image)["2"])
    assert len(batchnorms(folded)) == 1


def test_layers_names_shapes_and_freezing_stay() -> None:
    plain = build_backbone("mobilenet", 0.25)
    folded = fold_batchnorm(plain)
    assert folded.name == plain.name
    assert [layer.name for layer in folded.layers] == [layer.name for layer in plain.layers]
    assert folded.output_specs == plain.output_specs
    freeze_stages(folded, 2)
    assert not folded.get_layer("conv_pw_5").trainable
    assert folded.get_layer("conv_pw_6").trainable


def test_the_given_backbone_is_not_changed() -> None:
    plain = with_statistics(build_backbone("mobilenet", 0.25))
    before = plain.get_weights()
    for variable in fold_batchnorm(plain).variables:
        variable.assign(tf.zeros_like(variable))
    for value, expected in zip(plain.get_weights(), before, strict=True):
        np.testing.assert_array_equal(value, expected)
