"""Group normalisation: the values and gradients of the layer of Keras."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from pipeline.models.detectors.group_norm import GroupNorm

SHAPE = (3, 5, 4, 12)


def layers(groups: int, dtype: str = "float32") -> list[tf_keras.layers.GroupNormalization]:
    """Return our layer and that of Keras, with the same random weights."""
    rng = np.random.default_rng(1)
    gamma, beta = rng.uniform(0.5, 2.0, SHAPE[-1]), rng.normal(size=SHAPE[-1])
    built = [
        kind(groups, epsilon=1e-5, dtype=dtype) for kind in (GroupNorm, tf_keras.layers.GroupNormalization)
    ]
    for layer in built:
        layer.build(SHAPE)
        layer.gamma.assign(gamma)
        layer.beta.assign(beta)
    return built


@pytest.mark.parametrize("groups", [1, 4, 12])
def test_values_and_gradients_are_those_of_keras(groups: int) -> None:
    inputs = tf.constant(np.random.default_rng(2).normal(3.0, 2.0, SHAPE).astype(np.float32))
    results = []
    for layer in layers(groups):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs)
            total = tf.reduce_sum(tf.sin(outputs))
        results.append([outputs, *tape.gradient(total, [inputs, layer.gamma, layer.beta])])
    for own, of_keras in zip(*results, strict=True):
        np.testing.assert_allclose(own, of_keras, atol=1e-4)


def test_an_even_map_gives_the_offset() -> None:
    layer, _ = layers(4)
    outputs = layer(tf.fill(SHAPE, 700.0)).numpy()
    np.testing.assert_allclose(outputs, np.broadcast_to(layer.beta.numpy(), SHAPE), atol=0.2)


def test_mixed_precision_keeps_the_dtype_and_the_values() -> None:
    inputs = tf.constant(np.random.default_rng(2).normal(size=SHAPE).astype(np.float32))
    [mixed, _], [exact, _] = layers(4, "mixed_bfloat16"), layers(4)
    outputs = mixed(tf.cast(inputs, tf.bfloat16))
    assert outputs.dtype == tf.bfloat16
    np.testing.assert_allclose(tf.cast(outputs, tf.float32), exact(inputs), atol=0.06)
