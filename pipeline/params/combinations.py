"""Parameters that are valid one by one and cannot be used together."""

from pipeline.models.backbones.names import IMAGENET_ALPHAS, MIN_SIZES, WITHOUT_IMAGENET
from pipeline.params.schema import Params
from pipeline.params.train import Train


def combination_faults(params: Params) -> list[str]:
    """Name the parameters that are each fine and cannot stand together, one line each."""
    dataset, zoo, finetune, train = params.dataset, params.zoo, params.finetune, params.train
    pretrained = zoo.weights != "none"
    vgg_ssd = train.architecture == "ssd" and train.ssd.variant == "vgg"
    checks = [
        (
            dataset.source == "url" and not dataset.url,
            "dataset.source is url, so dataset.url must be given",
        ),
        (
            params.convert.val_fraction + params.convert.test_fraction >= 1,
            "convert.val_fraction + convert.test_fraction must stay below 1, or nothing is left to train on",
        ),
        (
            params.convert.folds is not None and params.convert.fold > params.convert.folds,
            f"convert.fold ({params.convert.fold}) must not be above convert.folds ({params.convert.folds})",
        ),
        (
            finetune.mode != "scratch" and not pretrained,
            f"finetune.mode is {finetune.mode}, but zoo.weights none leaves nothing to start from; "
            "set finetune.mode scratch, or other weights",
        ),
        (
            train.init == "zoo" and not pretrained,
            "train.init is zoo, but zoo.weights is none; set train.init scratch, or other weights",
        ),
        (
            train.init == "checkpoint" and not zoo.backbone.startswith("garden_"),
            f"train.init is checkpoint, but zoo.backbone is {zoo.backbone}; Model Garden's checkpoints fit "
            "garden_resnet18, garden_resnet50 and garden_resnet101",
        ),
        (
            finetune.mode == "finetune" and finetune.head_epochs >= finetune.epochs,
            f"finetune.head_epochs ({finetune.head_epochs}) must be fewer than finetune.epochs ({finetune.epochs})",
        ),
        (
            train.warmup_epochs >= train.epochs,
            f"train.warmup_epochs ({train.warmup_epochs}) must be fewer than train.epochs ({train.epochs})",
        ),
        *_training_faults(train),
        (
            train.image_size % 32 != 0 and not (train.image_size == 300 and vgg_ssd),
            f"train.image_size is {train.image_size}; it must be a multiple of 32, or 300 with train.ssd.variant vgg",
        ),
        (
            vgg_ssd and not zoo.backbone.startswith("vgg"),
            f"train.ssd.variant is vgg, but zoo.backbone is {zoo.backbone}; set zoo.backbone vgg16, or another variant",
        ),
        (
            train.ssd.min_scale >= train.ssd.max_scale,
            f"train.ssd.min_scale ({train.ssd.min_scale}) must be below train.ssd.max_scale ({train.ssd.max_scale})",
        ),
        (
            train.mask_rcnn.sampled_masks > train.mask_rcnn.sampled_rois,
            f"train.mask_rcnn.sampled_masks ({train.mask_rcnn.sampled_masks}) must not be above "
            f"train.mask_rcnn.sampled_rois ({train.mask_rcnn.sampled_rois})",
        ),
    ]
    return _backbone_faults(params) + [fault for wrong, fault in checks if wrong]


def _backbone_faults(params: Params) -> list[str]:
    """Name what the chosen backbone cannot do."""
    zoo = params.zoo
    alphas = IMAGENET_ALPHAS.get(zoo.backbone, ())
    imagenet = zoo.weights == "imagenet"
    checks = [
        (
            imagenet and zoo.backbone in WITHOUT_IMAGENET,
            f"zoo.weights is imagenet, but Keras publishes none for {zoo.backbone}; take zoo.backbone resnet50 or "
            "mobilenet, or zoo.weights builtin",
        ),
        (
            not alphas and zoo.alpha != 1.0,
            f"zoo.alpha is {zoo.alpha}, but only {' and '.join(IMAGENET_ALPHAS)} have a width; set it to 1.0",
        ),
        (
            imagenet and bool(alphas) and zoo.alpha not in alphas,
            f"zoo.alpha is {zoo.alpha}, but ImageNet weights of {zoo.backbone} exist for "
            f"{', '.join(map(str, alphas))}",
        ),
    ]
    sizes = {
        "zoo.builtin.image_size": zoo.builtin.image_size if zoo.weights == "builtin" else None,
        "finetune.image_size": params.finetune.image_size,
        "train.image_size": params.train.image_size,
    }
    least = MIN_SIZES.get(zoo.backbone, 0)
    checks += [
        (size is not None and size < least, f"{name} is {size}, but {zoo.backbone} needs at least {least} px")
        for name, size in sizes.items()
    ]
    return [fault for wrong, fault in checks if wrong]


def _training_faults(train: Train) -> list[tuple[bool, str]]:
    thawing = (train.unfreeze_epochs or 0) * (4 - train.frozen_stages)
    return [
        (
            sorted(set(train.step_at)) != train.step_at,
            f"train.step_at is {train.step_at}; it must ascend",
        ),
        (
            train.unfreeze_epochs is not None and train.init == "scratch",
            "train.unfreeze_epochs is given, but train.init is scratch, where nothing is frozen; set it to null",
        ),
        (
            train.unfreeze_epochs is not None and train.frozen_stages == 4,
            "train.unfreeze_epochs is given, but train.frozen_stages is 4, so that nothing ever thaws",
        ),
        (
            thawing >= train.epochs,
            f"train.unfreeze_epochs ({train.unfreeze_epochs}) thaws the last stage in epoch {thawing + 1}, but "
            f"train.epochs is {train.epochs}",
        ),
        (
            train.auto_anchors and train.architecture == "yolo_v8",
            "train.auto_anchors is true, but train.architecture yolo_v8 has no anchors; set it to false",
        ),
        (
            train.patience is not None and train.eval_every == 0,
            "train.patience is given, but train.eval_every is 0, so that nothing is evaluated",
        ),
        (
            train.eval_every > train.epochs,
            f"train.eval_every ({train.eval_every}) must not be more than train.epochs ({train.epochs})",
        ),
        *(
            (
                section.unmatched_iou > section.match_iou,
                f"train.{name}.unmatched_iou ({section.unmatched_iou}) must not be above "
                f"train.{name}.match_iou ({section.match_iou})",
            )
            for name, section in (
                ("retinanet", train.retinanet),
                ("faster_rcnn", train.faster_rcnn),
                ("mask_rcnn", train.mask_rcnn),
            )
        ),
    ]
