"""Train the detector on the backbone of the zoo or of the classifier.

Reads:
    converted: The train and val records, or those of their tiles if there are any, ``labels.txt``, and the tables of
        the val split.
    backbone: The model directory that ``train.backbone`` names: that of the zoo, or that of the classifier.
    ``train.checkpoint``, if ``train.init`` asks for it: a checkpoint of Model Garden, or the model directory of an
        earlier detector.

Writes:
    detector: The model directory of the detector. With ``train.seeds``, those of the further ones are in it, as
        ``seed_2``, ``seed_3`` ...
    curves: The learning curves (DVCLive), likewise.
    log: What Keras prints, and beside it the event files of TensorBoard; they are no outputs of the stage.
"""

from pathlib import Path

import tf_keras

from pipeline.artifacts import stable_seed, whole
from pipeline.datasets.converted.keypoint_list import read_keypoint_names
from pipeline.datasets.converted.labels import read_labels
from pipeline.datasets.converted.tiling import learnt_split, tile_settings
from pipeline.errors import PipelineError
from pipeline.inputs.examples import counted_boxes, records
from pipeline.inputs.keypoints import KeypointLayout, layout_of_training
from pipeline.inputs.learnt_truth import learnt_truth
from pipeline.inputs.scenes import (
    refuse_unfit_objects,
    training_batches,
    validation_batches,
)
from pipeline.models.detectors.auto_anchors import fit_to_boxes
from pipeline.models.detectors.base import Detector
from pipeline.models.detectors.registry import build_detector
from pipeline.models.weights.coco_detector import URL, class_rows, fetch_coco_detector, kept_rows
from pipeline.models.weights.config import (
    BackboneConfig,
    ClassifierConfig,
    DetectorConfig,
    TrainedDetectorConfig,
    read_config,
    write_config,
)
from pipeline.models.weights.detector_checkpoint import like_earlier, own_checkpoint, start_from
from pipeline.models.weights.directory import BACKBONE_WEIGHTS, save_network
from pipeline.models.weights.garden_checkpoint import restore
from pipeline.params.tracking import Tracking
from pipeline.params.train import Train
from pipeline.progress import ProgressReporter, timed_result
from pipeline.seed_folders import seed_folder
from pipeline.stage import stage_main
from pipeline.training.callbacks import StopOnBadLoss
from pipeline.training.determinism import make_deterministic
from pipeline.training.log.training_log import LogPlaces, TrainingLog, training_log
from pipeline.training.periods import divided, evaluated
from pipeline.training.precision import computing_in, policy_name
from pipeline.training.progress import ShowProgress
from pipeline.training.recipes import callbacks_of, compiled_learner, detector_config, schedule_of
from pipeline.training.step_timing import step_seconds, steps_within
from pipeline.training.unfreezing import keep_frozen
from pipeline.training.val_pictures import ValPictures
from pipeline.training.val_scores import split_scorer

TIMED_EXAMPLES = 16
"""Train images whose decoding and augmentation are timed, if ``train.minutes`` is given."""

CALMER = "set a lower train.learning_rate or a lower train.clip_norm"
"""What to do about a loss that is not finite."""

VALIDATIONS = 5
"""Number of times that the val losses are computed, if val is not evaluated."""


