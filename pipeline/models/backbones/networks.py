"""How each backbone's network is built."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tf_keras
from keras_cv.models import ResNetBackbone

from pipeline.models.backbones.preprocessing import IMAGENET_MEAN, IMAGENET_STD, to_imagenets_colours
from pipeline.models.upstream import PreprocessingResNet, efficientnet

Build = Callable[[Any, str | None, float], tf_keras.Model]


def application(network: Callable[..., tf_keras.Model]) -> Build:
    """Build a network of ``tf_keras.applications`` that has one width."""
    return lambda pixels, weights, alpha: network(include_top=False, weights=weights, input_tensor=pixels)


def application_of_width(network: Callable[..., tf_keras.Model]) -> Build:
    return lambda pixels, weights, alpha: network(
        include_top=False, weights=weights, input_tensor=pixels, alpha=alpha
    )


def basic_resnet(blocks: list[int]) -> Build:
    """Build a ResNet of basic blocks, by arguments: keras-cv fetches its presets, even without weights."""

    def build(pixels: Any, weights: str | None, alpha: float) -> tf_keras.Model:
        if weights:
            raise ValueError("Keras publishes no ImageNet weights for it")
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
    """A ResNet of Model Garden, whose blocks differ from Keras': for its checkpoints. Its preprocessing is inside."""

    def preprocess(self, inputs: Any) -> Any:
        """Bring ImageNet's colours to mean 0 and standard deviation 1."""
        return to_imagenets_colours(inputs)


def garden_resnet(depth: int) -> Build:
    def build(pixels: Any, weights: str | None, alpha: float) -> tf_keras.Model:
        if weights:
            raise ValueError("Keras publishes no ImageNet weights for it")
        return GardenResNet(depth, tf_keras.layers.InputSpec(shape=[None, None, None, 3]))

    return build


def build_efficientnet_b0(pixels: Any, weights: str | None, alpha: float) -> tf_keras.Model:
    """Build the network that ``EfficientNetB0(weights="imagenet")`` is, with any weights.

    Keras' Normalization divides by the root of its variance, but the published file keeps the standard deviation
    there (https://github.com/tensorflow/tensorflow/issues/49930). So Keras divides by the root of the deviation once
    more, and does so for weights="imagenet" alone: the same file given by its path computes something else.
    """
    plain = efficientnet.EfficientNetB0(include_top=False, weights=None, input_tensor=pixels)
    network = tf_keras.models.clone_model(plain, input_tensors=pixels, clone_function=_in_imagenets_colours)
    for layer in network.layers:
        if isinstance(layer, tf_keras.layers.Normalization):
            # as in the file, so that random weights too see colours of mean 0 and deviation 1
            layer.set_weights([np.array(IMAGENET_MEAN), np.array(IMAGENET_STD), np.array(0)])
            layer.finalize_state()
    if weights:
        name = "efficientnetb0_notop.h5"
        digest = efficientnet.WEIGHTS_HASHES["b0"][1]
        address = efficientnet.BASE_WEIGHTS_PATH + name
        network.load_weights(tf_keras.utils.get_file(name, address, cache_subdir="models", file_hash=digest))
    return network


def _in_imagenets_colours(layer: tf_keras.layers.Layer) -> tf_keras.layers.Layer:
    """Copy a layer of EfficientNet, with the second division by the deviation's root put before the Normalization.

    With the pixel x in [0, 1], mean m and deviation s, (m + (x - m) / sqrt(s) - m) / sqrt(s) = (x - m) / s.
    """
    config = layer.get_config()
    if isinstance(layer, tf_keras.layers.Rescaling):
        factors = [std**-0.5 for std in IMAGENET_STD]
        config["scale"] = [factor / 255 for factor in factors]
        config["offset"] = [mean * (1 - factor) for mean, factor in zip(IMAGENET_MEAN, factors, strict=True)]
        config["dtype"] = "float32"
    if isinstance(layer, tf_keras.layers.Normalization):
        # in mixed precision Keras would keep even its weights in bfloat16
        config["dtype"] = "float32"
    return layer.__class__.from_config(config)
