"""Train the detector on the backbone of the zoo or of the classifier.

Reads:
    converted: The train and val records, ``labels.txt``, and the tables of the val split.
    zoo: The model directory of the backbone.
    classifier: The model directory of the classifier, whose backbone was fine-tuned.

Writes:
    detector: The model directory of the detector.
    curves: The learning curves (DVCLive).
    log: What Keras prints; it is no output of the stage.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import tensorflow as tf

from pipeline.artifacts import stable_seed, whole
from pipeline.datasets.converted.ground_truth import read_ground_truth
from pipeline.datasets.converted.labels import read_labels
from pipeline.errors import PipelineError
from pipeline.evaluation.coco_scores import coco_evaluation, coco_scores
from pipeline.evaluation.predictions import detection_table
from pipeline.inputs.examples import counted_boxes, records
from pipeline.inputs.scenes import training_batches, unaugmented_scenes, validation_batches
from pipeline.models.detectors.auto_anchors import fit_to_boxes
from pipeline.models.detectors.base import Detector
from pipeline.models.detectors.registry import build_detector
from pipeline.models.weights.config import (
    BackboneConfig,
    DetectorConfig,
    TrainedDetectorConfig,
    read_config,
    write_config,
)
from pipeline.models.weights.directory import BACKBONE_WEIGHTS, save_network
from pipeline.models.weights.garden_checkpoint import restore
from pipeline.params.train import Train
from pipeline.progress import ProgressReporter, timed_result
from pipeline.stage import stage_main
from pipeline.training.callbacks import LiveCurves, StopOnBadLoss, live_log
from pipeline.training.determinism import make_deterministic
from pipeline.training.periods import divided, evaluated
from pipeline.training.precision import computing_in, policy_name
from pipeline.training.progress import ShowProgress, raw_log
from pipeline.training.recipes import callbacks_of, compiled_learner, detector_config, schedule_of
from pipeline.training.unfreezing import keep_frozen

VALIDATIONS = 5
"""Number of times that the val losses are computed, if val is not evaluated."""

SCORED_DETECTIONS: dict[str, Any] = {"score_threshold": 0.01, "nms_iou": 0.5, "max_detections": 100}
"""The post-processing of the val scores during training. These scores only compare periods, so they do not use the
section ``export``, which can be changed without training again."""


def run(
    train: Train,
    seed: int,
    precision: str,
    *,
    converted: Path,
    zoo: Path,
    classifier: Path,
    detector: Path,
    curves: Path,
    log: Path,
) -> None:
    """Train for ``train.steps`` steps; keep the last weights or, with ``train.evaluations``, the best on val."""
    training_seed = stable_seed(seed, "train")
    make_deterministic(training_seed)
    config = detector_config(train, read_labels(converted), read_config(zoo, BackboneConfig))
    if train.auto_anchors:
        config = with_fitted_anchors(config, converted)
    policy = policy_name(precision, config.backbone)
    with computing_in(policy):
        model = build_detector(config, pretrained_weights(train, zoo=zoo, classifier=classifier))
    initialise(model, train)
    with (
        timed_result(detector) as done,
        whole(curves, directory=True) as live_folder,
        whole(detector, directory=True) as folder,
    ):
        fit(model, train, training_seed, converted=converted, curves=live_folder, log=log)
        save_network(model.network, folder)
        trained = TrainedDetectorConfig(**dict(config), seed=seed, init=train.init, policy=policy)
        write_config(folder, trained)
        done(f"train: {train.architecture}, {divided(train.steps).steps:,} steps")


def fit(model: Detector, train: Train, seed: int, *, converted: Path, curves: Path, log: Path) -> None:
    """Train a detector in place.

    Args:
        model: The detector with its initial weights.
        train: The section ``train``.
        seed: The seed of all random draws of the training.
        converted: The folder of the records.
        curves: The folder of the learning curves.
        log: The file for what Keras prints.
    """
    periods = divided(train.steps)
    training = training_batches(
        converted, model.encode, train, seed, steps=periods.steps, mask_crop=model.mask_crop
    )
    validation = validation_batches(converted, model.encode, train, mask_crop=model.mask_crop)
    schedule = schedule_of(train)
    score = val_scorer(converted, model, train) if train.evaluations else None
    callbacks = callbacks_of(model, train, schedule, score)
    learner = compiled_learner(model, train, schedule)
    with (
        live_log(curves) as live,
        raw_log(log),
        ProgressReporter(f"training {train.architecture}", periods.steps) as progress,
    ):
        learner.fit(
            training,
            epochs=periods.number,
            steps_per_epoch=periods.length,
            validation_data=validation,
            validation_freq=sorted(
                period + 1 for period in evaluated(periods, train.evaluations or VALIDATIONS)
            ),
            callbacks=[StopOnBadLoss(), *callbacks, LiveCurves(live), ShowProgress(progress)],
            verbose=2,
        )


def pretrained_weights(train: Train, *, zoo: Path, classifier: Path) -> Path | None:
    """Return the weights file of the backbone that ``train.init`` asks for. None if it asks for none."""
    folders = {"zoo": zoo, "finetuned": classifier}
    return folders[train.init] / BACKBONE_WEIGHTS if train.init in folders else None


def initialise(model: Detector, train: Train) -> None:
    """Load the checkpoint that ``train.init`` may ask for, and freeze the first stages of a pretrained backbone."""
    if train.init == "scratch":
        return
    if train.init == "checkpoint":
        print(f"{train.checkpoint}: {restore(model.garden_parts, Path(train.checkpoint))}", flush=True)
    keep_frozen(model.backbone, train.frozen_stages, freeze_batchnorm=train.freeze_batchnorm)


def with_fitted_anchors(config: DetectorConfig, converted: Path) -> DetectorConfig:
    """Fit the anchors to the boxes of the train split, and print how well they fitted before and fit now.

    Raises:
        PipelineError: The train split has no box.
    """
    boxes = counted_boxes(records(converted, "train"))
    if not len(boxes):
        raise PipelineError(f"{converted}: the train split has no box to fit anchors to")
    fitted = fit_to_boxes(config, boxes)
    if fitted.changes:
        result = f"{fitted.after:.3f} after, with {fitted.changes}"
    else:
        result = "and no anchors that fit better were found, so they stay as they are"
    print(f"auto_anchors: mean best IoU {fitted.before:.3f} before, {result}", flush=True)
    return fitted.config


def val_scorer(converted: Path, model: Detector, train: Train) -> Callable[[int], dict[str, float]]:
    """Return a function that scores the current weights on the val split.

    Raises:
        PipelineError: The val split has no box that counts.
    """
    truth = read_ground_truth(converted).split("val")
    if not truth.counted().sum():
        raise PipelineError(
            f"{converted}: the val split has no box to score with; set train.evaluations to 0"
        )
    sizes = truth.images.set_index("id")[["width", "height"]]
    batches = unaugmented_scenes(converted, "val", lambda example: example.image_id, train)
    detect = tf.function(
        lambda images: model.decode(model.network(images, training=False), **SCORED_DETECTIONS),
        reduce_retracing=True,
    )

    def score(epoch: int) -> dict[str, float]:
        tables = []
        for images, image_ids in batches:
            found = {name: value.numpy() for name, value in detect(images).items()}
            tables.append(detection_table(found, image_ids.numpy(), sizes.loc[image_ids.numpy()].to_numpy()))
        scores = coco_scores(coco_evaluation(truth, pd.concat(tables, ignore_index=True)))
        return {name: float(scores[name] or 0.0) for name in ("mAP", "AP50")}

    return score


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