def run(
    train: Train,
    seed: int,
    precision: str,
    tracking: Tracking,
    *,
    converted: Path,
    backbone: Path,
    detector: Path,
    curves: Path,
    log: Path,
) -> None:
    """Train for ``train.steps`` steps; keep the last weights or, with ``train.evaluations``, the best on val."""
    make_deterministic(stable_seed(seed, "train"))
    kind: type[BackboneConfig | ClassifierConfig]
    kind = BackboneConfig if train.backbone == "zoo" else ClassifierConfig
    names = read_keypoint_names(converted)
    source = read_config(backbone, kind)
    if isinstance(source, ClassifierConfig) and source.why_none:
        raise PipelineError(
            f"train.backbone is classifier, but there is none, because {source.why_none}; set it to zoo"
        )
    config = with_anchors(detector_config(train, read_labels(converted), source, names), train, converted)
    refuse_without_keypoints(config, converted)
    if train.minutes is not None:
        train = within_minutes(train, train.minutes, config, precision, converted)
    with (
        timed_result(detector) as done,
        whole(curves, directory=True) as live_folder,
        whole(detector, directory=True) as folder,
    ):
        for number in range(1, train.seeds + 1):
            if train.seeds > 1:
                print(f"training {number} of {train.seeds}, with seed {seed + number - 1}", flush=True)
                tf_keras.backend.clear_session()
            keras_log = log if number == 1 else log.with_stem(f"{log.stem}-seed_{number}")
            places = LogPlaces(seed_folder(live_folder, number), keras_log, tracking.mlflow)
            train_once(
                config,
                train,
                seed + number - 1,
                precision,
                converted=converted,
                backbone=backbone,
                detector=seed_folder(folder, number),
                places=places,
            )
        several = f", {train.seeds} seeds" if train.seeds > 1 else ""
        done(f"train: {train.architecture}, {divided(train.steps).steps:,} steps{several}")


def refuse_without_keypoints(config: DetectorConfig, converted: Path) -> None:
    """Raise an error if the detector finds keypoints and the dataset has none."""
    if config.keypoint_names == []:
        raise PipelineError(
            f"{converted}: the dataset has no keypoints, which train.architecture=keypoints learns from; take gfl"
        )


def train_once(
    config: DetectorConfig,
    train: Train,
    seed: int,
    precision: str,
    *,
    converted: Path,
    backbone: Path,
    detector: Path,
    places: LogPlaces,
) -> None:
    """Build a detector, train it and save it.

    Args:
        config: The configuration of the detector.
        seed: The seed of this training.
        precision: ``precision`` of ``params.yaml``.
        detector: The model directory to write, which may exist.
        places: Where the training is logged. The folder of the curves may exist.
    """
    detector.mkdir(exist_ok=True)
    places.curves.mkdir(exist_ok=True)
    training_seed = stable_seed(seed, "train")
    make_deterministic(training_seed)
    policy = policy_name(precision, config.backbone)
    with computing_in(policy):
        model = build_detector(config, backbone / BACKBONE_WEIGHTS if train.init == "pretrained" else None)
    origin = initialise(model, train, config)
    names = config.keypoint_names
    layout = layout_of_training(names, train) if names else None
    params = {"seed": seed, **train.model_dump()}
    with training_log(places, model.backbone, train.batch_size, params) as log:
        fit(model, train, training_seed, log, layout=layout, converted=converted)
    save_network(model.network, detector)
    fields = dict(config) | tile_settings(converted)
    trained = TrainedDetectorConfig(**fields, seed=seed, init=train.init, policy=policy, origin=origin)
    write_config(detector, trained)


def fit(
    model: Detector,
    train: Train,
    seed: int,
    log: TrainingLog,
    *,
    layout: KeypointLayout | None = None,
    converted: Path,
) -> None:
    """Train a detector in place.

    Args:
        model: The detector with its initial weights.
        seed: The seed of all random draws of the training.
        layout: The layout of the keypoints; None for a detector without keypoints.
        log: The log of the training.
        converted: The folder of the records.
    """
    if model.objects_per_image is not None:
        refuse_unfit_objects(converted, train.architecture, model.objects_per_image, layout)
    periods = divided(train.steps)
    training = training_batches(
        converted, model.encode, train, seed, steps=periods.steps, mask_crop=model.mask_crop, layout=layout
    )
    validation = validation_batches(converted, model.encode, train, mask_crop=model.mask_crop, layout=layout)
    schedule = schedule_of(train)
    scorer = None
    if train.evaluations:
        scorer = split_scorer(converted, "val", model, train, ValPictures(converted, "val", log.show))
    callbacks = callbacks_of(model, train, schedule, scorer)
    learner = compiled_learner(model, train, schedule)
    with ProgressReporter(f"training {train.architecture}", periods.steps) as progress:
        learner.fit(
            training,
            epochs=periods.number,
            steps_per_epoch=periods.length,
            validation_data=validation,
            validation_freq=sorted(
                period + 1 for period in evaluated(periods, train.evaluations or VALIDATIONS)
            ),
            callbacks=[StopOnBadLoss(CALMER), *callbacks, log, ShowProgress(progress)],
            verbose=2,
        )


