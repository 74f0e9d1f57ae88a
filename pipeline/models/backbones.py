"""The zoo: backbones of the field, each with its own preprocessing, its feature levels and its published weights."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import tf_keras
from keras_cv.models import ResNetBackbone
from official.vision.modeling.backbones.resnet import ResNet
from tf_keras import applications
from tf_keras.src.applications import efficientnet

from pipeline.errors import PipelineError, one_line

BATCHNORM_MOMENTUM = 0.9
"""Of the running statistics where BatchNorm learns: Keras' 0.99 would lag behind a training of few steps."""

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
"""Of ImageNet's colours, RGB in [0, 1]."""

Build = Callable[[Any, str | None, float], tf_keras.Model]


@dataclass(frozen=True)
class Backbone:
    """One architecture of the zoo.

    Attributes:
        build: ``build(pixels, weights, alpha)`` -> the network of Keras without its top, on an input tensor
            that is already preprocessed; ``weights`` is None or "imagenet".
        preprocess: RGB pixels in [0, 255] -> what the published weights were trained on.
        levels: Level l -> the layer whose output has stride 2**l ("C2" to "C5" of the FPN paper): its name, or its
            place among the layers.
        imagenet_alphas: The widths with ImageNet weights that Keras publishes; none if empty.
        has_width: Whether it can be built narrower or wider, by alpha.
        min_size: Least side of an image, px.
        full_convolutions: Whether its convolutions mix all channels; depthwise ones do not.
    """

    build: Build
    preprocess: Callable[[Any], Any]
    levels: dict[int, str | int]
    imagenet_alphas: tuple[float, ...] = (1.0,)
    has_width: bool = False
    min_size: int = 32
    full_convolutions: bool = True


@tf_keras.utils.register_keras_serializable("pipeline")
class CaffePreprocessing(tf_keras.layers.Layer):
    """RGB in [0, 255] -> BGR less ImageNet's mean colour, as the ResNet and VGG weights of Keras expect."""

    def call(self, pixels: Any) -> Any:
        """Map float32 [B, H, W, 3] RGB to the same shape, BGR, zero-centered."""
        return pixels[..., ::-1] - [103.939, 116.779, 123.68]


def _caffe(pixels: Any) -> Any:
    return CaffePreprocessing(dtype="float32", name="preprocessing")(pixels)


def _to_plus_minus_one(pixels: Any) -> Any:
    return tf_keras.layers.Rescaling(1 / 127.5, offset=-1.0, dtype="float32", name="preprocessing")(pixels)


def _to_imagenets_colours(pixels: Any) -> Any:
    """Give ImageNet's colours mean 0 and deviation 1, as the checkpoints of Model Garden expect."""
    scale = [1 / (255 * std) for std in IMAGENET_STD]
    offset = [-mean / std for mean, std in zip(IMAGENET_MEAN, IMAGENET_STD, strict=True)]
    return tf_keras.layers.Rescaling(scale, offset, dtype="float32", name="preprocessing")(pixels)


def _inside(pixels: Any) -> Any:
    """Leave the pixels as they are: the network of Keras begins with its preprocessing."""
    return pixels


def _application(network: Callable[..., tf_keras.Model]) -> Build:
    """Build a network of ``tf_keras.applications`` that has one width."""
    return lambda pixels, weights, alpha: network(include_top=False, weights=weights, input_tensor=pixels)


def _application_of_width(network: Callable[..., tf_keras.Model]) -> Build:
    return lambda pixels, weights, alpha: network(
        include_top=False, weights=weights, input_tensor=pixels, alpha=alpha
    )


def _basic_resnet(blocks: list[int]) -> Build:
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


class GardenResNet(ResNet):
    """A ResNet of Model Garden, whose blocks differ from Keras': for its checkpoints. Its preprocessing is inside."""

    def _stem(self, inputs: Any) -> Any:
        return super()._stem(_to_imagenets_colours(inputs))


