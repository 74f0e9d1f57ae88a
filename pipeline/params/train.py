"""The section ``train`` of ``params.yaml``."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.params.base import Fraction, NonNegative, Positive, Rate, Section
from pipeline.params.detectors import (
    Architecture,
    FasterRcnn,
    Gfl,
    Keypoints,
    Localizer,
    MaskRcnn,
    RetinaNet,
    Ssd,
    YoloV1,
    YoloV8,
)


class Augment(Section):
    """The augmentation of the detector's training images."""

    photometric: bool
    expand: Annotated[float, Field(ge=1)]
    iou_crop: bool
    flip: bool
    scale_min: Annotated[float, Field(ge=0.1, le=1)]
    scale_max: Annotated[float, Field(ge=1, le=10)]
    stretch: Annotated[float, Field(ge=1, le=4)]
    mosaic: Fraction
    mixup: Fraction
    mixing_ends: Fraction


class Train(Section):
    """The training of the detector."""

    architecture: Architecture
    backbone: Literal["zoo", "classifier"]
    init: Literal["pretrained", "coco", "checkpoint", "scratch"]
    checkpoint: Annotated[str, Field(min_length=1)]
    image_size: Annotated[int, Field(ge=64)]
    batch_size: Positive
    steps: Positive
    minutes: Rate | None
    seeds: Annotated[int, Field(ge=1, le=100)]
    learning_rate: Rate
    schedule: Literal["cosine", "step"]
    step_at: Annotated[list[Annotated[float, Field(gt=0, lt=1)]], Field(min_length=1)]
    backbone_lr_factor: Rate
    warmup_steps: Annotated[int, Field(ge=0)]
    weight_decay: NonNegative
    clip_norm: Rate
    ema: Annotated[float, Field(gt=0, lt=1)] | None
    frozen_stages: Annotated[int, Field(ge=0, le=4)]
    unfreeze_steps: Positive | None
    freeze_batchnorm: bool
    auto_anchors: bool
    class_balanced: bool
    evaluations: Annotated[int, Field(ge=0)]
    patience: Positive | None
    augment: Augment
    gfl: Gfl
    ssd: Ssd
    retinanet: RetinaNet
    faster_rcnn: FasterRcnn
    mask_rcnn: MaskRcnn
    yolo_v8: YoloV8
    yolo_v1: YoloV1
    localizer: Localizer
    keypoints: Keypoints
