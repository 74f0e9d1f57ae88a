"""BatchNorm folded into the convolutions before it, for a backbone whose BatchNorm stays in inference mode.

In inference mode, BatchNorm multiplies and shifts each channel by constants. A convolution with other weights and a
bias computes the same, and its training step is faster.
"""

from typing import Any

import numpy as np
import tf_keras

from pipeline.models.upstream import consumers, layer_before

_CONVOLUTIONS = (tf_keras.layers.Conv2D, tf_keras.layers.DepthwiseConv2D)


def fold_batchnorm(backbone: tf_keras.Model) -> tf_keras.Model:
    """Copy a backbone, with each BatchNorm folded into the convolution before it.

    A BatchNorm that follows something else, and the layers inside the blocks of Model Garden, are copied as they are.

    Args:
        backbone: A model that :func:`pipeline.models.backbones.registry.build_backbone` returned, with its weights.

    Returns:
        A backbone that computes what the given one computes in inference mode. Its layers have the same names and the
        same order. The layer with the name of a folded BatchNorm does nothing.
    """
    folded = {conv.name: norm for norm in backbone.layers if (conv := _convolution_before(norm)) is not None}
    norms = {norm.name for norm in folded.values()}

    def copy(layer: tf_keras.layers.Layer) -> tf_keras.layers.Layer:
        if layer.name in norms:
            return tf_keras.layers.Activation("linear", name=layer.name)
        config = layer.get_config()
        return layer.__class__.from_config(config | {"use_bias": True} if layer.name in folded else config)

    copied = tf_keras.models.clone_model(backbone, clone_function=copy)
    for layer, target in zip(backbone.layers, copied.layers, strict=True):
        if layer.name in folded:
            target.set_weights(_folded_weights(layer, folded[layer.name]))
        elif layer.name not in norms:
            target.set_weights(layer.get_weights())
    copied.output_specs, copied.levels = backbone.output_specs, backbone.levels
    return copied


def _convolution_before(norm: tf_keras.layers.Layer) -> tf_keras.layers.Layer | None:
    """Return the linear convolution whose output only ``norm`` reads; None if ``norm`` is no BatchNorm or has none."""
    if not isinstance(norm, tf_keras.layers.BatchNormalization):
        return None
    before = layer_before(norm)
    if not isinstance(before, _CONVOLUTIONS) or before.activation is not tf_keras.activations.linear:
        return None
    return before if consumers(before) == {norm.name} else None


def _folded_weights(convolution: tf_keras.layers.Layer, norm: tf_keras.layers.Layer) -> list[np.ndarray]:
    """Return the kernel and the bias of the convolution with BatchNorm inside (Ioffe and Szegedy 2015, section 3.1)."""
    kernel, *bias = convolution.get_weights()
    scale = _value(norm.gamma, 1.0) / np.sqrt(norm.moving_variance.numpy() + norm.epsilon)
    is_depthwise = isinstance(convolution, tf_keras.layers.DepthwiseConv2D)
    shift = (sum(bias) - norm.moving_mean.numpy()) * scale + _value(norm.beta, 0.0)
    return [kernel * (scale[:, None] if is_depthwise else scale), shift]


def _value(variable: Any, default: float) -> Any:
    return default if variable is None else variable.numpy()
