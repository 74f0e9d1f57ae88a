"""The section ``zoo`` of ``params.yaml``."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.models.backbones.names import BackboneName
from pipeline.params.base import Positive, Rate, Section
from pipeline.params.layers import Layer


class SourceTask(Section):
    """The pretraining on drawn shapes and patterns, which needs no network."""

    image_size: Annotated[int, Field(ge=32)]
    images: Positive
    epochs: Positive
    batch_size: Positive
    learning_rate: Rate


class Zoo(Section):
    """The backbone and its initial weights."""

    backbone: BackboneName
    alpha: Annotated[float, Field(ge=0.05)]
    layers: Annotated[list[Layer], Field(min_length=1)] | None
    weights: Literal["builtin", "imagenet", "file", "none"]
    file: Annotated[str, Field(min_length=1)]
    builtin: SourceTask
