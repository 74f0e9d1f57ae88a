"""The objects of a training, built from the section ``train`` of ``params.yaml``."""

from collections.abc import Callable
from typing import Any

from pipeline.models.detectors.base import Detector
from pipeline.models.weights.config import BackboneConfig, ClassifierConfig, DetectorConfig, section_names
from pipeline.params.train import Train
from pipeline.training.averaging import MovingAverage
from pipeline.training.callbacks import KeepBest, ScorePeriods, Scorer
from pipeline.training.learner import Learner
from pipeline.training.optimizers import adamw, rate_groups
from pipeline.training.periods import divided, evaluated
from pipeline.training.schedules import StartedAt, cosine_schedule, step_schedule
from pipeline.training.unfreezing import Unfreeze

Schedule = Callable[[float], Any]
"""Peak learning rate -> a learning rate for each step."""


def detector_config(
    train: Train,
    classes: list[str],
    backbone: BackboneConfig | ClassifierConfig,
    keypoint_names: list[str] | None = None,
) -> DetectorConfig:
    """Return the configuration of the detector to be trained.

    Args:
        train: The section ``train`` of ``params.yaml``.
        classes: Names of the classes 1..K.
        backbone: The configuration of the model whose backbone the detector has.
        keypoint_names: The names of the keypoints of an object; they count for ``keypoints`` only.
    """
    sections: dict[str, Any] = {name: getattr(train, name) for name in section_names(train.architecture)}
    return DetectorConfig(
        architecture=train.architecture,
        classes=classes,
        image_size=train.image_size,
        backbone=backbone.backbone,
        alpha=backbone.alpha,
        layers=backbone.layers,
        folded=train.freeze_batchnorm and train.init == "pretrained",
        keypoint_names=keypoint_names if train.architecture == "keypoints" else None,
        **sections,
    )


def backbone_factor(train: Train) -> float:
    """Return the learning rate of the backbone as a fraction of the head's. It is 1 in a training from scratch."""
    return 1.0 if train.init == "scratch" else train.backbone_lr_factor


def schedule_of(train: Train) -> Schedule:
    """Return the learning-rate schedule of the training."""
    steps = divided(train.steps).steps
    if train.schedule == "step":
        return lambda rate: step_schedule(rate, steps, train.warmup_steps, train.step_at)
    return lambda rate: cosine_schedule(rate, steps, train.warmup_steps)


def compiled_learner(detector: Detector, train: Train, schedule: Schedule) -> Learner:
    """Return the learner of a detector, with one optimizer for the head and one for the backbone.

    Layers that are frozen now are in neither group.
    """
    learner = Learner(detector.network, detector.loss, forward=detector.forward, clip_norm=train.clip_norm)
    groups = rate_groups(
        detector.network,
        detector.backbone,
        rate=train.learning_rate,
        backbone_factor=backbone_factor(train),
        weight_decay=train.weight_decay,
        schedule=schedule,
    )
    learner.compile_groups(groups)
    return learner


def callbacks_of(
    detector: Detector,
    train: Train,
    schedule: Schedule,
    scorer: Scorer | None,
) -> list[Any]:
    """Return the callbacks that the parameters ask for, in the order in which they must see the weights.

    Args:
        detector: The detector that the learner trains.
        train: The section ``train`` of ``params.yaml``.
        schedule: Peak learning rate -> a learning rate for each step.
        scorer: The scores on the val split. None if no period is scored.
    """
    callbacks: list[Any] = []
    if train.ema is not None:
        callbacks.append(MovingAverage(detector.network, train.ema))
    periods = divided(train.steps)
    if train.unfreeze_steps is not None:
        rate = train.learning_rate * backbone_factor(train)
        unfreeze = Unfreeze(
            detector.backbone,
            lambda start: adamw(StartedAt(schedule(rate), start), train.weight_decay),
            every=periods.at(train.unfreeze_steps),
            frozen_stages=train.frozen_stages,
            freeze_batchnorm=train.freeze_batchnorm,
        )
        callbacks.append(unfreeze)
    if scorer is not None:
        callbacks.append(ScorePeriods(scorer.score, evaluated(periods, train.evaluations)))
        callbacks.append(KeepBest("val_mAP", train.patience, greater=True, chance=scorer.chance))
    return callbacks
