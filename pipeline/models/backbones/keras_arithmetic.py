"""The arithmetic of the layers of a Keras network, for the backbones that are not given as a list of layers."""

from collections.abc import Iterator
from math import prod
from typing import Any

import tf_keras

from pipeline.models.backbones.layer_arithmetic import LayerRow
from pipeline.models.backbones.registry import build_backbone
from pipeline.models.upstream import all_layers, layers_before

_CONVOLUTIONS = (tf_keras.layers.Conv2D, tf_keras.layers.DepthwiseConv2D)
_POOLINGS = (tf_keras.layers.MaxPooling2D, tf_keras.layers.AveragePooling2D)


def keras_rows(name: str, alpha: float, size: int) -> Iterator[LayerRow]:
    """Calculate each layer of a backbone that has weights or a stride.

    The blocks of Model Garden are one layer each. Nothing is known of their receptive fields and multiply-adds, so both
    are 0, and so are the receptive fields after them.

    Args:
        name: A value of ``zoo.backbone``.
        alpha: The width multiplier.
        size: Side of the image, px.
    """
    network = _of_size(build_backbone(name, alpha), size)
    fields = _fields(network)
    for layer in network.layers:
        slides = isinstance(layer, _CONVOLUTIONS + _POOLINGS)
        if slides or layer.count_params():
            shape = layer.output_shape
            field, stride = fields[layer.name]
            yield LayerRow(
                layer.name,
                _detail(layer) if slides else "",
                side=shape[1],
                channels=shape[-1],
                parameters=layer.count_params(),
                field=field,
                stride=stride,
                multiply_adds=_multiply_adds(layer),
            )


def receptive_fields(backbone: tf_keras.Model, size: int) -> dict[str, tuple[int, int]]:
    """Return the receptive field and the stride of each layer of a backbone, px; a field of 0 is not known.

    Args:
        backbone: A model as :func:`pipeline.models.backbones.registry.build_backbone` returns it.
        size: Side of the image, px.
    """
    return _fields(_of_size(backbone, size))


def _of_size(backbone: tf_keras.Model, size: int) -> tf_keras.Model:
    """Return a copy for images of one size, whose layers know the shapes of their outputs."""
    return tf_keras.models.clone_model(backbone, input_tensors=tf_keras.Input([size, size, 3]))


def _fields(network: tf_keras.Model) -> dict[str, tuple[int, int]]:
    fields: dict[str, tuple[int, int]] = {}
    for layer in network.layers:
        fields[layer.name] = _field(layer, [fields[before.name] for before in layers_before(layer)])
    return fields


def _field(layer: Any, before: list[tuple[int, int]]) -> tuple[int, int]:
    """Return the receptive field and the stride of a layer's output, px; 0 if the field is not known.

    Args:
        before: The receptive fields and strides of its inputs.
    """
    if not before:
        return 1, 1
    field = max(field for field, _ in before) if all(field for field, _ in before) else 0
    stride = max(stride for _, stride in before)
    if isinstance(layer, _CONVOLUTIONS + _POOLINGS):
        kernel = (layer.pool_size if isinstance(layer, _POOLINGS) else layer.kernel_size)[0]
        return field and field + (kernel - 1) * stride, stride * layer.strides[0]
    if all_layers(layer):  # a block of Model Garden
        return 0, stride * (layer.input_shape[1] // layer.output_shape[1])
    return field, stride


def _detail(layer: Any) -> str:
    kernel = layer.pool_size if isinstance(layer, _POOLINGS) else layer.kernel_size
    kind = "depthwise, " if isinstance(layer, tf_keras.layers.DepthwiseConv2D) else ""
    return f"{kind}{kernel[0]} × {kernel[1]}, stride {layer.strides[0]}, {layer.padding}"


def _multiply_adds(layer: Any) -> int:
    if isinstance(layer, tf_keras.layers.DepthwiseConv2D):
        return int(prod(layer.output_shape[1:3]) * prod(layer.depthwise_kernel.shape))
    if isinstance(layer, tf_keras.layers.Conv2D):
        return int(prod(layer.output_shape[1:3]) * prod(layer.kernel.shape))
    return 0
