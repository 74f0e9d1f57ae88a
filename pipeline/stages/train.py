"""Train the detector on the zoo's or the classifier's backbone.

Reads: converted records, the zoo's and the classifier's model directories.
Writes: the detector's model directory; learning curves (DVCLive).
Parameters: seed, precision, train.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import tensorflow as tf

from pipeline.artifacts import make_deterministic, stable_seed, whole
from pipeline.datasets.converted.ground_truth import read_ground_truth
from pipeline.datasets.converted.labels import class_names
from pipeline.errors import PipelineError
from pipeline.evaluation.coco_scores import coco_evaluation, coco_scores
from pipeline.evaluation.predictions import detection_table
from pipeline.inputs.examples import counted_boxes, records
from pipeline.inputs.scenes import training_batches, unaugmented_scenes
from pipeline.models.detectors.auto_anchors import fitted
from pipeline.models.detectors.base import Detector
from pipeline.models.detectors.registry import build_detector
from pipeline.models.precision import computing_in, policy_name
from pipeline.models.weights.directory import BACKBONE_WEIGHTS, read_facts, save_network, write_facts
from pipeline.models.weights.garden_checkpoint import restore
from pipeline.params.schema import Params
from pipeline.params.train import Train
from pipeline.stage import stage_main
from pipeline.training.averaging import MovingAverage
from pipeline.training.callbacks import KeepBest, LiveCurves, ScoreEpochs, StopOnBadLoss, live_log
from pipeline.training.learner import Learner
from pipeline.training.optimizers import adamw, rate_groups
from pipeline.training.schedules import StartedAt, cosine_schedule, step_schedule
from pipeline.training.unfreezing import Unfreeze, keep_frozen

SCORED_DETECTIONS: dict[str, Any] = {"score_threshold": 0.01, "nms_iou": 0.5, "max_detections": 100}
"""Of the scores in the loop, which only tell epochs apart; the export's own may change without a new training."""


def run(
    params: Params, *, converted: Path, zoo: Path, classifier: Path, detector: Path, curves: Path
) -> None:
    """Train for ``train.epochs`` and keep the last weights, or with ``train.eval_every`` those of the best val mAP."""
    settings = params.train
    seed = stable_seed(params.seed, "train")
    make_deterministic(seed)
    source = classifier if settings.init == "finetuned" else zoo
    facts = detector_facts(settings, class_names(converted), read_facts(zoo))
    if settings.auto_anchors:
        facts = with_fitted_anchors(facts, converted)
    policy = policy_name(params.precision, facts["backbone"])
    with computing_in(policy):
        model = build_detector(facts)
    if settings.init == "checkpoint":
        print(f"{settings.checkpoint}: {restore(model.garden_parts, Path(settings.checkpoint))}", flush=True)
    elif settings.init != "scratch":
        model.backbone.load_weights(source / BACKBONE_WEIGHTS)
    if settings.init != "scratch":
        keep_frozen(model.backbone, settings.frozen_stages, freeze_batchnorm=settings.freeze_batchnorm)

    training, steps = training_batches(converted, model.encode, settings, seed, mask_crop=model.mask_crop)
    validation = unaugmented_scenes(converted, "val", model.encode, settings, mask_crop=model.mask_crop)
    schedule = schedule_of(settings, steps)
    score = val_scorer(converted, model, settings) if settings.eval_every else None
    steered = steering(model, settings, schedule, score)
    learner = compiled_learner(model, settings, schedule)
    with whole(curves, directory=True) as log, whole(detector, directory=True) as folder:
        with live_log(log) as live:
            learner.fit(
                training,
                epochs=settings.epochs,
                steps_per_epoch=steps,
                validation_data=validation,
                callbacks=[StopOnBadLoss(), *steered, LiveCurves(live)],
                verbose=2,
            )
        save_network(model.network, folder)
        write_facts(folder, {**facts, "seed": params.seed, "init": settings.init, "policy": policy})


