"""The arithmetic of a list of layers: output sizes, parameters, receptive fields and multiply-adds.

A convolution or pooling with a kernel of F cells, padding P and stride S turns W cells into (W - F + 2P) / S + 1,
rounded down.
"""

from collections.abc import Iterator, Sequence
from math import prod
from typing import NamedTuple

from pipeline.errors import PipelineError
from pipeline.params.layers import Conv, Dense, Layer, Pool

CHANNELS = 3
"""Channels of the image."""


class LayerRow(NamedTuple):
    """One layer of a network.

    Attributes:
        name: Kind and number, such as "conv 2".
        detail: The settings in words.
        side: Side of the output in cells; 1 after a fully connected layer.
        channels: Channels of the output.
        parameters: Number of trained values.
        field: Side of the receptive field, px; the whole image after a fully connected layer.
        stride: Distance of two neighbouring cells, px.
        multiply_adds: Number of multiplications that are added up, for one image.
    """

    name: str
    detail: str
    side: int
    channels: int
    parameters: int
    field: int
    stride: int
    multiply_adds: int

    @property
    def values(self) -> int:
        """The number of values of the output."""
        return self.side**2 * self.channels


def layer_rows(layers: Sequence[Layer], size: int) -> Iterator[LayerRow]:
    """Calculate each layer of a network.

    Args:
        layers: The layers in their order.
        size: Side of the image, px.

    Raises:
        PipelineError: A kernel is larger than the padded feature map, or the channels do not divide into the groups.
    """
    row = LayerRow("image", "", size, CHANNELS, 0, 1, 1, 0)
    for layer, name in zip(layers, layer_names(layers), strict=True):
        kind, _, number = name.rpartition("_")
        row = _next(row, layer, f"{kind} {number}", size)
        yield row


def layer_names(layers: Sequence[Layer]) -> list[str]:
    """Return the name of each layer: its kind and its number among those of the kind, such as "conv_2"."""
    counts: dict[str, int] = {}
    for layer in layers:
        counts[layer.layer] = counts.get(layer.layer, 0) + 1
    numbers = {kind: iter(range(1, count + 1)) for kind, count in counts.items()}
    return [f"{layer.layer}_{next(numbers[layer.layer])}" for layer in layers]


def level_layers(layers: Sequence[Layer]) -> dict[int, int]:
    """Return level l -> the index of the last layer whose output has stride 2**l, for the levels 2 to 5 that there are.

    If the last feature map is finer than level 2, its level is returned alone.

    Args:
        layers: The layers of a network without its head. The product of their strides is a power of 2.
    """
    stride, last = 1, {}
    for index, layer in enumerate(layers):
        stride *= layer.stride if isinstance(layer, Conv | Pool) else 1
        last[stride] = index
    lowest = min(2, stride.bit_length() - 1)
    return {level: last[2**level] for level in range(lowest, 6) if 2**level in last}


def head_start(layers: Sequence[Layer]) -> int:
    """Return the index at which the classification head begins.

    The head is the first fully connected layer, the dropout before it, and all that follows. It is the number of
    layers if the list has no fully connected layer.
    """
    first = next((index for index, layer in enumerate(layers) if layer.layer == "dense"), len(layers))
    while first < len(layers) and first and layers[first - 1].layer == "dropout":
        first -= 1
    return first


def final_stride(layers: Sequence[Layer]) -> int:
    """Return the stride of the last feature map: the distance of its cells, px."""
    return prod(layer.stride for layer in layers if isinstance(layer, Conv | Pool))


def _next(row: LayerRow, layer: Layer, name: str, size: int) -> LayerRow:
    if isinstance(layer, Conv):
        return _conv(row, layer, name)
    if isinstance(layer, Pool):
        row = _slid(row, layer, name)
        return row._replace(detail=f"{layer.kind}, {row.detail}", parameters=0, multiply_adds=0)
    if isinstance(layer, Dense):
        return LayerRow(
            name,
            layer.activation,
            side=1,
            channels=layer.units,
            parameters=(row.values + 1) * layer.units,
            field=size,
            stride=size,
            multiply_adds=row.values * layer.units,
        )
    parameters = 2 * row.channels if layer.layer == "batch_norm" else 0
    detail = ", ".join(str(value) for value in layer.model_dump(exclude={"layer"}).values())
    return row._replace(name=name, detail=detail, parameters=parameters, multiply_adds=0)


def _conv(row: LayerRow, layer: Conv, name: str) -> LayerRow:
    for channels, what in ((row.channels, "input channels"), (layer.filters, "filters")):
        if channels % layer.groups:
            raise PipelineError(
                f"{name}: {channels} {what} do not divide into {layer.groups} groups; change filters or groups"
            )
    weights = layer.kernel**2 * (row.channels // layer.groups) * layer.filters
    slid = _slid(row, layer, name)
    groups = f", {layer.groups} groups" if layer.groups > 1 else ""
    return slid._replace(
        detail=f"{slid.detail}{groups}, {layer.activation}",
        channels=layer.filters,
        parameters=weights + layer.filters,
        multiply_adds=slid.side**2 * weights,
    )


def _slid(row: LayerRow, layer: Conv | Pool, name: str) -> LayerRow:
    """Return the row with the name, side, receptive field and stride of a sliding window."""
    padded = row.side + 2 * layer.padding
    if layer.kernel > padded:
        raise PipelineError(
            f"{name}: its kernel has {layer.kernel} cells, but its input only {padded} with the padding; "
            "take larger images or fewer poolings"
        )
    return row._replace(
        name=name,
        detail=f"{layer.kernel} × {layer.kernel}, stride {layer.stride}, padding {layer.padding}",
        side=(padded - layer.kernel) // layer.stride + 1,
        field=row.field + (layer.kernel - 1) * row.stride,
        stride=row.stride * layer.stride,
    )
