"""The layers of a convolutional network, as a list in ``zoo.layers`` describes them.

Only ``groups`` may be left out.
"""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.params.base import Positive, Section

Function = Literal["relu", "tanh", "sigmoid", "linear"]
Padding = Annotated[int, Field(ge=0)]
"""Rows and columns of zeros on each side of the feature map."""


class Conv(Section):
    """A convolution, and the activation after it."""

    layer: Literal["conv"]
    filters: Positive
    kernel: Positive
    stride: Positive
    padding: Padding
    groups: Positive = 1
    activation: Function


class Pool(Section):
    """A pooling. The zeros of the padding count in it."""

    layer: Literal["pool"]
    kind: Literal["max", "average"]
    kernel: Positive
    stride: Positive
    padding: Padding


class Lrn(Section):
    """A local response normalisation (Krizhevsky et al. 2012, section 3.3), with the constants of the paper."""

    layer: Literal["lrn"]


class BatchNorm(Section):
    """A batch normalisation of each channel."""

    layer: Literal["batch_norm"]


class Activation(Section):
    """An activation by itself, such as the one after a batch normalisation."""

    layer: Literal["activation"]
    function: Function


class Dropout(Section):
    """Dropout."""

    layer: Literal["dropout"]
    rate: Annotated[float, Field(ge=0, lt=1)]


class Dense(Section):
    """A fully connected layer, and the activation after it. The first one reads all cells of the feature map."""

    layer: Literal["dense"]
    units: Positive
    activation: Function


Layer = Annotated[Conv | Pool | Lrn | BatchNorm | Activation | Dropout | Dense, Field(discriminator="layer")]
