"""Combinations of parameters that cannot be used, although each value is valid."""

from collections.abc import Callable
from typing import Any

from pipeline.models.backbones.names import IMAGENET_ALPHAS, MIN_SIZES, WITHOUT_IMAGENET
from pipeline.params.schema import Params

Faults = list[tuple[bool, str]]
"""Pairs of a condition, which is true if the parameters are wrong, and its message."""


def combination_faults(params: Params) -> list[str]:
    """Return one line for each combination of parameters that cannot be used."""
    faults = [fault for check in _CHECKS for fault in check(params)]
    return [message for is_wrong, message in faults if is_wrong]


def _backbone_faults(params: Params) -> Faults:
    zoo = params.zoo
    alphas = IMAGENET_ALPHAS.get(zoo.backbone, ())
    imagenet = zoo.weights == "imagenet"
    return [
        (
            imagenet and zoo.backbone in WITHOUT_IMAGENET,
            f"zoo.weights is imagenet, but Keras publishes no ImageNet weights for {zoo.backbone}; set zoo.backbone to "
            "resnet50 or mobilenet, or zoo.weights to builtin",
        ),
        (
            not alphas and zoo.alpha != 1.0,
            f"zoo.alpha is {zoo.alpha}, but only {' and '.join(IMAGENET_ALPHAS)} have a width multiplier; "
            "set it to 1.0",
        ),
        (
            imagenet and bool(alphas) and zoo.alpha not in alphas,
            f"zoo.alpha is {zoo.alpha}, but ImageNet weights of {zoo.backbone} exist for these values only: "
            f"{', '.join(map(str, alphas))}; set it to one of them",
        ),
    ]


def _image_size_faults(params: Params) -> Faults:
    zoo = params.zoo
    sizes = {
        "zoo.builtin.image_size": zoo.builtin.image_size if zoo.weights == "builtin" else None,
        "finetune.image_size": params.finetune.image_size,
        "train.image_size": params.train.image_size,
    }
    smallest = MIN_SIZES.get(zoo.backbone, 0)
    return [
        (
            size is not None and size < smallest,
            f"{name} is {size}, but {zoo.backbone} needs at least {smallest} px; set it to {smallest} or more",
        )
        for name, size in sizes.items()
    ]


def _dataset_faults(params: Params) -> Faults:
    convert = params.convert
    return [
        (
            params.dataset.source == "url" and not params.dataset.url,
            "dataset.source is url, but dataset.url is empty; set it to the URL of an archive",
        ),
        (
            convert.val_fraction + convert.test_fraction >= 1,
            f"convert.val_fraction + convert.test_fraction is {convert.val_fraction + convert.test_fraction:g}, which "
            "leaves no images for train; their sum must be below 1",
        ),
        (
            convert.folds is not None and convert.fold > convert.folds,
            f"convert.fold ({convert.fold}) must not be greater than convert.folds ({convert.folds})",
        ),
    ]


def _finetune_faults(params: Params) -> Faults:
    finetune = params.finetune
    return [
        (
            finetune.mode in ("extraction", "finetune") and params.zoo.weights == "none",
            f"finetune.mode is {finetune.mode}, but zoo.weights is none, so there are no weights to start from; "
            "set finetune.mode to scratch, or zoo.weights to builtin, imagenet or file",
        ),
        (
            finetune.mode == "finetune" and finetune.head_steps >= finetune.steps,
            f"finetune.head_steps ({finetune.head_steps}) must be less than finetune.steps ({finetune.steps})",
        ),
    ]


COCO_RETINANET = {
    "filters": 256,
    "convolutions": 4,
    "max_level": 7,
    "scales": 3,
    "aspect_ratios": [0.5, 1.0, 2.0],
}
"""The values of ``train.retinanet`` that shape the layers of Model Garden's detector of COCO."""


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
        (
            train.init == "checkpoint" and not zoo.backbone.startswith("garden_"),
            f"train.init is checkpoint, but checkpoints of Model Garden do not fit zoo.backbone {zoo.backbone}; "
            "set zoo.backbone to garden_resnet18, garden_resnet50 or garden_resnet101",
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


def _anchor_faults(params: Params) -> Faults:
    train = params.train
    return [
        (
            train.auto_anchors and train.architecture in ("gfl", "yolo_v8"),
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


_CHECKS: tuple[Callable[[Params], Faults], ...] = (
    _backbone_faults,
    _image_size_faults,
    _dataset_faults,
    _finetune_faults,
    _init_faults,
    _schedule_faults,
    _unfreezing_faults,
    _ssd_faults,
    _anchor_faults,
)