def initialise(model: Detector, train: Train, config: DetectorConfig) -> dict[str, str] | None:
    """Load the checkpoint that ``train.init`` may ask for, and freeze the first stages of a pretrained backbone.

    Returns:
        The origin of a downloaded detector, for ``model.json``; None for all others.
    """
    if train.init == "scratch":
        return None
    origin, classes = None, config.classes
    if (earlier := own_checkpoint(train)) is not None:
        print(start_from(model, config, earlier), flush=True)
    elif train.init == "checkpoint":
        print(f"{train.checkpoint}: {restore(model.garden_parts, Path(train.checkpoint))}", flush=True)
    elif train.init == "coco":
        published = fetch_coco_detector()
        restored = restore(model.garden_parts, published.folder, kept_rows(classes))
        origin = {"url": URL, "sha256": published.sha256}
        print(
            f"{URL}: {restored}; {len(class_rows(classes))} of {len(classes)} classes are in COCO", flush=True
        )
    keep_frozen(model.backbone, train.frozen_stages, freeze_batchnorm=train.freeze_batchnorm)
    return origin


def within_minutes(
    train: Train, minutes: float, config: DetectorConfig, precision: str, converted: Path
) -> Train:
    """Reduce the steps to those that fit into ``train.minutes`` on this machine, and print how many there are.

    The steps of the warm-up and between two unfreezings are reduced in proportion.
    """
    examples = list(records(converted, learnt_split(converted, "train")).take(TIMED_EXAMPLES))
    seconds = step_seconds(config, train, precision, examples)
    val_images = len(learnt_truth(converted, "val").images)
    steps = min(train.steps, steps_within(minutes, train, seconds, val_images))
    print(f"train.minutes {minutes:g}: {steps:,} of {train.steps:,} steps, {seconds:.2f} s each", flush=True)
    changed = {"steps": steps, "warmup_steps": train.warmup_steps * steps // train.steps}
    if train.unfreeze_steps is not None:
        changed["unfreeze_steps"] = max(train.unfreeze_steps * steps // train.steps, 1)
    return train.model_copy(update=changed)


def with_anchors(config: DetectorConfig, train: Train, converted: Path) -> DetectorConfig:
    """Give a detector the anchors of the earlier one that it starts from, or fit them if they are to be fitted."""
    if (earlier := own_checkpoint(train)) is not None:
        config, anchors = like_earlier(config, earlier)
        for key, value in anchors.items():
            print(f"{earlier}: {key} is {value}, as in the earlier detector", flush=True)
        return config
    return with_fitted_anchors(config, converted) if train.auto_anchors else config


def with_fitted_anchors(config: DetectorConfig, converted: Path) -> DetectorConfig:
    """Fit the anchors to the boxes of the train split, and print how well they fitted before and fit now.

    Raises:
        PipelineError: The train split has no box.
    """
    boxes, labels = counted_boxes(records(converted, learnt_split(converted, "train")))
    if not len(boxes):
        raise PipelineError(f"{converted}: the train split has no box to fit anchors to")
    fitted = fit_to_boxes(config, boxes, labels)
    if fitted.changes:
        result = f"{fitted.after:.3f} after, with {fitted.changes}"
    else:
        result = "and no anchors that fit better were found, so they stay as they are"
    print(f"auto_anchors: mean best IoU {fitted.before:.3f} before, {result}", flush=True)
    return fitted.config


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
