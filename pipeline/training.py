"""Training: schedules, two learning rates, the loop, and the callbacks that watch it."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf
import tf_keras
from dvclive import Live
from official.modeling.optimization.legacy_adamw import AdamWeightDecay

from pipeline.errors import PipelineError

Losses = Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, tf.Tensor]]
Forward = Callable[..., Any]


def cosine_schedule(rate: float, steps: int, warmup_steps: int = 0) -> Any:
    """Give a learning rate that climbs linearly to ``rate``, then falls to 0 as half a cosine.

    Args:
        rate: The greatest rate.
        steps: All steps, the climb included.
        warmup_steps: Steps of the climb; 0 starts at ``rate``.
    """
    schedules = tf_keras.optimizers.schedules
    if warmup_steps == 0:
        return schedules.CosineDecay(rate, decay_steps=steps)
    return schedules.CosineDecay(
        0.0, decay_steps=max(steps - warmup_steps, 1), warmup_target=rate, warmup_steps=warmup_steps
    )


class Learner(tf_keras.Model):
    """A network in training: named losses, and one optimizer a group of variables.

    Each group's rate is its own optimizer's, since scaling the gradients instead has no effect under
    optimizers that normalise them, such as Adam.
    """

    def __init__(
        self,
        network: tf_keras.Model,
        losses: Losses,
        *,
        forward: Forward | None = None,
        scores: Losses | None = None,
        clip_norm: float | None = None,
    ) -> None:
        """Make a learner.

        Args:
            network: Inputs -> dict of outputs.
            losses: (outputs, targets) -> dict of scalars; their sum is minimised.
            forward: (inputs, targets, training=) -> outputs, for a network that needs the targets to be trained.
            scores: (outputs, targets) -> dict of values an example, reported only.
            clip_norm: Greatest global norm of the gradients.
        """
        super().__init__(name="learner")
        self.network = network
        self._losses = losses
        self._forward = forward or (lambda inputs, targets, training: network(inputs, training=training))
        self._scores = scores or (lambda outputs, targets: {})
        self._clip_norm = clip_norm
        self._groups: list[tuple[Any, list[Any]]] = []
        self._means: dict[str, Any] = {}

    def compile_groups(self, groups: Sequence[tuple[Any, list[Any]]]) -> None:
        """Set the (optimizer, variables) groups and have the step traced anew; variables in none stay as they are."""
        self._groups = [(optimizer, variables) for optimizer, variables in groups if variables]
        self.compile()

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Run the network."""
        return self.network(inputs, training=training)

    def train_step(self, data: Any) -> dict[str, Any]:
        """Do one step on (inputs, targets)."""
        inputs, targets = data
        variables = [variable for _, group in self._groups for variable in group]
        with tf.GradientTape() as tape:
            outputs = self._forward(inputs, targets, training=True)
            losses = self._losses(outputs, targets)
            objective = tf.add_n(list(losses.values()))
        gradients = tape.gradient(objective, variables)
        if self._clip_norm is not None:
            gradients, _ = tf.clip_by_global_norm(gradients, self._clip_norm)
        pairs = iter(zip(gradients, variables, strict=True))
        for optimizer, group in self._groups:
            optimizer.apply_gradients([next(pairs) for _ in group])
        return self._report(losses, self._scores(outputs, targets))

    def test_step(self, data: Any) -> dict[str, Any]:
        """Measure the losses on one batch of (inputs, targets)."""
        inputs, targets = data
        outputs = self._forward(inputs, targets, training=False)
        return self._report(self._losses(outputs, targets), self._scores(outputs, targets))

    @property
    def metrics(self) -> list[Any]:
        """The running means; Keras resets them each epoch."""
        return list(self._means.values())

    def _report(self, losses: Mapping[str, Any], scores: Mapping[str, Any]) -> dict[str, Any]:
        values = {"loss": tf.add_n(list(losses.values())), **losses, **scores}
        for name, value in values.items():
            if name not in self._means:
                self._means[name] = tf_keras.metrics.Mean(name=name)
            self._means[name].update_state(value)
        return {name: self._means[name].result() for name in values}


