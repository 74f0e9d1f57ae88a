"""Compare the AP after the same minutes of training with that of Model Garden's RetinaNet recipe.

Both train on the records that `dvc repro` made, from the same weights of the backbone of the zoo, at the same input
size and with the same batch size, each in a process of its own, in turn. Ours is the detector of `params.yaml`. The
peer is Model Garden's RetinaNet with its own inputs, augmentation, losses, weight decay and optimizer: SGD with
momentum, a linear warm-up, and a stepwise decay at 67 and 89 % of the time. Its head has the size of
`train.retinanet`.

The clock stands still while a model is scored. Prints the AP50 and mAP on test at each mark, and the first mark with an
AP50 of 0.8.

    python -m benchmarks.time_to_ap [--minutes 10] [--marks 8]
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pipeline  # noqa: F401  -- chooses Keras 2, before TensorFlow is imported
from benchmarks.measuring.own_process import run_alone

CONVERTED, ZOO = Path("data/converted"), Path("models/zoo")
TOOLS = ("ours", "model_garden")
PEAK_RATE = 0.005
"""The peer's learning rate. Model Garden's rule of 0.32 for 256 images gives 0.02 for a batch of 16; a quarter of it
suits small datasets better."""

DECAYS = (0.67, 0.89)
WARMUP = 0.1
TARGET = 0.8


def main() -> None:
    """Train both and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="of training for each")
    parser.add_argument("--marks", type=int, default=8, help="how often each is scored")
    parser.add_argument("--tool", choices=TOOLS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.tool:
        training = {"ours": our_training, "model_garden": garden_training}[options.tool]
        print(json.dumps(list(curve(training, options))))
        return
    curves = {tool: run_alone("time_to_ap", f"--tool={tool}") for tool in TOOLS}
    print("minutes  " + "  ".join(f"{tool:>13} AP50   mAP" for tool in TOOLS))
    for mark in zip(*curves.values(), strict=True):
        scores = "  ".join(f"{point['AP50']:>18.3f} {point['mAP']:.3f}" for point in mark)
        print(f"{mark[0]['minutes']:7.2f}  {scores}")
    for tool, points in curves.items():
        reached = next((f"{p['minutes']:.2f} min" for p in points if p["AP50"] >= TARGET), "not reached")
        print(f"{tool}: AP50 {TARGET} after {reached}")


Training = tuple[Callable[[float], None], Callable[[], dict[str, float]]]
"""A step, which is told the share of the time that is over, 0-1; and the scores on test."""


def curve(training: Callable[[float], Training], options: argparse.Namespace) -> Iterator[dict[str, float]]:
    """Train for the given minutes, and score at each mark. The first step, which is traced, is not timed."""
    step, score = training(options.minutes)
    step(0.0)
    spent, limit = 0.0, 60 * options.minutes
    for mark in range(1, options.marks + 1):
        start = time.perf_counter()
        while (now := spent + time.perf_counter() - start) < limit * mark / options.marks:
            step(now / limit)
        spent = now
        yield {"minutes": spent / 60, **score()}


def our_training(minutes: float) -> Training:
    """Train as the train stage does with ``train.minutes``."""
    import tensorflow as tf

    from pipeline.inputs.scenes import training_batches
    from pipeline.stages.train import initialise, within_minutes
    from pipeline.training.averaging import MovingAverage
    from pipeline.training.recipes import compiled_learner, schedule_of
    from pipeline.training.step_timing import START_SECONDS
    from pipeline.training.val_scores import split_scorer

    params, config, build = setting(None)
    train = params.train.model_copy(update={"steps": 10**6, "warmup_steps": 10**5, "evaluations": 0})
    # The clock of this benchmark does not count the start of a training.
    train = within_minutes(train, minutes + START_SECONDS / 60, config, params.precision, CONVERTED)
    model = build()
    initialise(model, train, config)
    # Twice the estimated steps, so that the stream does not end before the minutes.
    stream = iter(
        training_batches(CONVERTED, model.encode, train, params.seed, steps=2 * train.steps, mask_crop=0)
    )
    learner = compiled_learner(model, train, schedule_of(train))
    train_step = learner.make_train_function()
    averages = MovingAverage(model.network, train.ema) if train.ema else None
    scorer = split_scorer(CONVERTED, "test", model, train).score

    def step(_: float) -> None:
        if averages:
            averages.on_epoch_begin(0)
        train_step(stream)
        if averages:
            averages.on_train_batch_end(0)

    def score() -> dict[str, float]:
        if averages:
            averages.on_epoch_end(0)
        return scorer(0)

    tf.get_logger().setLevel("ERROR")
    return step, score


def garden_training(minutes: float) -> Training:
    """Train by Model Garden's task, on the backbone of the zoo."""
    import tensorflow as tf
    import tf_keras

    from pipeline.models.detectors.feature_grid import on_grid
    from pipeline.training.val_scores import split_scorer

    params, config, build = setting("retinanet")
    detector: Any = build()
    size = params.train.image_size
    task = garden_task(params, len(config.classes))
    normalised = tf_keras.Input([size, size, 3])
    pixels = (normalised * tf.constant([0.229, 0.224, 0.225]) + tf.constant([0.485, 0.456, 0.406])) * 255.0
    logits, codes, _ = detector.head(detector.pyramid(on_grid(detector.backbone, size)(pixels)))
    model = tf_keras.Model(normalised, {"cls_outputs": logits, "box_outputs": codes, "att_outputs": {}})
    optimizer = tf_keras.optimizers.legacy.SGD(PEAK_RATE, momentum=0.9)
    metrics = task.build_metrics(training=True)
    batches = iter(task.build_inputs(task.task_config.train_data))
    scorer = split_scorer(CONVERTED, "test", detector, params.train).score

    @tf.function
    def train_step(stream: Any) -> Any:
        return task.train_step(next(stream), model, optimizer, metrics)

    def step(share: float) -> None:
        drops = sum(share >= decay for decay in DECAYS)
        optimizer.learning_rate.assign(PEAK_RATE * min((share + 1e-3) / WARMUP, 1.0) * 0.1**drops)
        train_step(batches)

    return step, lambda: scorer(0)


def setting(architecture: str | None) -> tuple[Any, Any, Callable[[], Any]]:
    """Return the parameters, the configuration of a detector, and a function that builds it with the zoo's weights."""
    import tf_keras

    from pipeline.datasets.converted.labels import read_labels
    from pipeline.models.detectors.registry import build_detector
    from pipeline.models.weights.config import BackboneConfig, read_config
    from pipeline.models.weights.directory import BACKBONE_WEIGHTS
    from pipeline.params.load import load_params
    from pipeline.training.recipes import detector_config

    params = load_params()
    tf_keras.utils.set_random_seed(params.seed)  # the inputs of Model Garden cannot run deterministically
    train = params.train
    if architecture:
        train = train.model_copy(update={"architecture": architecture, "freeze_batchnorm": False})
    config = detector_config(train, read_labels(CONVERTED), read_config(ZOO, BackboneConfig))
    return params, config, lambda: build_detector(config, ZOO / BACKBONE_WEIGHTS)


def garden_task(params: Any, classes: int) -> Any:
    """Configure Model Garden's task as its own RetinaNet experiment is, with the head of ``train.retinanet``."""
    from official.vision.configs import retinanet
    from official.vision.tasks import retinanet as retinanet_task

    ours = params.train.retinanet
    size = params.train.image_size
    model = retinanet.RetinaNet(
        num_classes=classes + 1,
        input_size=[size, size, 3],
        max_level=ours.max_level,
        anchor=retinanet.Anchor(
            num_scales=ours.scales, aspect_ratios=list(ours.aspect_ratios), anchor_size=ours.anchor_size
        ),
        head=retinanet.RetinaNetHead(num_convs=ours.convolutions, num_filters=ours.filters),
    )
    inputs = retinanet.DataConfig(
        input_path=str(CONVERTED / "train-*"),
        is_training=True,
        global_batch_size=params.train.batch_size,
        dtype="float32",
        parser=retinanet.Parser(aug_rand_hflip=True, aug_scale_min=0.8, aug_scale_max=1.2),
    )
    losses = retinanet.Losses(l2_weight_decay=1e-4)
    return retinanet_task.RetinaNetTask(
        retinanet.RetinaNetTask(model=model, losses=losses, train_data=inputs)
    )


if __name__ == "__main__":
    main()
