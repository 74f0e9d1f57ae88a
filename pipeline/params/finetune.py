"""The section ``finetune`` of ``params.yaml``."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.params.base import NonNegative, Positive, Rate, Section


class CropAugment(Section):
    """The augmentation of the classifier's training images."""

    jitter: Annotated[float, Field(ge=0, lt=0.5)]
    flip: bool
    photometric: bool


class Finetune(Section):
    """The training of the classifier of object crops or whole images."""

    mode: Literal["none", "scratch", "extraction", "finetune"]
    init: Literal["zoo", "checkpoint"]
    checkpoint: Annotated[str, Field(min_length=1)]
    head: Literal["pooled", "own"]
    image_size: Annotated[int, Field(ge=16)]
    max_crops_per_class: Positive | None
    batch_size: Positive
    head_steps: Annotated[int, Field(ge=0)]
    steps: Positive
    learning_rate: Rate
    backbone_lr_factor: Rate
    freeze_batchnorm: bool
    dropout: Annotated[float, Field(ge=0, lt=1)]
    weight_decay: NonNegative
    evaluations: Positive
    patience: Positive | None
    augment: CropAugment
