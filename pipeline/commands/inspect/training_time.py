"""Estimates how long the train stage would take on this machine: a few of its steps are timed on noise."""

import time

import numpy as np
import tensorflow as tf

from pipeline.datasets.table.annotation_table import AnnotationTable
from pipeline.models.detectors.base import Detector
from pipeline.models.detectors.registry import build_detector
from pipeline.models.weights.config import BackboneConfig
from pipeline.ops.truth import Truth
from pipeline.params.schema import Params
from pipeline.training.precision import computing_in, policy_name
from pipeline.training.recipes import compiled_learner, detector_config, schedule_of

_TIMED_STEPS = 3


def describe_time(table: AnnotationTable, params: Params) -> str:
    """Return a line about the time of ``train.steps`` steps. The images are not loaded."""
    settings = params.train
    seconds = step_seconds(params, list(table.class_names), settings.batch_size)
    minutes = settings.steps * seconds / 60
    duration = f"{minutes:.0f} minutes" if minutes >= 2 else f"{60 * minutes:.0f} seconds"
    return (
        f"time:    about {duration} for the train stage: {settings.steps:,} steps, {seconds:.2f} s "
        f"each for {settings.architecture} on {params.zoo.backbone} at {settings.image_size} px, timed here"
    )


def step_seconds(params: Params, classes: list[str], batch: int) -> float:
    """Return the seconds of a training step on random images of one object each. The first step is not timed."""
    settings = params.train
    backbone = BackboneConfig(
        backbone=params.zoo.backbone, alpha=params.zoo.alpha, weights=params.zoo.weights
    )
    config = detector_config(settings, classes, backbone)
    with computing_in(policy_name(params.precision, params.zoo.backbone)):
        model = build_detector(config)
    learner = compiled_learner(model, settings, schedule_of(settings))
    stream = iter(_noise(model, settings.image_size, batch))
    step = learner.make_train_function()
    step(stream)
    start = time.perf_counter()
    for _ in range(_TIMED_STEPS):
        step(stream)
    return (time.perf_counter() - start) / _TIMED_STEPS


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
    targets = tf.nest.map_structure(lambda value: tf.stack([value] * batch), model.encode(truth))
    return tf.data.Dataset.from_tensors((tf.constant(images), targets)).repeat()