def _garden_resnet(depth: int) -> Build:
    def build(pixels: Any, weights: str | None, alpha: float) -> tf_keras.Model:
        if weights:
            raise ValueError("Keras publishes no ImageNet weights for it")
        return GardenResNet(depth, tf_keras.layers.InputSpec(shape=[None, None, None, 3]))

    return build


def _build_efficientnet_b0(pixels: Any, weights: str | None, alpha: float) -> tf_keras.Model:
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


def _basic_resnet_levels(blocks: list[int]) -> dict[int, str | int]:
    return {level: f"v2_stack_{level - 2}_block{count}_out" for level, count in enumerate(blocks, start=2)}


def _resnet(network: Callable[..., tf_keras.Model], blocks: list[int]) -> Backbone:
    """Describe a ResNet of so many blocks a stage."""
    levels = {level: f"conv{level}_block{count}_out" for level, count in enumerate(blocks, start=2)}
    return Backbone(build=_application(network), preprocess=_caffe, levels={**levels})


def _resnet_v2(network: Callable[..., tf_keras.Model], blocks: list[int]) -> Backbone:
    """Describe a ResNet of version 2, where the last block of a stage halves the map after its first activation."""
    levels = {level: f"conv{level}_block{count}_preact_relu" for level, count in enumerate(blocks, start=2)}
    return Backbone(
        build=_application(network), preprocess=_to_plus_minus_one, levels={**levels, 5: "post_relu"}
    )


def _vgg(network: Callable[..., tf_keras.Model], last: int) -> Backbone:
    """Describe a VGG of so many convolutions in each of the last three blocks; C3 is conv4_3 of the SSD paper."""
    levels = {level: f"block{level + 1}_conv{last}" for level in (2, 3, 4)}
    return Backbone(build=_application(network), preprocess=_caffe, levels={**levels, 5: "block5_pool"})


def _garden(depth: int) -> Backbone:
    return Backbone(
        build=_garden_resnet(depth),
        preprocess=_inside,
        levels={level: f"block_group_l{level}" for level in (2, 3, 4, 5)},
        imagenet_alphas=(),
    )


BACKBONES: dict[str, Backbone] = {
    "resnet18": Backbone(
        build=_basic_resnet([2, 2, 2, 2]),
        preprocess=_to_plus_minus_one,
        levels=_basic_resnet_levels([2, 2, 2, 2]),
        imagenet_alphas=(),
    ),
    "resnet34": Backbone(
        build=_basic_resnet([3, 4, 6, 3]),
        preprocess=_to_plus_minus_one,
        levels=_basic_resnet_levels([3, 4, 6, 3]),
        imagenet_alphas=(),
    ),
    "resnet50": _resnet(applications.ResNet50, [3, 4, 6, 3]),
    "resnet101": _resnet(applications.ResNet101, [3, 4, 23, 3]),
    "resnet152": _resnet(applications.ResNet152, [3, 8, 36, 3]),
    "resnet50v2": _resnet_v2(applications.ResNet50V2, [3, 4, 6]),
    "resnet101v2": _resnet_v2(applications.ResNet101V2, [3, 4, 23]),
    "resnet152v2": _resnet_v2(applications.ResNet152V2, [3, 8, 36]),
    "inception_v3": Backbone(
        build=_application(applications.InceptionV3),
        preprocess=_to_plus_minus_one,
        # C2 is what the second max pooling takes; Keras names that activation by a counter of the whole process
        levels={2: 17, 3: "mixed2", 4: "mixed7", 5: "mixed10"},
        min_size=75,
    ),
    "garden_resnet18": _garden(18),
    "garden_resnet50": _garden(50),
    "garden_resnet101": _garden(101),
    "vgg16": _vgg(applications.VGG16, 3),
    "vgg19": _vgg(applications.VGG19, 4),
    "mobilenet": Backbone(
        build=_application_of_width(applications.MobileNet),
        preprocess=_to_plus_minus_one,
        levels={2: "conv_pw_3_relu", 3: "conv_pw_5_relu", 4: "conv_pw_11_relu", 5: "conv_pw_13_relu"},
        imagenet_alphas=(0.25, 0.5, 0.75, 1.0),
        has_width=True,
        full_convolutions=False,
    ),
    "mobilenet_v2": Backbone(
        build=_application_of_width(applications.MobileNetV2),
        preprocess=_to_plus_minus_one,
        levels={2: "block_2_add", 3: "block_5_add", 4: "block_12_add", 5: "out_relu"},
        imagenet_alphas=(0.35, 0.5, 0.75, 1.0, 1.3, 1.4),
        has_width=True,
        full_convolutions=False,
    ),
    "efficientnet_b0": Backbone(
        build=_build_efficientnet_b0,
        preprocess=_inside,
        levels={2: "block2b_add", 3: "block3b_add", 4: "block5c_add", 5: "top_activation"},
        full_convolutions=False,
    ),
}


