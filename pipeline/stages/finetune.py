"""Fine-tune the backbone of the zoo, with a new head, as a classifier of object crops.

Reads:
    converted: The train and val records, and ``labels.txt``.
    zoo: The model directory of the backbone.
    ``finetune.checkpoint``, if ``finetune.init`` asks for it: the model directory of an earlier classifier.

Writes:
    classifier: The model directory of the classifier. The detector can start from its backbone.
    curves: The learning curves (DVCLive).
    log: What Keras prints, and beside it the event files of TensorBoard; they are no outputs of the stage.
"""

import math
from pathlib import Path
from typing import Any

import tensorflow as tf
import tf_keras

from pipeline.artifacts import stable_seed, whole, write_json
from pipeline.datasets.converted.labels import read_labels
from pipeline.errors import PipelineError
from pipeline.inputs.crop_augmentation import augment_crop
from pipeline.inputs.crops import CROPS_OF_TASK, Crop, crop_keys, labelled_batches, only_keys
from pipeline.inputs.examples import batched, epochs_of, records, shuffled_records
from pipeline.models.backbones.batchnorm import set_batchnorm_trainable
from pipeline.models.classifier import classification_loss, classification_scores, configured_classifier
from pipeline.models.weights.classifier_checkpoint import start_from
from pipeline.models.weights.config import BackboneConfig, ClassifierConfig, read_config, write_config
from pipeline.models.weights.directory import BACKBONE_WEIGHTS, save_network
from pipeline.params.finetune import Finetune
from pipeline.params.tracking import Tracking
from pipeline.progress import ProgressReporter, timed_result
from pipeline.stage import stage_main
from pipeline.training.callbacks import KeepBest, StopOnBadLoss
from pipeline.training.determinism import make_deterministic
from pipeline.training.learner import Learner
from pipeline.training.log.training_log import LogPlaces, training_log
from pipeline.training.optimizers import adamw, rate_groups, split_variables
from pipeline.training.periods import Periods, divided, evaluated
from pipeline.training.precision import computing_in, policy_name
from pipeline.training.progress import ShowProgress
from pipeline.training.schedules import cosine_schedule

NEEDED = {
    "detection": "object with a box; set task to classification if the labels are of whole images",
    "classification": "label of a whole image; set task to detection if the objects have boxes",
}
"""The parameter ``task`` -> what the classifier learns from, and what to do if there is none."""

MIX_BUFFER = 2048
"""Crops among which the next one is drawn, so that those of one image part. They are not decoded yet."""


def run(
    task: str,
    finetune: Finetune,
    seed: int,
    precision: str,
    tracking: Tracking,
    *,
    converted: Path,
    zoo: Path,
    classifier: Path,
    curves: Path,
    log: Path,
) -> None:
    """Train the classifier in the phases of ``finetune.mode``, and keep the weights with the lowest val loss.

    With the mode "none", and with a single class, whose softmax is 1 whatever the weights are, the model directory
    contains only ``model.json``, and there are no curves.
    """
    source, classes = read_config(zoo, BackboneConfig), read_labels(converted)
    config = ClassifierConfig(
        classes=classes,
        image_size=finetune.image_size,
        backbone=source.backbone,
        alpha=source.alpha,
        layers=source.layers,
        head="own" if finetune.head == "own" else None,
        mode="none" if len(classes) == 1 else finetune.mode,
        seed=seed,
        policy=policy_name(precision, source.backbone),
    )
    with (
        timed_result(classifier) as done,
        whole(curves, directory=True) as live_folder,
        whole(classifier, directory=True) as folder,
    ):
        write_config(folder, config)
        if config.why_none:
            write_json(live_folder / "metrics.json", {})
            if finetune.mode != "none":  # the closing line is left out where the work takes no time
                print(f"finetune: no classifier is trained, because {config.why_none}", flush=True)
            done(f"finetune: no classifier, because {config.why_none}")
            return
        places = LogPlaces(live_folder, log, tracking.mlflow)
        train_classifier(config, task, finetune, converted=converted, zoo=zoo, folder=folder, places=places)
        done(f"finetune: a classifier of {len(classes)} classes")


