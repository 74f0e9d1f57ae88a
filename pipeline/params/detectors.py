"""The sections of ``train`` for the detector architectures, one section for each."""

from typing import Annotated, Literal

from pydantic import Field

from pipeline.params.base import NonNegative, Positive, Rate, Section

Architecture = Literal[
    "gfl", "ssd", "retinanet", "faster_rcnn", "mask_rcnn", "yolo_v8", "yolo_v1", "localizer", "keypoints"
]
"""The name of a detector architecture, which is also that of its section."""


class Ssd(Section):
    """The feature levels, default boxes and matching of SSD (Liu et al. 2016)."""

    variant: Literal["standard", "vgg", "lite"]
    min_scale: Annotated[float, Field(gt=0, lt=1)]
    max_scale: Annotated[float, Field(gt=0, le=1)]
    match_iou: Annotated[float, Field(gt=0, lt=1)]
    negatives_per_positive: Positive


AspectRatios = Annotated[list[Rate], Field(min_length=1)]
"""At least one aspect ratio, width / height."""


class RetinaNet(Section):
    """The feature pyramid, heads, anchors and loss of RetinaNet (Lin et al. 2017)."""

    filters: Positive
    convolutions: Positive
    max_level: Annotated[int, Field(ge=5, le=7)]
    anchor_size: Rate
    aspect_ratios: AspectRatios
    scales: Positive
    match_iou: Annotated[float, Field(gt=0, lt=1)]
    unmatched_iou: Annotated[float, Field(gt=0, lt=1)]
    focal_alpha: Annotated[float, Field(gt=0, lt=1)]
    focal_gamma: NonNegative


class Gfl(Section):
    """The feature pyramid and heads of the detector with generalized focal loss (Li et al. 2020)."""

    filters: Positive
    convolutions: Positive
    min_level: Annotated[int, Field(ge=3, le=5)]
    max_level: Annotated[int, Field(ge=5, le=7)]
    anchor_size: Rate


class FasterRcnn(Section):
    """The feature pyramid, anchors, proposals and second stage of Faster R-CNN (Ren et al. 2015)."""

    filters: Positive
    max_level: Annotated[int, Field(ge=5, le=7)]
    anchor_size: Rate
    aspect_ratios: AspectRatios
    scales: Positive
    proposals: Positive
    proposal_nms_iou: Annotated[float, Field(gt=0, lt=1)]
    match_iou: Annotated[float, Field(gt=0, lt=1)]
    unmatched_iou: Annotated[float, Field(gt=0, lt=1)]
    sampled_anchors: Positive
    roi_match_iou: Annotated[float, Field(gt=0, lt=1)]
    roi_foreground: Annotated[float, Field(gt=0, lt=1)]
    sampled_rois: Positive
    head_units: Positive
    roi_size: Positive


class MaskRcnn(Section):
    """The mask head of Mask R-CNN (He et al. 2017). Its other parameters are in the section ``faster_rcnn``."""

    mask_filters: Positive
    mask_convolutions: Positive
    sampled_masks: Positive


class YoloV8(Section):
    """The feature pyramid and losses of YOLOv8."""

    width: Annotated[float, Field(ge=0.03125)]
    fpn_depth: Positive
    box_weight: Rate
    class_weight: Rate
    distance_weight: NonNegative


class YoloV1(Section):
    """The cells and the loss of YOLO v1 (Redmon et al. 2016)."""

    boxes: Positive
    filters: Positive
    dropout: Annotated[float, Field(ge=0, lt=1)]
    coord_weight: Rate
    no_object_weight: Rate


class Localizer(Section):
    """The head and the losses of the localizer."""

    target: Literal["corners", "corner_size"]
    classify: bool
    units: Positive
    dropout: Annotated[float, Field(ge=0, lt=1)]
    box_weight: Rate
    class_weight: Rate


class Keypoints(Section):
    """The heat maps and the losses of the detector of keypoints."""

    level: Annotated[int, Field(ge=2, le=5)]
    filters: Positive
    convolutions: Positive
    mirrored: Literal["auto"] | list[Annotated[list[str], Field(min_length=2, max_length=2)]]
    place_weight: Rate
    heat_weight: NonNegative
    visible_weight: NonNegative