def detector_facts(settings: Train, classes: list[str], zoo: dict[str, Any]) -> dict[str, Any]:
    """Gather what :func:`pipeline.models.detectors.registry.build_detector` needs."""
    return {
        "architecture": settings.architecture,
        "classes": classes,
        "image_size": settings.image_size,
        "backbone": zoo["backbone"],
        "alpha": zoo["alpha"],
        settings.architecture: getattr(settings, settings.architecture).model_dump(),
    }


def with_fitted_anchors(facts: dict[str, Any], converted: Path) -> dict[str, Any]:
    """Fit the anchors to the boxes of the train split, and say how well they did and do.

    Raises:
        PipelineError: train has no box.
    """
    boxes = counted_boxes(records(converted, "train"))
    if not len(boxes):
        raise PipelineError(f"{converted}: the train split has no box to fit anchors to")
    changed, before, after = fitted(facts, boxes)
    section = changed[facts["architecture"]]
    news = {key: value for key, value in section.items() if value != facts[facts["architecture"]][key]}
    said = f"{after:.3f} after, with {news}" if news else "and none that fit better were found: they stay"
    print(f"auto_anchors: mean best IoU {before:.3f} before, {said}", flush=True)
    return changed


def compiled_learner(model: Detector, settings: Train, schedule: Callable[[float], Any]) -> Learner:
    """Give the learner of a detector, whose backbone has a rate of its own; what is frozen stays so.

    Args:
        model: The detector.
        settings: Of the stage.
        schedule: Greatest rate -> rate by step.
    """
    learner = Learner(model.network, model.loss, forward=model.forward, clip_norm=settings.clip_norm)
    learner.compile_groups(
        rate_groups(
            model.network,
            model.backbone,
            rate=settings.learning_rate,
            backbone_factor=backbone_factor(settings),
            weight_decay=settings.weight_decay,
            schedule=schedule,
        )
    )
    return learner


def backbone_factor(settings: Train) -> float:
    """Give the backbone's rate as a share of the head's; from scratch there is nothing to be careful with."""
    return 1.0 if settings.init == "scratch" else settings.backbone_lr_factor


def schedule_of(settings: Train, steps: int) -> Callable[[float], Any]:
    """Give the function from a greatest rate to the schedule of the training, of ``steps`` steps an epoch."""
    all_steps, warmup_steps = settings.epochs * steps, settings.warmup_epochs * steps
    if settings.schedule == "step":
        return lambda rate: step_schedule(rate, all_steps, warmup_steps, settings.step_at)
    return lambda rate: cosine_schedule(rate, all_steps, warmup_steps)


def steering(
    model: Detector, settings: Train, schedule: Callable[[float], Any], score: Callable[[int], Any] | None
) -> list[Any]:
    """Give the callbacks that the settings ask for, in the order in which they must look at the weights.

    Args:
        model: In training.
        settings: Of the stage.
        schedule: Greatest rate -> rate by step.
        score: Epoch -> scores on val; None where no epoch is scored.
    """
    callbacks: list[Any] = []
    if settings.ema is not None:
        callbacks.append(MovingAverage(model.network, settings.ema))
    if settings.unfreeze_epochs is not None:
        rate = settings.learning_rate * backbone_factor(settings)
        thaw = Unfreeze(
            model.backbone,
            lambda start: adamw(StartedAt(schedule(rate), start), settings.weight_decay),
            every=settings.unfreeze_epochs,
            frozen_stages=settings.frozen_stages,
            freeze_batchnorm=settings.freeze_batchnorm,
        )
        callbacks.append(thaw)
    if score is not None:
        callbacks.append(ScoreEpochs(score, settings.eval_every))
        callbacks.append(KeepBest("val_mAP", settings.patience, greater=True))
    return callbacks


def val_scorer(converted: Path, model: Detector, settings: Train) -> Callable[[int], dict[str, float]]:
    """Give the function that scores the network, as it then is, on the val split.

    Raises:
        PipelineError: val has no box that counts.
    """
    truth = read_ground_truth(converted).split("val")
    if not truth.counted().sum():
        raise PipelineError(f"{converted}: the val split has no box to score by; set train.eval_every to 0")
    sizes = truth.images.set_index("id")[["width", "height"]]
    batches = unaugmented_scenes(converted, "val", lambda example: example["image_id"], settings)
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