def build_backbone(name: str, alpha: float, weights: str | None = None) -> tf_keras.Model:
    """Build a backbone of the zoo.

    Args:
        name: A key of :data:`BACKBONES`.
        alpha: Width of the MobileNets; 1.0 for the others.
        weights: None (random), or "imagenet": downloaded by Keras, or taken from its cache.

    Returns:
        A model from float32 [B, H, W, 3], RGB in [0, 255], to a dict of feature maps "2" to "5", where "l" is
        float32 [B, H / 2**l, W / 2**l, C_l]. It carries ``output_specs``, each map's shape, as Model Garden's
        detectors want. Preprocessing is inside.

    Raises:
        PipelineError: the ImageNet weights cannot be had.
    """
    entry = BACKBONES[name]
    pixels = tf_keras.Input([None, None, 3], name="image")
    try:
        network = entry.build(entry.preprocess(pixels), weights, alpha)
    except Exception as error:
        # Keras raises a bare Exception for a failed download, ValueError for a wrong checksum
        if weights is None:
            raise
        raise PipelineError(
            f"zoo.weights imagenet: {name}: {one_line(error)}; offline, give zoo.weights=file"
        ) from None
    for layer in _batchnorms(network):
        layer.momentum = BATCHNORM_MOMENTUM
    features = {str(level): _layer(network, where).output for level, where in entry.levels.items()}
    # Model Garden's networks make their own input
    source = network.input if isinstance(network, GardenResNet) else pixels
    backbone = tf_keras.Model(source, features, name=name)
    backbone.output_specs = {level: output.shape for level, output in features.items()}
    return backbone


def freeze_stages(backbone: tf_keras.Model, stages: int) -> None:
    """Keep the first stages of a backbone from training: 1 is all up to C2, 2 up to C3, ... 4 the whole; 0 none.

    The stem counts with the first stage. Gradients are not even computed for what is frozen, which saves time.
    """
    if stages:
        last = _layer(backbone, BACKBONES[backbone.name].levels[stages + 1])
        # Keras lists layers by their distance from the end. These networks have nothing that is as far from it as what
        # a level is made of and goes past the level, so the slice is what the level is made of, branches and all
        for layer in backbone.layers[: backbone.layers.index(last) + 1]:
            layer.trainable = False


def set_batchnorm_trainable(model: tf_keras.Model, trainable: bool) -> None:
    """Let a model's BatchNorm learn, or keep it in inference mode and out of training.

    It takes effect when the step is traced next.
    """
    for layer in _batchnorms(model):
        layer.trainable = trainable


def _batchnorms(model: tf_keras.Model) -> list[tf_keras.layers.Layer]:
    """List the BatchNorm of a model, also those within the blocks of Model Garden."""
    # not `submodules`, which takes minutes for a network of 500 layers
    layers = model._flatten_layers(include_self=False)
    return [layer for layer in layers if isinstance(layer, tf_keras.layers.BatchNormalization)]


def _layer(network: tf_keras.Model, where: str | int) -> tf_keras.layers.Layer:
    return network.get_layer(index=where) if isinstance(where, int) else network.get_layer(where)
