"""Combinations of parameters that cannot be used."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import PipelineError
from pipeline.params.load import load_params
from tests.support.params_file import changed_params, write_params


def faults(folder: Path, **changes: Any) -> list[str]:
    path = write_params(folder, **changes)
    with pytest.raises(PipelineError) as raised:
        load_params(path)
    return [line.removeprefix(f"{path}: ") for line in str(raised.value).splitlines()]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"dataset__csv__columns": ["image", "class"]},
            "dataset.csv.columns is given, but dataset.format is auto",
        ),
        ({"dataset__source": "url"}, "dataset.url is empty; set it to the URL of an archive"),
        (
            {"train__architecture": "ssd", "train__batch_size": 3},
            "but ssd normalises over the batch (BatchNorm), and the statistics of fewer than 4 images do not hold",
        ),
        (
            {"train__architecture": "yolo_v8", "train__batch_size": 1},
            "set it to 2 or more, or train.architecture to gfl or retinanet, which normalise each image by itself",
        ),
        (
            {"train__freeze_batchnorm": False, "train__batch_size": 1},
            "train.batch_size is 1, but the BatchNorm of the backbone is trained, and the statistics of one image do "
            "not hold in evaluation; set it to 2 or more, or train.freeze_batchnorm to true",
        ),
        (
            {"finetune__mode": "scratch", "finetune__batch_size": 1},
            "finetune.batch_size is 1, but the BatchNorm of the backbone is trained",
        ),
        (
            {"zoo__weights": "builtin", "zoo__builtin__batch_size": 1},
            "zoo.builtin.batch_size is 1, but the BatchNorm of the backbone is trained",
        ),
        (
            {"convert__val_fraction": 0.6, "convert__test_fraction": 0.5},
            "is 1.1, which leaves no images for train",
        ),
        (
            {"convert__folds": 3, "convert__fold": 4},
            "convert.fold (4) must not be greater than convert.folds (3)",
        ),
        (
            {"convert__tile": 640, "task": "classification"},
            "convert.tile is 640, but task is classification, which labels whole images; set convert.tile to null",
        ),
        (
            {"convert__tile": 640, "train__architecture": "keypoints", "train__augment__mosaic": 0.0},
            "convert.tile is 640, but train.architecture is keypoints, which finds one object of an image and would "
            "find one in each tile; set convert.tile to null, or train.architecture to gfl",
        ),
        ({"zoo__backbone": "resnet18"}, "Keras publishes no ImageNet weights for resnet18"),
        (
            {"zoo__backbone": "resnet34"},
            "Keras publishes no ImageNet weights for resnet34",
        ),
        ({"zoo__alpha": 0.5}, "only mobilenet and mobilenet_v2 have a width multiplier; set it to 1.0"),
        (
            {"zoo__backbone": "mobilenet", "zoo__weights": "imagenet", "zoo__alpha": 1.3},
            "ImageNet weights of mobilenet exist for these values only: 0.25, 0.5, 0.75, 1.0; set it to one of them",
        ),
        (
            {"zoo__backbone": "mobilenet_v2", "zoo__weights": "imagenet", "zoo__alpha": 0.25},
            "ImageNet weights of mobilenet_v2 exist for these values only: 0.35,",
        ),
        (
            {"zoo__backbone": "inception_v3", "zoo__weights": "builtin"},
            "zoo.builtin.image_size is 64, but inception_v3 needs at least 75 px; set it to 75 or more",
        ),
        ({"zoo__weights": "none"}, "zoo.weights is none, so there are no weights to start from"),
        ({"finetune__head_steps": 5000}, "finetune.head_steps (5000) must be less than finetune.steps"),
        (
            {"train__init": "pretrained", "zoo__weights": "none", "finetune__mode": "scratch"},
            "train.init is pretrained, but zoo.weights is none",
        ),
        (
            {"train__backbone": "classifier", "finetune__mode": "none"},
            "finetune.mode is none, so there is no classifier",
        ),
        (
            {"train__init": "coco"},
            "which is a RetinaNet on ResNet-50, but zoo.backbone is efficientnet_lite0: set it to garden_resnet50; "
            "train.architecture is gfl: set it to retinanet; train.retinanet.filters is 64: set it to 256; ",
        ),
        ({"train__warmup_steps": 5000}, "train.warmup_steps (5000) must be less than train.steps"),
        ({"train__step_at": [0.9, 0.5]}, "each number must be greater than the one before"),
        ({"train__step_at": [0.5, 0.5]}, "each number must be greater than the one before"),
        ({"train__unfreeze_steps": 2, "train__init": "scratch"}, "which freezes no stage"),
        ({"train__unfreeze_steps": 2, "train__frozen_stages": 4}, "so no stage is ever unfrozen"),
        (
            {"train__unfreeze_steps": 1000, "train__frozen_stages": 1},
            "unfreezes the last stage after 3000 steps, but",
        ),
        ({"train__auto_anchors": True, "train__architecture": "yolo_v8"}, "which has no anchors"),
        (
            {"train__patience": 3, "train__evaluations": 0},
            "train.evaluations is 0, so the val split is never evaluated",
        ),
        (
            {"train__architecture": "ssd", "train__ssd__variant": "vgg"},
            "train.ssd.variant is vgg, but zoo.backbone is efficientnet_lite0",
        ),
        ({"train__image_size": 100}, "train.image_size is 100; it must be a multiple of 32"),
        ({"train__image_size": 300}, "or 300 with train.ssd.variant vgg"),
        ({"train__ssd__min_scale": 0.95}, "must be below train.ssd.max_scale"),
        (
            {"train__retinanet__unmatched_iou": 0.6},
            "train.retinanet.unmatched_iou (0.6) must not be greater than train.retinanet.match_iou (0.5)",
        ),
        (
            {"train__mask_rcnn__sampled_masks": 65},
            "must not be greater than train.faster_rcnn.sampled_rois (64)",
        ),
        ({"train__architecture": "mask_rcnn"}, "set export.formats to []"),
        (
            {"train__architecture": "faster_rcnn", "export__formats": ["tflite_int8"]},
            "take tflite_int8 out",
        ),
    ],
)
def test_a_combination_that_cannot_be_used_is_refused(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    assert any(message in line for line in faults(tmp_path, **changes))


@pytest.mark.parametrize(
    ("backbone", "weights", "alpha"), [("mobilenet_v2", "imagenet", 1.4), ("mobilenet", "file", 0.6)]
)
def test_a_width_with_weights_is_accepted(tmp_path: Path, backbone: str, weights: str, alpha: float) -> None:
    changes = {"zoo__backbone": backbone, "zoo__weights": weights, "zoo__alpha": alpha}
    assert changed_params(tmp_path, **changes).zoo.alpha == alpha


def test_the_300_px_of_the_ssd_paper_need_the_network_of_the_paper(tmp_path: Path) -> None:
    changes = {"zoo__backbone": "vgg16", "train__ssd__variant": "vgg", "train__image_size": 300}
    changes["train__architecture"] = "ssd"
    assert changed_params(tmp_path, **changes).train.image_size == 300
    (line,) = faults(tmp_path, **(changes | {"train__architecture": "yolo_v8"}))
    assert line.startswith("train.image_size is 300; it must be a multiple of 32")


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    lines = faults(tmp_path, dataset__source="url", zoo__alpha=0.5, train__image_size=100)
    assert len(lines) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"train__batch_size": 1},
        {"train__architecture": "retinanet", "train__batch_size": 1},
        {"train__architecture": "ssd", "train__batch_size": 4},
        {"train__architecture": "yolo_v8", "train__batch_size": 2},
        {
            "zoo__backbone": "vgg16",
            "zoo__weights": "none",
            "train__init": "scratch",
            "train__batch_size": 1,
            "finetune__mode": "scratch",
            "finetune__batch_size": 1,
        },
        {"finetune__batch_size": 1},
    ],
)
def test_small_batches_are_allowed_where_no_layer_normalises_over_them(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    changed_params(tmp_path, **changes)
