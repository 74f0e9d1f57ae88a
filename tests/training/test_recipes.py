"""The section ``train`` decides which objects a training consists of."""

from typing import Any

import numpy as np
import pytest

from pipeline.models.detectors.base import Detector
from pipeline.models.detectors.registry import build_detector
from pipeline.models.weights.config import BackboneConfig
from pipeline.params.train import Train
from pipeline.training.averaging import MovingAverage
from pipeline.training.callbacks import KeepBest, ScorePeriods, Scorer
from pipeline.training.recipes import (
    backbone_factor,
    callbacks_of,
    compiled_learner,
    detector_config,
    schedule_of,
)
from pipeline.training.unfreezing import Unfreeze
from tests.support.detectors import config_of
from tests.support.project import PARAMS

BACKBONE = BackboneConfig(backbone="mobilenet", alpha=0.25, weights="none")


def train(**changes: Any) -> Train:
    return PARAMS.train.model_copy(update=changes)


def rates(section: Train, *steps: int) -> list[float]:
    schedule = schedule_of(section)(1.0)
    return [float(schedule(step)) for step in steps]


@pytest.fixture(scope="module")
def detector() -> Detector:
    return build_detector(config_of("ssd", image_size=64))


@pytest.mark.parametrize(
    ("architecture", "sections"),
    [("retinanet", {"retinanet"}), ("mask_rcnn", {"faster_rcnn", "mask_rcnn"})],
)
def test_the_configuration_has_the_sections_of_the_architecture(
    architecture: str, sections: set[str]
) -> None:
    config = detector_config(train(architecture=architecture, image_size=96), ["cat"], BACKBONE)
    names = ("gfl", "ssd", "retinanet", "faster_rcnn", "mask_rcnn", "yolo_v8")
    assert {name for name in names if getattr(config, name) is not None} == sections
    assert (config.classes, config.image_size, config.backbone, config.alpha) == (
        ["cat"],
        96,
        "mobilenet",
        0.25,
    )


def test_a_backbone_from_scratch_has_the_learning_rate_of_the_head() -> None:
    assert backbone_factor(train(init="scratch", backbone_lr_factor=0.1)) == 1
    assert backbone_factor(train(init="pretrained", backbone_lr_factor=0.1)) == 0.1


def test_the_cosine_schedule_has_its_peak_after_the_warm_up() -> None:
    section = train(schedule="cosine", steps=100, warmup_steps=20)
    np.testing.assert_allclose(rates(section, 0, 20, 60, 100), [0, 1, 0.5, 0], atol=1e-6)


def test_the_step_schedule_drops_at_the_fractions_of_the_training() -> None:
    section = train(schedule="step", steps=100, warmup_steps=10, step_at=[0.5, 0.8])
    np.testing.assert_allclose(rates(section, 10, 49, 50, 80), [1, 1, 0.1, 0.01], rtol=1e-5)


def test_the_learner_has_one_optimizer_for_the_head_and_one_for_the_backbone(detector: Detector) -> None:
    section = train(init="pretrained", learning_rate=0.01, backbone_lr_factor=0.1)
    learner = compiled_learner(detector, section, lambda rate: rate)
    (head, head_variables), (backbone, backbone_variables) = learner._groups
    assert float(head.learning_rate) == pytest.approx(0.01)
    assert float(backbone.learning_rate) == pytest.approx(0.001)
    assert len(backbone_variables) == len(detector.backbone.trainable_variables)
    count = len(detector.network.trainable_variables)
    assert len(head_variables) + len(backbone_variables) == count


def test_no_callback_is_added_without_its_parameter(detector: Detector) -> None:
    assert callbacks_of(detector, train(ema=None, unfreeze_steps=None), lambda rate: rate, None) == []


def test_the_average_comes_before_all_callbacks_that_read_the_weights(detector: Detector) -> None:
    section = train(ema=0.9, steps=100, unfreeze_steps=10, frozen_stages=1, evaluations=3, patience=3)
    callbacks = callbacks_of(detector, section, lambda rate: rate, Scorer(lambda epoch: {"mAP": 0.5}, 0.0))
    assert [type(callback) for callback in callbacks] == [MovingAverage, Unfreeze, ScorePeriods, KeepBest]
    assert (callbacks[-1].monitor, callbacks[-1].patience) == ("val_mAP", 3)
    assert not detector.backbone.trainable_variables
    detector.backbone.trainable = True