def train_classifier(
    config: ClassifierConfig,
    task: str,
    finetune: Finetune,
    *,
    converted: Path,
    zoo: Path,
    folder: Path,
    places: LogPlaces,
) -> None:
    """Train a classifier and write its weights.

    Args:
        config: The configuration of the classifier, with the seed and the dtype policy of the training.
        task: The parameter ``task``.
        finetune: The section ``finetune``.
        converted: The folder of the records.
        zoo: The model directory of the pretrained backbone.
        folder: The model directory of the classifier.
        places: Where the training is logged.
    """
    training_seed = stable_seed(config.seed, "finetune")
    make_deterministic(training_seed)
    with computing_in(config.policy):
        backbone, network = configured_classifier(config, dropout=finetune.dropout)
    if finetune.init == "checkpoint":
        print(start_from(network, config, Path(finetune.checkpoint)), flush=True)
    elif finetune.mode != "scratch":
        backbone.load_weights(zoo / BACKBONE_WEIGHTS)
    periods = divided(finetune.steps)
    training = training_batches(converted, task, finetune, training_seed, steps=periods.steps)
    crops = CROPS_OF_TASK[task](records(converted, "val"))
    validation = labelled_batches(crops, finetune.image_size, finetune.batch_size)
    params = {"seed": config.seed, **finetune.model_dump()}
    learner = Learner(network, classification_loss, scores=classification_scores)
    with (
        training_log(places, backbone, finetune.batch_size, params) as log,
        ProgressReporter("training the classifier", periods.steps) as progress,
    ):
        callbacks = [log, ShowProgress(progress)]
        fit_in_phases(learner, backbone, finetune, periods, training, validation, callbacks)
    backbone.save_weights(folder / BACKBONE_WEIGHTS)
    save_network(network, folder)


def fit_in_phases(
    learner: Learner,
    backbone: tf_keras.Model,
    finetune: Finetune,
    periods: Periods,
    training: tf.data.Dataset,
    validation: tf.data.Dataset,
    callbacks: list[Any],
) -> None:
    """Train the new head alone, and then the whole network.

    While the head trains, the backbone is frozen: the optimizer does not have its variables, and its BatchNorm runs in
    inference mode. The mode ``scratch`` leaves out the first phase, and the mode ``extraction`` the second.
    """
    head_periods = periods_of_head(finetune, periods)
    stream, callbacks = iter(training), [StopOnBadLoss("set a lower finetune.learning_rate"), *callbacks]
    evaluated_periods = sorted(period + 1 for period in evaluated(periods, finetune.evaluations))

    def fit(start: int, stop: int, keep_best: list[Any]) -> None:
        learner.fit(
            stream,
            initial_epoch=start,
            epochs=stop,
            steps_per_epoch=periods.length,
            validation_data=validation,
            validation_freq=evaluated_periods,
            callbacks=[*callbacks, *keep_best],
            verbose=2,
        )

    best = KeepBest("val_loss", finetune.patience)
    if head_periods:
        set_batchnorm_trainable(backbone, False)
        _, head = split_variables(learner.network, backbone)
        rate = cosine_schedule(finetune.learning_rate, head_periods * periods.length)
        learner.compile_groups([(adamw(rate, finetune.weight_decay), head)])
        fit(0, head_periods, [best] if finetune.mode == "extraction" else [])
    if head_periods < periods.number:
        set_batchnorm_trainable(backbone, finetune.mode == "scratch" or not finetune.freeze_batchnorm)
        remaining = (periods.number - head_periods) * periods.length
        groups = rate_groups(
            learner.network,
            backbone,
            rate=finetune.learning_rate,
            backbone_factor=1.0 if finetune.mode == "scratch" else finetune.backbone_lr_factor,
            weight_decay=finetune.weight_decay,
            schedule=lambda rate: cosine_schedule(rate, remaining, remaining // 10),
        )
        learner.compile_groups(groups)
        fit(head_periods, periods.number, [best])


def periods_of_head(finetune: Finetune, periods: Periods) -> int:
    """Return the number of periods in which the new head is trained alone."""
    if finetune.mode == "finetune":
        return periods.at(finetune.head_steps) if finetune.head_steps else 0
    return periods.number if finetune.mode == "extraction" else 0


def training_batches(
    converted: Path, task: str, finetune: Finetune, seed: int, *, steps: int
) -> tf.data.Dataset:
    """Return ``steps`` augmented batches."""
    crops_of = CROPS_OF_TASK[task]
    keys = crop_keys(
        crops_of(records(converted, "train")), max_per_class=finetune.max_crops_per_class, seed=seed
    )
    if not len(keys):
        raise PipelineError(f"{converted}: the train split has no {NEEDED[task]}")
    epochs = math.ceil(steps * finetune.batch_size / len(keys))
    ordered = shuffled_records(converted, "train")
    crops = crops_of(epochs_of(ordered, seed=seed, epochs=epochs))
    if finetune.max_crops_per_class is not None:
        crops = only_keys(crops, keys)

    def prepare(crop: Crop) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        seed_of_crop = tf.random.fold_in(crop.seed, tf.cast(crop.object_index, tf.int32))
        image = augment_crop(crop, seed_of_crop, finetune.augment, size=finetune.image_size)
        return image, {"class": crop.label - 1}

    mixed = crops.shuffle(MIX_BUFFER, seed=seed, reshuffle_each_iteration=False)
    return batched(mixed, prepare, finetune.batch_size, drop_remainder=True)


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
