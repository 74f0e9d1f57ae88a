"""The time of a training on this machine, from a few timed steps."""

import time
from collections.abc import Sequence
from functools import reduce

import numpy as np
import tensorflow as tf

from pipeline.inputs.examples import Example
from pipeline.inputs.mixing import PARTNERS
from pipeline.inputs.scenes import augmented_scenes
from pipeline.models.detectors.base import Detector
from pipeline.models.detectors.keypoints import VISIBLE
from pipeline.models.detectors.registry import build_detector
from pipeline.models.weights.config import BackboneConfig, DetectorConfig
from pipeline.ops.truth import Truth
from pipeline.params.schema import Params
from pipeline.params.train import Train
from pipeline.training.periods import PERIODS
from pipeline.training.precision import computing_in, policy_name
from pipeline.training.recipes import compiled_learner, detector_config, schedule_of
from pipeline.training.unfreezing import keep_frozen

TIMED_STEPS = 4

START_SECONDS = 40.0
"""Time of a training before its first step and after its last: the imports, the tracing and the files of the model."""

RESERVE = 0.2
"""Share of the minutes that is kept in reserve. The encoding of the objects is not timed, and the machine may become
slower: a training that was given 10 minutes with a reserve of 0.15 took all of them."""

EVALUATION_SHARE = 0.8
"""Time of the evaluation of an image, as a fraction of the time that it takes in training. It goes through the network
twice, once for the val losses and once for the detections, but never backwards."""


def dataset_step_seconds(
    params: Params, classes: list[str], examples: Sequence[Example], keypoint_names: list[str] | None = None
) -> float:
    """Return the seconds of a training step on a dataset that was not converted yet, and without the zoo's weights.

    Args:
        params: The parameters of the training.
        classes: Names of the classes 1..K.
        examples: Some examples of the dataset, without masks.
        keypoint_names: The names of the keypoints of an object.
    """
    zoo = params.zoo
    backbone = BackboneConfig(backbone=zoo.backbone, alpha=zoo.alpha, layers=zoo.layers, weights=zoo.weights)
    config = detector_config(params.train, classes, backbone, keypoint_names)
    return step_seconds(config, params.train, params.precision, examples)


def step_seconds(config: DetectorConfig, train: Train, precision: str, examples: Sequence[Example]) -> float:
    """Return the seconds of a training step, with the decoding and the augmentation of its images.

    Args:
        config: The configuration of the detector.
        train: The section ``train``.
        precision: The parameter ``precision``.
        examples: Some examples of the dataset, without masks.
    """
    return computing_seconds(config, train, precision) + train.batch_size * input_seconds(examples, train)


def computing_seconds(config: DetectorConfig, train: Train, precision: str) -> float:
    """Return the seconds of a training step on random images of one object each, which are there already."""
    with computing_in(policy_name(precision, config.backbone)):
        model = build_detector(config)
    if train.init != "scratch":
        keep_frozen(model.backbone, train.frozen_stages, freeze_batchnorm=train.freeze_batchnorm)
    learner = compiled_learner(model, train, schedule_of(train))
    stream = iter(_noise(model, train.image_size, train.batch_size))
    step = learner.make_train_function()
    step(stream)  # the first step is not timed, because it is traced
    start = time.perf_counter()
    for _ in range(TIMED_STEPS):
        step(stream)
    return (time.perf_counter() - start) / TIMED_STEPS


def input_seconds(examples: Sequence[Example], train: Train) -> float:
    """Return the seconds that all cores together take to decode, augment and mix an image.

    Args:
        examples: Some examples of the dataset, without masks. Without any, the time is 0.
        train: The section ``train``.
    """
    if not examples:
        return 0.0
    count = TIMED_STEPS * train.batch_size
    apart_by_one = train.model_copy(update={"batch_size": 1})  # then few scenes are mixed into others only
    scenes = iter(augmented_scenes(_repeated(examples, count + PARTNERS), apart_by_one, count, mask_crop=0))
    next(scenes)  # the first scene is not timed, because threads are started for it
    start = time.perf_counter()
    for _ in scenes:
        pass
    return (time.perf_counter() - start) / (count - 1)


def _repeated(examples: Sequence[Example], count: int) -> tf.data.Dataset:
    """Return a dataset of ``count`` examples, each with a seed of its own."""
    each = reduce(tf.data.Dataset.concatenate, map(tf.data.Dataset.from_tensors, examples))
    numbered = each.repeat().take(count).enumerate()
    return numbered.map(
        lambda number, example: example._replace(seed=tf.stack([0, tf.cast(number, tf.int32)]))
    )


def training_seconds(train: Train, seconds: float, val_images: int) -> float:
    """Return the seconds of a whole training.

    Args:
        train: The section ``train``.
        seconds: The seconds of a step.
        val_images: Number of images of the val split.
    """
    return START_SECONDS + _evaluation_seconds(train, seconds, val_images) + train.steps * seconds


def steps_within(minutes: float, train: Train, seconds: float, val_images: int) -> int:
    """Return the number of steps of a training that takes ``minutes``: a multiple of the periods, at least one each.

    Args:
        minutes: The time of the whole training.
        train: The section ``train``.
        seconds: The seconds of a step.
        val_images: Number of images of the val split.
    """
    left = 60 * minutes * (1 - RESERVE) - START_SECONDS - _evaluation_seconds(train, seconds, val_images)
    return max(int(left / seconds) // PERIODS, 1) * PERIODS


def _evaluation_seconds(train: Train, seconds: float, val_images: int) -> float:
    return train.evaluations * val_images * EVALUATION_SHARE * seconds / train.batch_size


def _noise(model: Detector, size: int, batch: int) -> tf.data.Dataset:
    """Return a dataset that repeats one batch of random images for ever. Each has an object in its middle."""
    images = np.random.default_rng(0).uniform(0, 255, (batch, size, size, 3)).astype(np.float32)
    truth = Truth(
        boxes=tf.constant([[0.25, 0.25, 0.75, 0.75]]),
        labels=tf.constant([1]),
        ignored=tf.constant([False]),
    )
    if model.mask_crop:
        masks = tf.ones([1, model.mask_crop, model.mask_crop])
        truth = truth._replace(masks=masks, has_mask=tf.constant([True]))
    if model.keypoints:
        places = tf.fill([1, model.keypoints, 2], 0.5)
        visible = tf.fill([1, model.keypoints, 1], VISIBLE)
        truth = truth._replace(keypoints=tf.concat([places, visible], axis=-1))
    targets = tf.nest.map_structure(lambda value: tf.stack([value] * batch), model.encode(truth))
    return tf.data.Dataset.from_tensors((tf.constant(images), targets)).repeat()
