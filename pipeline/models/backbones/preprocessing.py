"""What the published weights of each backbone expect of their pixels."""

from typing import Any

import tf_keras

IMAGENET_MEAN = (0.485, 0.456, 0.406)

IMAGENET_STD = (0.229, 0.224, 0.225)
"""Of ImageNet's colours, RGB in [0, 1]."""


@tf_keras.utils.register_keras_serializable("pipeline")
class CaffePreprocessing(tf_keras.layers.Layer):
    """RGB in [0, 255] -> BGR less ImageNet's mean colour, as the ResNet and VGG weights of Keras expect."""

    def call(self, pixels: Any) -> Any:
        """Map float32 [B, H, W, 3] RGB to the same shape, BGR, zero-centered."""
        return pixels[..., ::-1] - [103.939, 116.779, 123.68]


def caffe(pixels: Any) -> Any:
    return CaffePreprocessing(dtype="float32", name="preprocessing")(pixels)


def to_plus_minus_one(pixels: Any) -> Any:
    return tf_keras.layers.Rescaling(1 / 127.5, offset=-1.0, dtype="float32", name="preprocessing")(pixels)


def to_imagenets_colours(pixels: Any) -> Any:
    """Give ImageNet's colours mean 0 and deviation 1, as the checkpoints of Model Garden expect."""
    scale = [1 / (255 * std) for std in IMAGENET_STD]
    offset = [-mean / std for mean, std in zip(IMAGENET_MEAN, IMAGENET_STD, strict=True)]
    return tf_keras.layers.Rescaling(scale, offset, dtype="float32", name="preprocessing")(pixels)


def unchanged(pixels: Any) -> Any:
    """Leave the pixels as they are: the network of Keras begins with its preprocessing."""
    return pixels
