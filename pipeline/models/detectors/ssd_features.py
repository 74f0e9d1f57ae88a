"""The feature levels that each variant of SSD predicts from: finest first, the last with a single cell."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf
import tf_keras

from pipeline.models.backbones.batchnorm import HEAD_MOMENTUM
from pipeline.models.detectors.feature_grid import on_grid

EXTRA_FILTERS = (256, 128, 128)
"""Output channels of the standard variant's extra layers: half of the paper's. Further layers repeat the last."""

LITE_EXTRA_FILTERS = (512, 256, 256, 128)
"""Output channels of SSDLite's extra layers, as in its authors' implementation. Further layers repeat the last."""

VGG_EXTRA_FILTERS = (512, 256, 256)
"""Output channels of conv8_2, conv9_2 and conv10_2, as in the paper. Further layers repeat the last."""

EXPANSION = 256
"""Channels to which the standard and the lite variant expand the levels of the backbone."""

VALID_BELOW = 6
"""On an image of 300 px, levels with fewer cells a side than this shrink by unpadded convolutions: 5, 3, 1."""


@tf_keras.utils.register_keras_serializable("pipeline")
class L2Normalization(tf_keras.layers.Layer):
    """Scale the features of each position to length 1, then by a learned factor a channel (Liu et al. 2015, ParseNet).

    SSD needs it because the features of conv4_3 are much larger than those of later levels (section 3.1).
    """

    def __init__(self, scale: float, **kwargs: Any) -> None:
        """Create the layer, whose factors all start at ``scale``."""
        super().__init__(**kwargs)
        self.scale = scale

    def build(self, shape: Any) -> None:
        """Create the factor of each channel."""
        initializer = tf_keras.initializers.Constant(self.scale)
        self.gamma = self.add_weight("gamma", [shape[-1]], initializer=initializer)

    def call(self, features: tf.Tensor) -> tf.Tensor:
        """Return the scaled features, float32 [B, H, W, C], of the shape of ``features``."""
        return self.gamma * tf.math.l2_normalize(features, axis=-1, epsilon=1e-10)


def standard_levels(backbone: tf_keras.Model, image: Any) -> list[Any]:
    """Return C3, C4 and C5, expanded, and levels added by 1x1 and strided 3x3 convolutions (figure 2)."""
    levels = _expanded(backbone, image, "345")
    while _side(levels[-1]) > 1:
        index = len(levels) - 3
        filters = _of(EXTRA_FILTERS, index)
        x = _convolve(levels[-1], filters // 2, 1, 1, f"extra_{index}_reduce")
        levels.append(_convolve(x, filters, 3, 2, f"extra_{index}"))
    return levels


def lite_levels(backbone: tf_keras.Model, image: Any) -> list[Any]:
    """Return C4 and C5, expanded, and levels added by separable convolutions (Sandler et al. 2018, section 6.2)."""
    levels = _expanded(backbone, image, "45")
    while _side(levels[-1]) > 1:
        index = len(levels) - 2
        filters = _of(LITE_EXTRA_FILTERS, index)
        x = _convolve(levels[-1], filters // 2, 1, 1, f"extra_{index}_reduce")
        x = depthwise(x, 2, f"extra_{index}_depthwise")
        levels.append(_convolve(x, filters, 1, 1, f"extra_{index}"))
    return levels


def vgg_levels(backbone: tf_keras.Model, image: Any) -> list[Any]:
    """Return the levels of the paper's network on VGG: conv4_3, fc7, conv8_2 and so on (section 3, figure 2).

    An image of 300 px has grids of 38, 19, 10, 5, 3 and 1 cells a side, one of 512 px grids of 64, 32, 16, 8, 4, 2
    and 1. No layer is followed by BatchNorm.
    """
    for layer in backbone.layers:
        if isinstance(layer, tf_keras.layers.MaxPooling2D):
            layer.padding = "same"  # rounds up, as Caffe's pooling does: 75 -> 38
    features = backbone(image)
    conv4_3 = L2Normalization(20.0, dtype="float32", name="conv4_3_norm")(features["3"])
    x = tf_keras.layers.MaxPooling2D(3, 1, padding="same", name="pool5")(features["4"])
    x = _relu_convolve(x, 1024, 3, "fc6", dilation_rate=6)
    levels = [conv4_3, _relu_convolve(x, 1024, 1, "fc7")]
    odd = image.shape[1] == 300
    while _side(levels[-1]) > 1:
        index = len(levels) - 2
        filters = _of(VGG_EXTRA_FILTERS, index)
        x = _relu_convolve(levels[-1], filters // 2, 1, f"conv{index + 8}_1")
        unpadded = odd and _side(x) < VALID_BELOW
        step = {"padding": "valid"} if unpadded else {"strides": 2}
        levels.append(_relu_convolve(x, filters, 3, f"conv{index + 8}_2", **step))
    return levels


LEVELS: dict[str, Callable[[tf_keras.Model, Any], list[Any]]] = {
    "standard": standard_levels,
    "vgg": vgg_levels,
    "lite": lite_levels,
}
"""Variant -> ``build(backbone, image)``, which returns the feature maps of its levels."""


def level_sides(variant: str, image_size: int) -> list[int]:
    """Return the side of each level of a variant, in cells, finest first, for an image of ``image_size`` px a side."""
    odd = variant == "vgg" and image_size == 300
    sides = [math.ceil(image_size / (16 if variant == "lite" else 8))]
    while sides[-1] > 1:
        unpadded = odd and sides[-1] < VALID_BELOW
        sides.append(sides[-1] - 2 if unpadded else math.ceil(sides[-1] / 2))
    return sides


def depthwise(x: Any, stride: int, name: str) -> Any:
    """Convolve each channel by itself: the first half of a separable convolution, whose second half is 1x1.

    It runs in float32, because TensorFlow's bfloat16 kernel is slow on a CPU.
    """
    x = tf_keras.layers.DepthwiseConv2D(
        3, stride, padding="same", use_bias=False, dtype="float32", name=name
    )(x)
    return _normalised_relu(x, name)


def _expanded(backbone: tf_keras.Model, image: Any, levels: str) -> list[Any]:
    """Return levels of the backbone after a 1x1 convolution each.

    A head has one convolution, which finds little in the output of a linear bottleneck: it has few channels and no
    activation. Sandler et al. 2018 therefore predict from the expansion in the next block of MobileNetV2.
    """
    features = on_grid(backbone, image.shape[1])(image)
    return [_convolve(features[level], EXPANSION, 1, 1, f"expanded_{level}") for level in levels]


def _convolve(x: Any, filters: int, kernel: int, stride: int, name: str) -> Any:
    x = tf_keras.layers.Conv2D(
        filters, kernel, stride, padding="same", use_bias=False, kernel_initializer="he_normal", name=name
    )(x)
    return _normalised_relu(x, name)


def _normalised_relu(x: Any, name: str) -> Any:
    x = tf_keras.layers.BatchNormalization(momentum=HEAD_MOMENTUM, name=f"{name}_bn")(x)
    return tf_keras.layers.ReLU(name=f"{name}_relu")(x)


def _relu_convolve(x: Any, filters: int, kernel: int, name: str, **options: Any) -> Any:
    return tf_keras.layers.Conv2D(
        filters,
        kernel,
        activation="relu",
        kernel_initializer="he_normal",
        name=name,
        **{"padding": "same", **options},
    )(x)


def _side(level: Any) -> int:
    return max(level.shape[1:3])


def _of(filters: Sequence[int], index: int) -> int:
    return filters[min(index, len(filters) - 1)]
