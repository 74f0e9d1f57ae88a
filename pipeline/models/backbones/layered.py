"""Networks built from a list of layers."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf
import tf_keras

from pipeline.models.backbones.layer_arithmetic import layer_names
from pipeline.params.layers import Activation, BatchNorm, Conv, Dense, Dropout, Layer, Lrn, Pool

INITIALIZER = "he_normal"
"""The initial weights (He et al. 2015, section 2.2). With the normal distribution of standard deviation 0.01 of the
papers, the deep configurations of VGG do not learn unless a shallow one was trained before."""


LRN_CHANNELS, LRN_K, LRN_ALPHA, LRN_BETA = 5, 2.0, 1e-4, 0.75
"""The constants n, k, alpha and beta of Krizhevsky et al. 2012, section 3.3."""


@tf_keras.utils.register_keras_serializable("pipeline")
class GroupedConv2D(tf_keras.layers.Conv2D):
    """A convolution whose filters see a group of the input's channels (Krizhevsky et al. 2012, section 3.5).

    Keras compiles a grouped convolution with XLA on a CPU. This layer runs one convolution for each group instead.
    """

    def call(self, inputs: Any) -> Any:
        """Return the convolved groups side by side, float32 [B, H', W', filters]."""
        parts = zip(
            tf.split(inputs, self.groups, axis=-1), tf.split(self.kernel, self.groups, axis=-1), strict=True
        )
        outputs = tf.concat(
            [tf.nn.conv2d(part, kernel, self.strides, self.padding.upper()) for part, kernel in parts],
            axis=-1,
        )
        return self.activation(tf.nn.bias_add(outputs, self.bias))


@tf_keras.utils.register_keras_serializable("pipeline")
class LocalResponseNormalization(tf_keras.layers.Layer):
    """Divide each activation by a power of the energy of its neighbours, as in Krizhevsky et al. 2012, section 3.3.

    The neighbours are the same cell of the channels around it. The constants are those of the paper.
    """

    def call(self, inputs: Any) -> Any:
        """Return the normalised activations, of the shape of ``inputs``, float [B, H, W, C]."""
        normalised = tf.nn.local_response_normalization(
            tf.cast(inputs, tf.float32),
            depth_radius=LRN_CHANNELS // 2,
            bias=LRN_K,
            alpha=LRN_ALPHA,
            beta=LRN_BETA,
        )
        return tf.cast(normalised, inputs.dtype)


def apply_layers(x: Any, layers: Sequence[Layer]) -> list[Any]:
    """Apply layers one after the other.

    Args:
        x: float32 [B, H, W, C].
        layers: The layers. The first fully connected layer needs an input of known height and width.

    Returns:
        The output of each layer.
    """
    outputs = []
    for layer, name in zip(layers, layer_names(layers), strict=True):
        x = _apply(x, layer, name)
        outputs.append(x)
    return outputs


def _apply(x: Any, layer: Layer, name: str) -> Any:
    match layer:
        case Conv():
            kind = tf_keras.layers.Conv2D if layer.groups == 1 else GroupedConv2D
            return kind(
                layer.filters,
                layer.kernel,
                layer.stride,
                groups=layer.groups,
                activation=layer.activation,
                kernel_initializer=INITIALIZER,
                name=name,
            )(_padded(x, layer.padding, name))
        case Pool():
            pools = {"max": tf_keras.layers.MaxPooling2D, "average": tf_keras.layers.AveragePooling2D}
            return pools[layer.kind](layer.kernel, layer.stride, name=name)(_padded(x, layer.padding, name))
        case Lrn():
            return LocalResponseNormalization(name=name)(x)
        case BatchNorm():
            return tf_keras.layers.BatchNormalization(name=name)(x)
        case Activation():
            return tf_keras.layers.Activation(layer.function, name=name)(x)
        case Dropout():
            return tf_keras.layers.Dropout(layer.rate, name=name)(x)
        case Dense():
            flat = tf_keras.layers.Flatten(name=f"{name}_input")(x)
            return tf_keras.layers.Dense(
                layer.units, layer.activation, kernel_initializer=INITIALIZER, name=name
            )(flat)


def _padded(x: Any, padding: int, name: str) -> Any:
    return tf_keras.layers.ZeroPadding2D(padding, name=f"{name}_padding")(x) if padding else x
