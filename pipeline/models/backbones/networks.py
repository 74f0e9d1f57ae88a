"""Functions that build the network of each backbone.

Each function here returns a ``build(pixels, weights, alpha)``, or is one. ``pixels`` is the preprocessed image tensor,
float32 [B, H, W, 3]; ``weights`` is None for random weights, or "imagenet"; ``alpha`` is the width multiplier.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import tf_keras

from pipeline.models.backbones.preprocessing import IMAGENET_MEAN, IMAGENET_STD, to_imagenets_colours
from pipeline.models.upstream import PreprocessingResNet, efficientnet

Build = Callable[[Any, str | None, float], tf_keras.Model]


def application(network: Callable[..., tf_keras.Model]) -> Build:
    """Return a build function for a network of ``tf_keras.applications`` that has one width."""
    return lambda pixels, weights, alpha: network(include_top=False, weights=weights, input_tensor=pixels)


def application_of_width(network: Callable[..., tf_keras.Model]) -> Build:
    """Return a build function for a network of ``tf_keras.applications`` that has a width multiplier."""
    return lambda pixels, weights, alpha: network(
        include_top=False, weights=weights, input_tensor=pixels, alpha=alpha
    )


def basic_resnet(blocks: list[int]) -> Build:
    """Return a build function for the keras-cv ResNet of basic blocks.

    It does not use the presets of keras-cv, because these are downloaded even if no weights are asked for.

    Args:
        blocks: Number of blocks in each of the four stages.
    """

    def build(pixels: Any, weights: str | None, alpha: float) -> tf_keras.Model:
        if weights:
            raise ValueError("Keras publishes no ImageNet weights for this backbone")
        # keras-cv takes seconds to import, and no other backbone needs it
        from keras_cv.models import ResNetBackbone

        return ResNetBackbone(
            stackwise_filters=[64, 128, 256, 512],
            stackwise_blocks=blocks,
            stackwise_strides=[1, 2, 2, 2],
            include_rescaling=False,
            block_type="basic_block",
            input_tensor=pixels,
        )

    return build


class GardenResNet(PreprocessingResNet):
    """A ResNet of Model Garden that contains its preprocessing.

    Its blocks differ from those of Keras, so checkpoints of Model Garden fit this network only.
    """

    def preprocess(self, inputs: Any) -> Any:
        """Return RGB pixels with mean 0 and standard deviation 1 over ImageNet."""
        return to_imagenets_colours(inputs)


def garden_resnet(depth: int) -> Build:
    """Return a build function for Model Garden's ResNet with ``depth`` layers: 18, 50 or 101."""

    def build(pixels: Any, weights: str | None, alpha: float) -> tf_keras.Model:
        if weights:
            raise ValueError("Keras publishes no ImageNet weights for this backbone")
        return GardenResNet(depth, tf_keras.layers.InputSpec(shape=[None, None, None, 3]))

    return build


def build_efficientnet_b0(pixels: Any, weights: str | None, alpha: float) -> tf_keras.Model:
    """Build EfficientNet-B0 so that the ImageNet weights give the same activations from the download and from a file.

    The Normalization layer of Keras divides by the square root of its variance. The published file stores the standard
    deviation s in place of the variance (https://github.com/tensorflow/tensorflow/issues/49930), so the layer divides
    by sqrt(s). Keras adds a second division by sqrt(s), but only for weights="imagenet" and not for a file. This
    network always contains the second division.
    """
    plain = efficientnet.EfficientNetB0(include_top=False, weights=None, input_tensor=pixels)
    network = tf_keras.models.clone_model(plain, input_tensors=pixels, clone_function=_with_second_division)
    for layer in network.layers:
        if isinstance(layer, tf_keras.layers.Normalization):
            # These are the values of the published file. They normalise the pixels for random weights too.
            layer.set_weights([np.array(IMAGENET_MEAN), np.array(IMAGENET_STD), np.array(0)])
            layer.finalize_state()
    if weights:
        name = "efficientnetb0_notop.h5"
        digest = efficientnet.WEIGHTS_HASHES["b0"][1]
        address = efficientnet.BASE_WEIGHTS_PATH + name
        network.load_weights(tf_keras.utils.get_file(name, address, cache_subdir="models", file_hash=digest))
    return network


def _with_second_division(layer: tf_keras.layers.Layer) -> tf_keras.layers.Layer:
    """Copy a layer of EfficientNet. The Rescaling layer gets the second division by sqrt(s).

    For a pixel x in [0, 1], mean m and standard deviation s, the Rescaling returns m + (x - m) / sqrt(s). The
    Normalization then returns (m + (x - m) / sqrt(s) - m) / sqrt(s) = (x - m) / s.
    """
    config = layer.get_config()
    if isinstance(layer, tf_keras.layers.Rescaling):
        factors = [std**-0.5 for std in IMAGENET_STD]
        config["scale"] = [factor / 255 for factor in factors]
        config["offset"] = [mean * (1 - factor) for mean, factor in zip(IMAGENET_MEAN, factors, strict=True)]
        config["dtype"] = "float32"
    if isinstance(layer, tf_keras.layers.Normalization):
        # Without a dtype, Keras stores the weights of this layer in bfloat16 under mixed precision.
        config["dtype"] = "float32"
    return layer.__class__.from_config(config)
