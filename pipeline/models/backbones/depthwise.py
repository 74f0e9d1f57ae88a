"""Depthwise convolution whose kernel learns fast on a CPU."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf
import tf_keras

FAST_WIDTH = 3
"""TensorFlow's gradient of a depthwise kernel is several times as slow for wider kernels on a CPU."""


class DepthwiseConv2D(tf_keras.layers.DepthwiseConv2D):
    """Keras' depthwise convolution. The gradient of a wide kernel is computed for a few of its columns at a time.

    On a GPU, where no gradient is needed, and for maps of unknown size, it is Keras' layer. It has the same name,
    because files of weights name layers by their class.
    """

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        """Convolve feature maps, [B, H, W, C] -> [B, H', W', C * depth_multiplier]."""
        if not training or not self._has_slow_gradient(inputs):
            return super().call(inputs)
        maps = _convolve(inputs, tf.convert_to_tensor(self.depthwise_kernel), self.strides[0])
        return self.activation(maps if self.bias is None else tf.nn.bias_add(maps, self.bias))

    def _has_slow_gradient(self, inputs: tf.Tensor) -> bool:
        return (
            self.trainable
            and inputs.shape[1:3].is_fully_defined()
            and self.kernel_size[1] > FAST_WIDTH
            and self.padding == "same"
            and self.dilation_rate == (1, 1)
            and not tf.config.list_physical_devices("GPU")
        )


def _convolve(maps: tf.Tensor, kernel: tf.Tensor, stride: int) -> tf.Tensor:
    """Convolve with padding to the same size.

    Args:
        maps: [B, H, W, C].
        kernel: [N, M, C, 1].
        stride: The distance of two outputs, in cells.
    """
    strides = [1, stride, stride, 1]

    @tf.custom_gradient
    def convolution(maps: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, Callable[..., Any]]:
        def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            shape = tf.shape(maps)
            by_maps = tf.nn.depthwise_conv2d_backprop_input(shape, kernel, upstream, strides, "SAME")
            return by_maps, _kernel_gradient(maps, kernel.shape, upstream, stride)

        return tf.nn.depthwise_conv2d(maps, kernel, strides, "SAME"), gradient

    return convolution(maps, kernel)


def _kernel_gradient(
    maps: tf.Tensor, kernel_shape: tf.TensorShape, upstream: tf.Tensor, stride: int
) -> tf.Tensor:
    """Return the gradient by the kernel, [N, M, C, 1], of :data:`FAST_WIDTH` columns at a time."""
    height, width, channels, multiplier = kernel_shape
    outputs = upstream.shape[1:3]
    needed = [(count - 1) * stride + side for count, side in zip(outputs, (height, width), strict=True)]
    missing = [max(0, side - size) for side, size in zip(needed, maps.shape[1:3], strict=True)]
    padded = tf.pad(maps, [[0, 0], *([each // 2, each - each // 2] for each in missing), [0, 0]])
    parts = []
    for first in range(0, width, FAST_WIDTH):
        columns = min(FAST_WIDTH, width - first)
        shown = padded[:, :, first : first + needed[1] - width + columns]
        parts.append(
            tf.nn.depthwise_conv2d_backprop_filter(
                shown, [height, columns, channels, multiplier], upstream, [1, stride, stride, 1], "VALID"
            )
        )
    return tf.concat(parts, axis=1)
