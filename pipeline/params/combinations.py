"""Combinations of parameters that cannot be used, although each value is valid."""

from collections.abc import Callable

from pipeline.errors import PipelineError
from pipeline.models.backbones.layer_arithmetic import final_stride, head_start, layer_rows
from pipeline.models.backbones.names import (
    FINAL_STRIDES,
    IMAGENET_ALPHAS,
    LAYERED,
    MIN_SIZE,
    MIN_SIZES,
    WITHOUT_IMAGENET,
)
from pipeline.params.batch_statistics import classifier_batch_faults
from pipeline.params.detector_combinations import DETECTOR_CHECKS
from pipeline.params.faults import Faults
from pipeline.params.layers import Layer
from pipeline.params.schema import Params


def combination_faults(params: Params) -> list[str]:
    """Return one line for each combination of parameters that cannot be used."""
    checks = (*_CHECKS, *DETECTOR_CHECKS) if params.task == "detection" else _CHECKS
    faults = [fault for check in checks for fault in check(params)]
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


ONE_MAP = ("yolo_v1", "localizer")
"""Architectures that read the last feature map of the backbone only."""

LAST_STRIDE = 32
"""The stride of the last feature map that the pyramids of the detectors are built on, px."""


def _layers_faults(params: Params) -> Faults:
    zoo, layers = params.zoo, params.zoo.layers or []
    own_head = zoo.backbone in LAYERED or head_start(layers) < len(layers)
    stride = final_stride(layers) if layers else FINAL_STRIDES.get(zoo.backbone, LAST_STRIDE)
    return [
        (
            zoo.backbone == "layers" and not layers,
            "zoo.backbone is layers, but zoo.layers is null; list the layers there",
        ),
        (
            zoo.backbone != "layers" and bool(layers),
            f"zoo.layers is given, but zoo.backbone is {zoo.backbone}; set zoo.backbone to layers, or zoo.layers to "
            "null",
        ),
        (
            bool(layers) and head_start(layers) == 0,
            "zoo.layers begins with a fully connected layer; a backbone needs a convolution",
        ),
        (
            stride & (stride - 1) != 0 or stride > LAST_STRIDE,
            f"the strides in zoo.layers multiply to {stride}; a power of 2 up to {LAST_STRIDE} is needed",
        ),
        (
            params.finetune.head == "own" and not own_head,
            f"finetune.head is own, but zoo.backbone {zoo.backbone} has no fully connected layers of its own; set "
            "it to pooled",
        ),
        (
            params.task == "detection" and params.train.architecture not in ONE_MAP and stride < LAST_STRIDE,
            f"the last feature map of zoo.backbone {zoo.backbone} has a stride of {stride} px, but train.architecture "
            f"{params.train.architecture} needs {LAST_STRIDE} px; take another backbone",
        ),
    ]


def _image_size_faults(params: Params) -> Faults:
    zoo = params.zoo
    sizes = {
        "zoo.builtin.image_size": zoo.builtin.image_size if zoo.weights == "builtin" else None,
        "finetune.image_size": params.finetune.image_size,
        "train.image_size": params.train.image_size if params.task == "detection" else None,
    }
    smallest = MIN_SIZES.get(zoo.backbone, MIN_SIZE)
    if zoo.layers:
        return [
            (problem is not None, f"{name} is {size}, which does not fit zoo.layers: {problem}")
            for name, size in sizes.items()
            if size is not None
            for problem in [_layers_problem(zoo.layers, size)]
        ]
    return [
        (
            size is not None and size < smallest,
            f"{name} is {size}, but {zoo.backbone} needs at least {smallest} px; set it to {smallest} or more",
        )
        for name, size in sizes.items()
    ]


def _layers_problem(layers: list[Layer], size: int) -> str | None:
    """Return why the layers cannot be applied to images with sides of ``size`` px, or None."""
    try:
        list(layer_rows(layers, size))
    except PipelineError as error:
        return str(error)
    return None


def _dataset_faults(params: Params) -> Faults:
    convert, compose, sound = params.convert, params.dataset.compose, params.dataset.sound
    return [
        (
            params.dataset.source == "url" and not params.dataset.url,
            "dataset.source is url, but dataset.url is empty; set it to the URL of an archive",
        ),
        (
            bool(params.dataset.csv.columns) and params.dataset.format != "csv",
            f"dataset.csv.columns is given, but dataset.format is {params.dataset.format}; set it to csv",
        ),
        (
            sound.high is not None and sound.high <= sound.low,
            f"dataset.sound.high ({sound.high}) must be greater than dataset.sound.low ({sound.low})",
        ),
        *(
            (
                getattr(compose, f"{name}_min") > getattr(compose, f"{name}_max"),
                f"dataset.compose.{name}_min ({getattr(compose, f'{name}_min')}) must not be greater than "
                f"dataset.compose.{name}_max ({getattr(compose, f'{name}_max')})",
            )
            for name in ("objects", "scale")
        ),
        (
            convert.tile is not None and params.task == "classification",
            f"convert.tile is {convert.tile}, but task is classification, which labels whole images; set convert.tile "
            "to null",
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
            finetune.mode == "scratch" and finetune.init == "checkpoint",
            "finetune.init is checkpoint, but finetune.mode is scratch, which starts from random weights; set "
            "finetune.mode to finetune or extraction",
        ),
        (
            finetune.mode in ("extraction", "finetune")
            and params.zoo.weights == "none"
            and finetune.init == "zoo",
            f"finetune.mode is {finetune.mode}, but zoo.weights is none, so there are no weights to start from; "
            "set finetune.mode to scratch, or zoo.weights to builtin, imagenet or file",
        ),
        (
            finetune.mode == "finetune" and finetune.head_steps >= finetune.steps,
            f"finetune.head_steps ({finetune.head_steps}) must be less than finetune.steps ({finetune.steps})",
        ),
    ]


_CHECKS: tuple[Callable[[Params], Faults], ...] = (
    _backbone_faults,
    _layers_faults,
    _image_size_faults,
    _dataset_faults,
    _finetune_faults,
    classifier_batch_faults,
)
