"""The BatchNorm layers of a backbone: momentum, and inference mode while frozen."""

import numpy as np
import tensorflow as tf
import tf_keras

from pipeline.models.backbones.batchnorm import BATCHNORM_MOMENTUM, batchnorms, set_batchnorm_trainable
from pipeline.models.backbones.registry import build_backbone

PIXELS = tf.constant(np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3)).astype(np.float32))


def test_all_batchnorm_layers_have_the_momentum_of_short_trainings() -> None:
    layers = batchnorms(build_backbone("mobilenet", 0.25))
    assert len(layers) == 27
    assert {layer.momentum for layer in layers} == {BATCHNORM_MOMENTUM}


def test_a_backbone_without_batchnorm_has_none() -> None:
    assert batchnorms(tf_keras.Sequential([tf_keras.Input([3]), tf_keras.layers.Dense(2)])) == []


def test_batchnorm_inside_the_blocks_of_model_garden_is_included() -> None:
    backbone = build_backbone("garden_resnet18", 1.0)
    top_level = [layer for layer in backbone.layers if isinstance(layer, tf_keras.layers.BatchNormalization)]
    assert len(batchnorms(backbone)) > len(top_level)
    set_batchnorm_trainable(backbone, False)
    names = [variable.name for variable in backbone.trainable_variables]
    assert not any("gamma" in name or "beta" in name for name in names)


def test_frozen_batchnorm_is_in_inference_mode_during_training() -> None:
    backbone = build_backbone("mobilenet", 0.25)
    set_batchnorm_trainable(backbone, False)
    before = backbone.get_layer("conv1_bn").moving_mean.numpy().copy()
    inference = backbone(PIXELS, training=False)["5"]
    np.testing.assert_allclose(backbone(PIXELS, training=True)["5"], inference, atol=1e-6)
    np.testing.assert_array_equal(backbone.get_layer("conv1_bn").moving_mean, before)
    assert not any("gamma" in variable.name for variable in backbone.trainable_variables)
