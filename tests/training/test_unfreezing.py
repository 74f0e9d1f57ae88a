"""Gradual unfreezing of the stages of a backbone."""

from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras

from pipeline.models.backbones.registry import BACKBONES, build_backbone
from pipeline.training.learner import Learner
from pipeline.training.optimizers import adamw, rate_groups
from pipeline.training.unfreezing import Unfreeze, keep_frozen

STEPS = 2


def setting() -> tuple[tf_keras.Model, Learner, tf.data.Dataset]:
    tf_keras.utils.set_random_seed(0)
    backbone = build_backbone("mobilenet", 0.25)
    image = tf_keras.Input([32, 32, 3])
    pooled = tf_keras.layers.GlobalAveragePooling2D()(backbone(image)["5"])
    network = tf_keras.Model(image, {"y": tf_keras.layers.Dense(1, name="head")(pooled)})
    learner = Learner(
        network, lambda outputs, targets: {"square": tf.reduce_mean((outputs["y"] - targets) ** 2)}
    )
    images = np.random.default_rng(0).uniform(0, 255, [2 * STEPS, 32, 32, 3]).astype(np.float32)
    return (
        backbone,
        learner,
        tf.data.Dataset.from_tensor_slices((images, np.ones([2 * STEPS, 1], np.float32))).batch(2),
    )


class Changes(tf_keras.callbacks.Callback):
    """Record the layers of the backbone whose weights changed in each epoch."""

    def __init__(self, backbone: tf_keras.Model) -> None:
        super().__init__()
        self.changed: list[set[str]] = []
        self._backbone = backbone

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._before = {layer.name: layer.get_weights() for layer in self._backbone.layers}

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.changed.append(
            {
                layer.name
                for layer in self._backbone.layers
                if any(
                    np.any(a != b) for a, b in zip(layer.get_weights(), self._before[layer.name], strict=True)
                )
            }
        )


def stage_layers(backbone: tf_keras.Model, first: int) -> set[str]:
    """Return the names of the layers with weights that follow the first stages."""
    start = 0
    if first:
        start = backbone.layers.index(backbone.get_layer(BACKBONES["mobilenet"].levels[first + 1])) + 1
    return {layer.name for layer in backbone.layers[start:] if layer.weights}


def unfreeze(backbone: tf_keras.Model, *, freeze_batchnorm: bool = False) -> tuple[Unfreeze, list[int]]:
    started: list[int] = []

    def optimizer(start: int) -> Any:
        started.append(start)
        return adamw(0.001, 0.01)

    return (
        Unfreeze(backbone, optimizer, every=2, frozen_stages=2, freeze_batchnorm=freeze_batchnorm),
        started,
    )


def test_a_stage_is_unfrozen_every_two_epochs_from_the_last_and_only_unfrozen_layers_change() -> None:
    backbone, learner, batches = setting()
    callback, started = unfreeze(backbone)
    changes = Changes(backbone)
    groups = rate_groups(
        learner.network,
        backbone,
        rate=0.001,
        backbone_factor=1.0,
        weight_decay=0.01,
        schedule=lambda rate: rate,
    )
    learner.compile_groups(groups)
    learner.fit(batches.repeat(), epochs=7, steps_per_epoch=STEPS, verbose=0, callbacks=[callback, changes])
    three, two = stage_layers(backbone, 3), stage_layers(backbone, 2)
    assert changes.changed == [set(), set(), three, three, two, two, two]
    assert started == [2 * STEPS, 4 * STEPS]


def test_layers_that_are_already_trained_keep_their_moment_estimates() -> None:
    backbone, learner, batches = setting()
    callback, _ = unfreeze(backbone)
    optimizer = adamw(0.001, 0.01)
    kernel = learner.network.get_layer("head").kernel
    learner.compile_groups([(optimizer, learner.network.get_layer("head").trainable_variables)])
    seen: list[tuple[int, float]] = []

    class Look(tf_keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            if epoch:
                seen.append((int(optimizer.iterations), float(tf.norm(optimizer.get_slot(kernel, "m")))))

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            seen.append((int(optimizer.iterations), float(tf.norm(optimizer.get_slot(kernel, "m")))))

    learner.fit(batches.repeat(), epochs=4, steps_per_epoch=STEPS, verbose=0, callbacks=[callback, Look()])
    assert [steps for steps, _ in seen[::2]] == [2, 4, 6, 8]
    assert all(before == after for before, after in zip(seen[0::2], seen[1::2], strict=False))
    assert all(moment > 0 for _, moment in seen)


def test_frozen_batchnorm_stays_in_inference_mode_when_its_stage_is_unfrozen() -> None:
    backbone, _, _ = setting()
    batchnorms = [layer for layer in backbone.layers if isinstance(layer, tf_keras.layers.BatchNormalization)]
    keep_frozen(backbone, 0, freeze_batchnorm=True)
    assert not any(layer.trainable for layer in batchnorms)
    keep_frozen(backbone, 0, freeze_batchnorm=False)
    assert all(layer.trainable for layer in batchnorms)
    keep_frozen(backbone, 4, freeze_batchnorm=False)
    assert not backbone.trainable_variables