class StopOnBadLoss(tf_keras.callbacks.Callback):
    """End the training with one clear line as soon as the loss is not finite."""

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Check the running mean, into which a bad batch enters for good."""
        loss = float((logs or {}).get("loss", 0.0))
        if not math.isfinite(loss):
            raise PipelineError(
                f"the loss became {loss} in batch {batch + 1} of the epoch; "
                "lower the learning rate, or set clip_norm lower"
            )

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Check the validation loss, where there is one, so that a broken last epoch is not kept."""
        loss = float((logs or {}).get("val_loss", 0.0))
        if not math.isfinite(loss):
            raise PipelineError(
                f"the validation loss became {loss} in epoch {epoch + 1}; "
                "lower the learning rate, or set clip_norm lower"
            )


class KeepBest(tf_keras.callbacks.Callback):
    """Keep the weights of the best epoch, go back to them at the end, and stop early when nothing improves."""

    def __init__(self, monitor: str, patience: int) -> None:
        """Watch ``monitor`` (less is better); stop after ``patience`` epochs without a better one."""
        super().__init__()
        self.monitor = monitor
        self.patience = patience
        self.best = math.inf
        self.best_epoch = -1
        self._weights: list[Any] | None = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Compare this epoch with the best."""
        value = float((logs or {})[self.monitor])
        if value < self.best:
            self.best, self.best_epoch = value, epoch
            self._weights = self.model.network.get_weights()
        elif epoch - self.best_epoch >= self.patience:
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Go back to the best epoch's weights."""
        if self._weights is not None:
            self.model.network.set_weights(self._weights)


class LiveCurves(tf_keras.callbacks.Callback):
    """Log each epoch's figures with DVCLive, as ``train/<name>`` and ``val/<name>``."""

    def __init__(self, live: Live) -> None:
        """Log to ``live``."""
        super().__init__()
        self._live = live

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Log the epoch and go on to the next step."""
        for name, value in (logs or {}).items():
            split, metric = ("val", name.removeprefix("val_")) if name.startswith("val_") else ("train", name)
            self._live.log_metric(f"{split}/{metric}", round(float(value), 6))
        self._live.next_step()


def live_log(folder: Path) -> Live:
    """Open a DVCLive log that writes curves and figures to ``folder`` and nothing else."""
    return Live(str(folder), save_dvc_exp=False, dvcyaml=None, report=None, monitor_system=False)


def adamw(schedule: Any, weight_decay: float) -> Any:
    """Make Adam with decoupled weight decay (Loshchilov and Hutter 2019); biases and BatchNorm do not decay.

    Args:
        schedule: A rate, or what :func:`cosine_schedule` gives.
        weight_decay: Share of a kernel taken off a step, times the rate.
    """
    # Model Garden's updates each variable by one fused kernel: twice as fast on a CPU as Keras' own AdamW
    return AdamWeightDecay(
        schedule,
        weight_decay_rate=weight_decay,
        exclude_from_weight_decay=["bias", "gamma", "beta"],
        gradient_clip_norm=0.0,
    )


def split_variables(network: tf_keras.Model, backbone: tf_keras.Model) -> tuple[list[Any], list[Any]]:
    """Give the trainable variables of a network's backbone, and the rest."""
    inside = {id(variable) for variable in backbone.trainable_variables}
    head = [variable for variable in network.trainable_variables if id(variable) not in inside]
    return backbone.trainable_variables, head


def rate_groups(
    network: tf_keras.Model,
    backbone: tf_keras.Model,
    *,
    rate: float,
    backbone_factor: float,
    weight_decay: float,
    steps: int,
    warmup_steps: int,
) -> list[tuple[Any, list[Any]]]:
    """Give the head an optimizer at ``rate`` and the backbone its own at ``backbone_factor`` times that.

    Args:
        network: The whole, of which ``backbone`` is a part.
        backbone: As the zoo gives it.
        rate: Of the head, at its greatest.
        backbone_factor: Of the backbone's rate.
        weight_decay: As for :func:`adamw`.
        steps: As for :func:`cosine_schedule`.
        warmup_steps: Likewise.
    """
    inner, head = split_variables(network, backbone)
    rates = (rate, rate * backbone_factor)
    optimizers = [adamw(cosine_schedule(each, steps, warmup_steps), weight_decay) for each in rates]
    return list(zip(optimizers, (head, inner), strict=True))
