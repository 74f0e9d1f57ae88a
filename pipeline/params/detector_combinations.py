"""Combinations of the detector's parameters that cannot be used, although each value is valid."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from pipeline.params.batch_statistics import detector_batch_faults
from pipeline.params.faults import Faults
from pipeline.params.schema import Params

COCO_RETINANET = {
    "filters": 256,
    "convolutions": 4,
    "max_level": 7,
    "scales": 3,
    "aspect_ratios": [0.5, 1.0, 2.0],
}
"""The values of ``train.retinanet`` that shape the layers of Model Garden's detector of COCO."""

ONE_OBJECT = ("localizer", "keypoints")
"""Architectures that find one object of an image."""


def _init_faults(params: Params) -> Faults:
    train, zoo = params.train, params.zoo
    needed: list[tuple[str, Any, Any]] = [
        ("zoo.backbone", zoo.backbone, "garden_resnet50"),
        ("train.architecture", train.architecture, "retinanet"),
        *(
            (f"train.retinanet.{key}", getattr(train.retinanet, key), value)
            for key, value in COCO_RETINANET.items()
        ),
    ]
    wrong = [(key, given, must) for key, given, must in needed if given != must]
    coco_mismatch = "; ".join(f"{key} is {given}: set it to {must}" for key, given, must in wrong) or None
    return [
        (
            train.init == "pretrained" and train.backbone == "zoo" and zoo.weights == "none",
            "train.init is pretrained, but zoo.weights is none; set train.init to scratch, or zoo.weights to builtin, "
            "imagenet or file",
        ),
        (
            train.backbone == "classifier" and params.finetune.mode == "none",
            "train.backbone is classifier, but finetune.mode is none, so there is no classifier; set train.backbone to "
            "zoo, or finetune.mode to finetune",
        ),
        (
            train.init == "coco" and coco_mismatch is not None,
            f"train.init is coco, which is a RetinaNet on ResNet-50, but {coco_mismatch}",
        ),
    ]


def _schedule_faults(params: Params) -> Faults:
    train = params.train
    return [
        (
            train.warmup_steps >= train.steps,
            f"train.warmup_steps ({train.warmup_steps}) must be less than train.steps ({train.steps})",
        ),
        (
            sorted(set(train.step_at)) != train.step_at,
            f"train.step_at is {train.step_at}; each number must be greater than the one before",
        ),
        (
            train.patience is not None and train.evaluations == 0,
            "train.patience is given, but train.evaluations is 0, so the val split is never evaluated; set "
            "train.evaluations to 1 or more, or train.patience to null",
        ),
    ]


def _unfreezing_faults(params: Params) -> Faults:
    train = params.train
    if train.unfreeze_steps is None:
        return []
    last = train.unfreeze_steps * (4 - train.frozen_stages)
    return [
        (
            train.init == "scratch",
            "train.unfreeze_steps is given, but train.init is scratch, which freezes no stage; set "
            "train.unfreeze_steps to null",
        ),
        (
            train.frozen_stages == 4,
            "train.unfreeze_steps is given, but train.frozen_stages is 4, so no stage is ever unfrozen; set "
            "train.unfreeze_steps to null, or train.frozen_stages to 3 or less",
        ),
        (
            last >= train.steps,
            f"train.unfreeze_steps ({train.unfreeze_steps}) unfreezes the last stage after {last} steps, but "
            f"train.steps is {train.steps}; set train.unfreeze_steps lower",
        ),
    ]


def _one_object_faults(params: Params) -> Faults:
    augment, architecture, tile = params.train.augment, params.train.architecture, params.convert.tile
    return [
        (
            architecture in ONE_OBJECT and tile is not None,
            f"convert.tile is {tile}, but train.architecture is {architecture}, which finds one object of an image and "
            "would find one in each tile; set convert.tile to null, or train.architecture to gfl",
        ),
        (
            architecture in ONE_OBJECT and (augment.mosaic > 0 or augment.mixup > 0),
            f"train.architecture is {architecture}, which finds one object of an image, but train.augment.mosaic and "
            "mixup put several into one; set both to 0.0",
        ),
    ]


def _ssd_faults(params: Params) -> Faults:
    train, backbone = params.train, params.zoo.backbone
    vgg = train.architecture == "ssd" and train.ssd.variant == "vgg"
    return [
        (
            train.image_size % 32 != 0 and not (train.image_size == 300 and vgg),
            f"train.image_size is {train.image_size}; it must be a multiple of 32, or 300 with train.ssd.variant vgg",
        ),
        (
            vgg and not backbone.startswith("vgg"),
            f"train.ssd.variant is vgg, but zoo.backbone is {backbone}; set zoo.backbone to vgg16 or vgg19, or "
            "train.ssd.variant to standard",
        ),
        (
            train.ssd.min_scale >= train.ssd.max_scale,
            f"train.ssd.min_scale ({train.ssd.min_scale}) must be below train.ssd.max_scale ({train.ssd.max_scale})",
        ),
    ]


def _format_faults(params: Params) -> Faults:
    formats = params.export.formats
    return [
        (
            params.train.architecture == "mask_rcnn" and bool(formats),
            "export.formats is not empty, but train.architecture is mask_rcnn, whose masks are computed after the "
            "suppression, where these files end; set export.formats to []",
        ),
        (
            params.train.architecture == "faster_rcnn" and "tflite_int8" in formats,
            "export.formats has tflite_int8, but train.architecture is faster_rcnn: TFLite's calibration cannot run "
            "the suppression of the proposals; take tflite_int8 out, or take tflite_float16",
        ),
        (
            "openvino" in formats and find_spec("openvino") is None,
            "export.formats has openvino, which is not installed; install it with: pip install -e '.[openvino]', or "
            "take openvino out",
        ),
    ]


def _anchor_faults(params: Params) -> Faults:
    train = params.train
    return [
        (
            train.auto_anchors
            and train.architecture in ("gfl", "yolo_v8", "yolo_v1", "localizer", "keypoints"),
            f"train.auto_anchors is true, but train.architecture is {train.architecture}, which has no anchors; set "
            "train.auto_anchors to false",
        ),
        *(
            (
                section.unmatched_iou > section.match_iou,
                f"train.{name}.unmatched_iou ({section.unmatched_iou}) must not be greater than "
                f"train.{name}.match_iou ({section.match_iou})",
            )
            for name, section in (("retinanet", train.retinanet), ("faster_rcnn", train.faster_rcnn))
        ),
        (
            train.mask_rcnn.sampled_masks > train.faster_rcnn.sampled_rois,
            f"train.mask_rcnn.sampled_masks ({train.mask_rcnn.sampled_masks}) must not be greater than "
            f"train.faster_rcnn.sampled_rois ({train.faster_rcnn.sampled_rois})",
        ),
    ]


DETECTOR_CHECKS: tuple[Callable[[Params], Faults], ...] = (
    _init_faults,
    _schedule_faults,
    _unfreezing_faults,
    _one_object_faults,
    _ssd_faults,
    _format_faults,
    _anchor_faults,
    detector_batch_faults,
)
