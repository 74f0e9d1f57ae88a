"""The registry of the backbones: the network, preprocessing, feature levels and published weights of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import tf_keras
from tf_keras import applications

from pipeline.errors import PipelineError, one_line
from pipeline.models.backbones.batchnorm import BATCHNORM_MOMENTUM, batchnorms
from pipeline.models.backbones.efficientnet_lite import MULTIPLIERS, build_efficientnet_lite, lite_levels
from pipeline.models.backbones.layer_arithmetic import head_start, layer_names, level_layers
from pipeline.models.backbones.layer_lists import LAYER_LISTS
from pipeline.models.backbones.layered import apply_layers
from pipeline.models.backbones.names import MIN_SIZE, MIN_SIZES
from pipeline.models.backbones.networks import (
    Build,
    GardenResNet,
    application,
    application_of_width,
    basic_resnet,
    build_efficientnet_b0,
    garden_resnet,
)
from pipeline.models.backbones.preprocessing import caffe, to_lites_range, to_plus_minus_one, unchanged
from pipeline.params.layers import Layer


@dataclass(frozen=True)
class Backbone:
    """One architecture of the zoo.

    Attributes:
        build: ``build(pixels, weights, alpha)`` returns the network without its classification layer. ``pixels`` is the
            preprocessed image tensor; ``weights`` is None for random weights, or "imagenet".
        preprocess: Maps RGB pixels in [0, 255] to the input that the published weights require.
        levels: Level l -> the name or index of the layer whose output has stride 2**l, for l = 2 to 5. These outputs
            are C2 to C5 of Lin et al. 2017 (Feature Pyramid Networks), section 3. A network with fewer poolings lacks
            the last levels.
        imagenet_alphas: The values of alpha for which Keras publishes ImageNet weights. Empty if it publishes none.
        has_width: Whether alpha, the width multiplier, can differ from 1.
        min_size: The smallest side of an image, px.
        full_convolutions: False if the network contains depthwise convolutions.
    """

    build: Build
    preprocess: Callable[[Any], Any]
    levels: dict[int, str | int]
    imagenet_alphas: tuple[float, ...] = (1.0,)
    has_width: bool = False
    min_size: int = MIN_SIZE
    full_convolutions: bool = True


def _basic_resnet_levels(blocks: list[int]) -> dict[int, str | int]:
    """Return the last layer of each stage of the keras-cv ResNet."""
    return {level: f"v2_stack_{level - 2}_block{count}_out" for level, count in enumerate(blocks, start=2)}


def _resnet(network: Callable[..., tf_keras.Model], blocks: list[int]) -> Backbone:
    """Return the entry of a ResNet with ``blocks[i]`` blocks in stage i + 2."""
    levels = {level: f"conv{level}_block{count}_out" for level, count in enumerate(blocks, start=2)}
    return Backbone(build=application(network), preprocess=caffe, levels={**levels})


def _resnet_v2(network: Callable[..., tf_keras.Model], blocks: list[int]) -> Backbone:
    """Return the entry of a ResNet V2. The last block of a stage halves the feature map after its first activation."""
    levels = {level: f"conv{level}_block{count}_preact_relu" for level, count in enumerate(blocks, start=2)}
    return Backbone(
        build=application(network), preprocess=to_plus_minus_one, levels={**levels, 5: "post_relu"}
    )


def _vgg(network: Callable[..., tf_keras.Model], last: int) -> Backbone:
    """Return the entry of a VGG with ``last`` convolutions in each of its last three blocks.

    C3 of VGG-16 is conv4_3 of Liu et al. 2016 (SSD), section 3.1.
    """
    levels = {level: f"block{level + 1}_conv{last}" for level in (2, 3, 4)}
    return Backbone(build=application(network), preprocess=caffe, levels={**levels, 5: "block5_pool"})


def _garden(depth: int) -> Backbone:
    """Return the entry of Model Garden's ResNet."""
    return Backbone(
        build=garden_resnet(depth),
        preprocess=unchanged,
        levels={level: f"block_group_l{level}" for level in (2, 3, 4, 5)},
        imagenet_alphas=(),
    )


def _efficientnet_lite(name: str) -> Backbone:
    """Return the entry of an EfficientNet-Lite."""
    return Backbone(
        build=lambda pixels, weights, alpha: build_efficientnet_lite(name, pixels, weights),
        preprocess=to_lites_range,
        levels=lite_levels(name),
        full_convolutions=False,
    )


def _layered(layers: Sequence[Layer], min_size: int = MIN_SIZE) -> Backbone:
    """Return the entry of a network that is given as a list of layers. Its head is left out."""
    body = layers[: head_start(layers)]
    levels = level_layers(body)

    def build(pixels: Any, weights: str | None, alpha: float) -> tf_keras.Model:
        if weights:
            raise ValueError("nobody publishes ImageNet weights for this backbone")
        outputs = apply_layers(pixels, body)
        return tf_keras.Model(tf_keras.utils.get_source_inputs(pixels), outputs[-1])

    names = layer_names(body)
    return Backbone(
        build=build,
        preprocess=to_plus_minus_one,
        levels={level: names[index] for level, index in levels.items()},
        imagenet_alphas=(),
        min_size=min_size,
    )


