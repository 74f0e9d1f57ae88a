"""The preprocessing layers that the published weights of the backbones require.

Each function takes and returns a Keras tensor, float32 [B, H, W, 3]. Its input is RGB in [0, 255].
"""

from typing import Any

import tf_keras

IMAGENET_MEAN = (0.485, 0.456, 0.406)
"""Mean of each channel over the ImageNet images, RGB in [0, 1]."""

IMAGENET_STD = (0.229, 0.224, 0.225)
"""Standard deviation of each channel over the ImageNet images, RGB in [0, 1]."""


@tf_keras.utils.register_keras_serializable("pipeline")
class CaffePreprocessing(tf_keras.layers.Layer):
    """Convert RGB in [0, 255] to BGR and subtract the mean colour of ImageNet.

    The ResNet and VGG weights of Keras require this preprocessing, which comes from Caffe.
    """

    def call(self, pixels: Any) -> Any:
        """Return the zero-centred BGR pixels, float32 [B, H, W, 3]."""
        return pixels[..., ::-1] - [103.939, 116.779, 123.68]


def caffe(pixels: Any) -> Any:
    """Return zero-centred BGR pixels, as the ResNet and VGG weights of Keras require."""
    return CaffePreprocessing(dtype="float32", name="preprocessing")(pixels)


def to_plus_minus_one(pixels: Any) -> Any:
    """Return RGB pixels in [-1, 1], as the weights of ResNet V2, Inception V3 and the MobileNets require."""
    return tf_keras.layers.Rescaling(1 / 127.5, offset=-1.0, dtype="float32", name="preprocessing")(pixels)


def to_lites_range(pixels: Any) -> Any:
    """Return (pixels - 127) / 128, as the weights of EfficientNet-Lite require."""
    return tf_keras.layers.Rescaling(1 / 128, offset=-127 / 128, dtype="float32", name="preprocessing")(
        pixels
    )


def to_imagenets_colours(pixels: Any) -> Any:
    """Return RGB pixels with mean 0 and standard deviation 1 over ImageNet, as Model Garden's checkpoints require."""
    scale = [1 / (255 * std) for std in IMAGENET_STD]
    offset = [-mean / std for mean, std in zip(IMAGENET_MEAN, IMAGENET_STD, strict=True)]
    return tf_keras.layers.Rescaling(scale, offset, dtype="float32", name="preprocessing")(pixels)


def unchanged(pixels: Any) -> Any:
    """Return the pixels unchanged, for a network that contains its own preprocessing."""
    return pixels
