"""Tests for the depthwise convolution whose kernel learns fast."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from pipeline.models.backbones.depthwise import DepthwiseConv2D


@pytest.mark.parametrize(
    ("kernel", "stride", "side"),
    [(5, 1, 8), (5, 2, 8), (5, 2, 9), (7, 1, 6), (7, 3, 11), (3, 1, 8), (5, 1, 2)],
)
def test_values_and_gradients_are_those_of_keras(kernel: int, stride: int, side: int) -> None:
    ours = DepthwiseConv2D(kernel, stride, padding="same", use_bias=True)
    keras = tf_keras.layers.DepthwiseConv2D(kernel, stride, padding="same", use_bias=True)
    maps = tf.random.stateless_normal([3, side, side + 1, 4], [1, 2])
    keras.build(maps.shape)
    ours.build(maps.shape)
    ours.set_weights([np.random.default_rng(0).normal(size=each.shape) for each in ours.get_weights()])
    keras.set_weights(ours.get_weights())

    for each, other in zip(_learnt(ours, maps), _learnt(keras, maps), strict=True):
        np.testing.assert_allclose(each, other, rtol=1e-4, atol=1e-4)


def test_a_wide_kernel_learns_by_narrow_ones() -> None:
    layer = DepthwiseConv2D(5, padding="same")
    maps = tf.zeros([1, 8, 8, 4])
    layer.build(maps.shape)
    gradients = tf.function(lambda: _learnt(layer, maps)).get_concrete_function().graph.get_operations()

    filters = [each for each in gradients if each.type == "DepthwiseConv2dNativeBackpropFilter"]
    assert [tf.get_static_value(each.inputs[1])[1] for each in filters] == [3, 2]


def test_without_training_it_is_the_layer_of_keras() -> None:
    layer = DepthwiseConv2D(5, padding="same")
    graph = tf.function(layer).get_concrete_function(tf.TensorSpec([1, 8, 8, 4])).graph
    assert {each.type for each in graph.get_operations()}.isdisjoint({"IdentityN", "Pad"})


def _learnt(layer: tf_keras.layers.Layer, maps: tf.Tensor) -> list[tf.Tensor]:
    """Return the output of a layer, and the gradients of a function of it by its input and its weights."""
    with tf.GradientTape() as tape:
        tape.watch(maps)
        output = layer(maps, training=True)
        loss = tf.reduce_sum(
            output * tf.cos(tf.reshape(tf.range(tf.size(output), dtype=tf.float32), output.shape))
        )
    return [output, *tape.gradient(loss, [maps, *layer.trainable_weights])]
