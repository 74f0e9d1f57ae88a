"""AdamW with weight decay for kernels only."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from pipeline.models.detectors.registry import ARCHITECTURES, build_detector
from pipeline.training.optimizers import adamw, split_variables
from tests.support.detectors import config_of
from tests.support.small_task import network


def test_weight_decay_spares_biases() -> None:
    model = network()
    model.get_layer("head").bias.assign([5.0])
    before = model.get_layer("head").kernel.numpy().copy()
    optimizer = adamw(0.1, 0.5)
    optimizer.apply_gradients([(tf.zeros_like(variable), variable) for variable in model.trainable_variables])
    np.testing.assert_allclose(model.get_layer("head").kernel, 0.95 * before, rtol=1e-5)
    np.testing.assert_allclose(model.get_layer("head").bias, [5.0])


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_in_every_detector_kernels_decay_and_nothing_else(architecture: str) -> None:
    model = build_detector(config_of(architecture, image_size=64))
    variables = model.network.trainable_variables
    before = [variable.numpy() for variable in variables]
    adamw(0.1, 0.5).apply_gradients([(tf.zeros_like(variable), variable) for variable in variables])
    for variable, old in zip(variables, before, strict=True):
        is_kernel = "kernel" in variable.name
        np.testing.assert_allclose(
            variable, old * (0.95 if is_kernel else 1.0), rtol=1e-5, err_msg=variable.name
        )


def test_a_layers_name_does_not_decide_whether_it_decays() -> None:
    layer = tf_keras.layers.Dense(2, name="unbiased_beta")
    layer.build([None, 3])
    before = layer.kernel.numpy()
    adamw(0.1, 0.5).apply_gradients([(tf.zeros_like(layer.kernel), layer.kernel)])
    np.testing.assert_allclose(layer.kernel, 0.95 * before, rtol=1e-5)


def test_variables_are_split_without_loss() -> None:
    model = network()
    inner = tf_keras.Model(model.input, model.get_layer("hidden").output)
    backbone, head = split_variables(model, inner)
    assert [variable.name for variable in backbone] == ["hidden/kernel:0", "hidden/bias:0"]
    assert [variable.name for variable in head] == ["head/kernel:0", "head/bias:0"]