BACKBONES: dict[str, Backbone] = {
    "resnet18": Backbone(
        build=basic_resnet([2, 2, 2, 2]),
        preprocess=to_plus_minus_one,
        levels=_basic_resnet_levels([2, 2, 2, 2]),
        imagenet_alphas=(),
    ),
    "resnet34": Backbone(
        build=basic_resnet([3, 4, 6, 3]),
        preprocess=to_plus_minus_one,
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
        build=application(applications.InceptionV3),
        preprocess=to_plus_minus_one,
        # C2 is the input of the second max pooling. It has an index here because the name that Keras gives this layer
        # contains a counter of the whole process.
        levels={2: 17, 3: "mixed2", 4: "mixed7", 5: "mixed10"},
        min_size=75,
    ),
    "garden_resnet18": _garden(18),
    "garden_resnet50": _garden(50),
    "garden_resnet101": _garden(101),
    "vgg16": _vgg(applications.VGG16, 3),
    "vgg19": _vgg(applications.VGG19, 4),
    "mobilenet": Backbone(
        build=application_of_width(applications.MobileNet),
        preprocess=to_plus_minus_one,
        levels={2: "conv_pw_3_relu", 3: "conv_pw_5_relu", 4: "conv_pw_11_relu", 5: "conv_pw_13_relu"},
        imagenet_alphas=(0.25, 0.5, 0.75, 1.0),
        has_width=True,
        full_convolutions=False,
    ),
    "mobilenet_v2": Backbone(
        build=application_of_width(applications.MobileNetV2),
        preprocess=to_plus_minus_one,
        levels={2: "block_2_add", 3: "block_5_add", 4: "block_12_add", 5: "out_relu"},
        imagenet_alphas=(0.35, 0.5, 0.75, 1.0, 1.3, 1.4),
        has_width=True,
        full_convolutions=False,
    ),
    "efficientnet_b0": Backbone(
        build=build_efficientnet_b0,
        preprocess=unchanged,
        levels={2: "block2b_add", 3: "block3b_add", 4: "block5c_add", 5: "top_activation"},
        full_convolutions=False,
    ),
    **{name: _efficientnet_lite(name) for name in MULTIPLIERS},
    **{name: _layered(layers, MIN_SIZES.get(name, MIN_SIZE)) for name, layers in LAYER_LISTS.items()},
}


def backbone_entry(name: str, layers: Sequence[Layer] | None) -> Backbone:
    """Return the entry of a backbone.

    Args:
        name: A value of ``zoo.backbone``.
        layers: The layers of a backbone with the name "layers"; None for all others.
    """
    return BACKBONES[name] if layers is None else _layered(layers)


def head_layers(name: str, layers: Sequence[Layer] | None) -> list[Layer]:
    """Return the hidden layers of a backbone's own classification head. The list is empty if it has none."""
    given = LAYER_LISTS.get(name, []) if layers is None else layers
    return list(given[head_start(given) :])


def build_backbone(
    name: str, alpha: float, weights: str | None = None, layers: Sequence[Layer] | None = None
) -> tf_keras.Model:
    """Build a backbone of the zoo.

    Args:
        name: The architecture: a value of ``zoo.backbone``.
        alpha: The width multiplier of the MobileNets. It is 1.0 for all other backbones.
        weights: None for random weights, or "imagenet". Keras downloads the ImageNet weights, or reads them from its
            cache.
        layers: The layers of a backbone with the name "layers"; None for all others.

    Returns:
        A model with preprocessing. Its input is float32 [B, H, W, 3], RGB in [0, 255]. Its output is a dict of the
        feature maps "2" to "5"; map "l" is float32 [B, H / 2**l, W / 2**l, C_l]. A network with fewer poolings lacks
        the last maps. The attribute ``output_specs`` holds the shapes of the feature maps, which the detectors of
        Model Garden read, and ``levels`` the layers that return them.

    Raises:
        PipelineError: The ImageNet weights cannot be downloaded, or do not have the published checksum.
    """
    entry = backbone_entry(name, layers)
    pixels = tf_keras.Input([None, None, 3], name="image")
    try:
        network = entry.build(entry.preprocess(pixels), weights, alpha)
    except Exception as error:
        # Keras raises Exception for a failed download, and ValueError for a wrong checksum.
        if weights is None:
            raise
        raise PipelineError(
            f"zoo.weights imagenet: {name}: {one_line(error)}; without a network, set zoo.weights to file or builtin"
        ) from None
    for layer in batchnorms(network):
        layer.momentum = BATCHNORM_MOMENTUM
    features = {str(level): layer_at(network, layer).output for level, layer in entry.levels.items()}
    # The networks of Model Garden create their own input tensor.
    source = network.input if isinstance(network, GardenResNet) else pixels
    backbone = tf_keras.Model(source, features, name=name)
    backbone.output_specs = {level: output.shape for level, output in features.items()}
    backbone.levels = entry.levels
    return backbone


def layer_at(network: tf_keras.Model, layer: str | int) -> tf_keras.layers.Layer:
    """Return a layer of a network by its name or its index."""
    return network.get_layer(index=layer) if isinstance(layer, int) else network.get_layer(layer)
