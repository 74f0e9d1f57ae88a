"""Provide the backbone: pretrained here on drawn patterns and shapes, downloaded, read from a file, or random.

Reads: nothing, or the weights file that ``zoo.file`` names.
Writes: the zoo's model directory.
Parameters: seed, precision, zoo.
"""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras

from pipeline.artifacts import make_deterministic, stable_seed, whole
from pipeline.datasets.drawn.source_task import PATTERNS, SHAPES, draw_pattern_crops
from pipeline.inputs.colours import photometric
from pipeline.models.backbones.registry import build_backbone
from pipeline.models.classifier import build_classifier, classification_loss, classification_scores
from pipeline.models.precision import computing_in, policy_name
from pipeline.models.weights.directory import BACKBONE_WEIGHTS, write_facts
from pipeline.models.weights.keras_files import load_weights
from pipeline.params.schema import Params
from pipeline.params.zoo import SourceTask
from pipeline.stage import stage_main
from pipeline.training.callbacks import StopOnBadLoss
from pipeline.training.learner import Learner
from pipeline.training.optimizers import adamw
from pipeline.training.schedules import cosine_schedule

WEIGHT_DECAY = 0.01


def run(params: Params, *, zoo: Path) -> None:
    """Build the backbone, give it its weights, and save it."""
    settings = params.zoo
    seed = stable_seed(params.seed, "zoo")
    # before TensorFlow has threads, which a forked drawing process would lack
    crops = draw_source_task(settings.builtin, seed) if settings.weights == "builtin" else None
    make_deterministic(seed)
    with computing_in(policy_name(params.precision, settings.backbone)):
        backbone = build_backbone(
            settings.backbone, settings.alpha, "imagenet" if settings.weights == "imagenet" else None
        )
    facts: dict[str, Any] = {
        "backbone": settings.backbone,
        "alpha": settings.alpha,
        "weights": settings.weights,
    }
    if settings.weights == "file":
        load_weights(backbone, Path(settings.file))
    elif crops is not None:
        facts["source_task"] = pretrain(backbone, settings.builtin, *crops, seed)
    with whole(zoo, directory=True) as folder:
        backbone.save_weights(folder / BACKBONE_WEIGHTS)
        write_facts(folder, facts)


def draw_source_task(settings: SourceTask, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw the crops to train on and, before them, one for every twenty to measure on."""
    return draw_pattern_crops(seed, settings.images + _held_out(settings), settings.image_size)


def pretrain(
    backbone: tf_keras.Model, settings: SourceTask, images: np.ndarray, labels: np.ndarray, seed: int
) -> dict[str, Any]:
    """Train a backbone, in place, to tell the shape and the pattern of drawn crops; none of the shapes is a garment.

    Args:
        backbone: As :func:`pipeline.models.backbones.registry.build_backbone` gives it.
        settings: Of the source task.
        images: As :func:`draw_source_task` gives them.
        labels: Likewise.
        seed: Of the training.

    Returns:
        The task's facts: its classes, and the accuracy on crops that were not trained on.
    """
    held_out = _held_out(settings)
    training, steps = _batches(images[held_out:], labels[held_out:], settings, seed)
    validation, _ = _batches(images[:held_out], labels[:held_out], settings, None)
    network = build_classifier(backbone, {"shape": len(SHAPES), "pattern": len(PATTERNS)}, dropout=0.0)
    learner = Learner(network, classification_loss, scores=classification_scores)
    schedule = cosine_schedule(settings.learning_rate, settings.epochs * steps, warmup_steps=steps // 10)
    learner.compile_groups([(adamw(schedule, WEIGHT_DECAY), network.trainable_variables)])
    history = learner.fit(
        training, epochs=settings.epochs, validation_data=validation, callbacks=[StopOnBadLoss()], verbose=2
    ).history
    accuracy = {name: round(history[f"val_{name}_top1"][-1], 4) for name in ("shape", "pattern")}
    return {"shapes": SHAPES, "patterns": PATTERNS, "accuracy": accuracy}


def _held_out(settings: SourceTask) -> int:
    return max(settings.images // 20, 1)


def _batches(
    images: np.ndarray, labels: np.ndarray, settings: SourceTask, seed: int | None
) -> tuple[tf.data.Dataset, int]:
    """Batch crops; with a seed shuffle them, mirror them and change their colours, differently each epoch."""
    indices = tf.data.Dataset.range(len(images))
    if seed is not None:
        indices = indices.shuffle(len(images), seed=seed)
        indices = tf.data.Dataset.zip(
            (indices, tf.data.Dataset.random(seed, rerandomize_each_iteration=True))
        )
    else:
        indices = indices.map(lambda index: (index, tf.constant(0, tf.int64)))

    def example(index: tf.Tensor, draw: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        image = tf.cast(tf.gather(pixels, index), tf.float32)
        if seed is not None:
            draw_seed = tf.cast(tf.stack([draw, index]), tf.int32)
            image = photometric(tf.image.stateless_random_flip_left_right(image, draw_seed), draw_seed)
        return image, {"shape": classes[index, 0], "pattern": classes[index, 1]}

    with tf.device("cpu"):
        pixels, classes = tf.constant(images), tf.constant(labels)
    dataset = indices.map(example, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    dataset = dataset.batch(settings.batch_size, drop_remainder=seed is not None).prefetch(2)
    return dataset, max(len(images) // settings.batch_size, 1)


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
