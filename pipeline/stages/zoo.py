"""Provide the backbone: pretrained here on drawn shapes, downloaded, read from a file, or with random weights.

Reads:
    ``zoo.file``: the weights, with ``zoo.weights`` ``file``; else nothing.

Writes:
    backbone: The model directory of the backbone.
    log: What Keras prints; it is no output of the stage.
"""

from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras

from pipeline.artifacts import stable_seed, whole
from pipeline.datasets.drawn.source_task import PATTERNS, SHAPES, draw_pattern_crops
from pipeline.inputs.colours import photometric
from pipeline.models.backbones.names import INSTALLED_WEIGHTS
from pipeline.models.backbones.registry import build_backbone
from pipeline.models.classifier import build_classifier, classification_loss, classification_scores
from pipeline.models.weights.config import BackboneConfig, SourceTaskResult, write_config
from pipeline.models.weights.directory import BACKBONE_WEIGHTS
from pipeline.models.weights.keras_files import load_weights
from pipeline.params.zoo import SourceTask, Zoo
from pipeline.progress import ProgressReporter, timed_result
from pipeline.stage import stage_main
from pipeline.training.callbacks import StopOnBadLoss
from pipeline.training.determinism import make_deterministic
from pipeline.training.learner import Learner
from pipeline.training.optimizers import adamw
from pipeline.training.precision import computing_in, policy_name
from pipeline.training.progress import ShowProgress, raw_log
from pipeline.training.schedules import cosine_schedule

WEIGHT_DECAY = 0.01


def run(zoo: Zoo, seed: int, precision: str, *, backbone: Path, log: Path) -> None:
    """Build the backbone, give it its weights, and save it."""
    with timed_result(backbone) as done:
        zoo_seed = stable_seed(seed, "zoo")
        # The drawing processes are forked, so they must start before TensorFlow starts its threads.
        crops = draw_source_task(zoo.builtin, zoo_seed) if zoo.weights == "builtin" else None
        make_deterministic(zoo_seed)
        with computing_in(policy_name(precision, zoo.backbone)):
            network = build_backbone(
                zoo.backbone, zoo.alpha, "imagenet" if zoo.weights == "imagenet" else None, zoo.layers
            )
        result = None
        if zoo.weights == "file":
            load_weights(network, Path(zoo.file))
        elif crops is not None:
            with raw_log(log):
                result = pretrain(network, zoo.builtin, *crops, zoo_seed)
        installed = INSTALLED_WEIGHTS.get(zoo.backbone) if zoo.weights == "imagenet" else None
        config = BackboneConfig(
            backbone=zoo.backbone,
            alpha=zoo.alpha,
            layers=zoo.layers,
            weights=zoo.weights,
            origin=installed._asdict() if installed else None,
            source_task=result,
        )
        with whole(backbone, directory=True) as folder:
            network.save_weights(folder / BACKBONE_WEIGHTS)
            write_config(folder, config)
        done(f"zoo: {zoo.backbone} with {zoo.weights} weights")


def draw_source_task(task: SourceTask, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw the crops: first the held-out ones, one for every twenty, and then those to train on."""
    return draw_pattern_crops(seed, task.images + _held_out(task), task.image_size)


def pretrain(
    backbone: tf_keras.Model, task: SourceTask, images: np.ndarray, labels: np.ndarray, seed: int
) -> SourceTaskResult:
    """Train a backbone in place to recognise the shape and the pattern of drawn crops. No shape is a garment.

    Args:
        backbone: A model as :func:`pipeline.models.backbones.registry.build_backbone` returns it.
        task: The section ``zoo.builtin``.
        images: uint8 [N, size, size, 3], as :func:`draw_source_task` returns them.
        labels: int [N, 2], the class indices of shape and pattern.
        seed: The seed of the training.

    Returns:
        The names of the classes, and the accuracy on the held-out crops.
    """
    held_out = _held_out(task)
    training, steps = _batches(images[held_out:], labels[held_out:], task, seed)
    validation, _ = _batches(images[:held_out], labels[:held_out], task, None)
    network = build_classifier(backbone, {"shape": len(SHAPES), "pattern": len(PATTERNS)}, dropout=0.0)
    learner = Learner(network, classification_loss, scores=classification_scores)
    schedule = cosine_schedule(task.learning_rate, task.epochs * steps, warmup_steps=steps // 10)
    learner.compile_groups([(adamw(schedule, WEIGHT_DECAY), network.trainable_variables)])
    with ProgressReporter("pretraining the backbone", task.epochs * steps) as progress:
        history = learner.fit(
            training,
            epochs=task.epochs,
            validation_data=validation,
            callbacks=[StopOnBadLoss("set a lower zoo.builtin.learning_rate"), ShowProgress(progress)],
            verbose=2,
        ).history
    accuracy = {name: round(history[f"val_{name}_top1"][-1], 4) for name in ("shape", "pattern")}
    return SourceTaskResult(shapes=list(SHAPES), patterns=list(PATTERNS), accuracy=accuracy)


def _held_out(task: SourceTask) -> int:
    return max(task.images // 20, 1)


def _batches(
    images: np.ndarray, labels: np.ndarray, task: SourceTask, seed: int | None
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
    dataset = dataset.batch(task.batch_size, drop_remainder=seed is not None).prefetch(2)
    return dataset, max(len(images) // task.batch_size, 1)


def main() -> None:
    """Run the stage from the command line."""
    stage_main(run)


if __name__ == "__main__":
    main()
