"""Callbacks: stop on a loss that is not finite, score the val split, keep the best epoch, log the curves."""

import logging
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tf_keras
from dvclive import Live

from pipeline.errors import PipelineError

logger = logging.getLogger(__name__)


class StopOnBadLoss(tf_keras.callbacks.Callback):
    """Stop the training with an error as soon as the loss is not finite."""

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Check the mean loss of the epoch. One batch with a NaN or infinite loss makes it NaN or infinite.

        Raises:
            PipelineError: The mean is not finite.
        """
        loss = float((logs or {}).get("loss", 0.0))
        if not math.isfinite(loss):
            raise PipelineError(
                f"the loss became {loss} in batch {batch + 1} of the epoch; "
                "set a lower learning_rate or a lower clip_norm"
            )

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Check the validation loss, if there is one, so that the weights of a failed last epoch are not saved.

        Raises:
            PipelineError: The validation loss is not finite.
        """
        loss = float((logs or {}).get("val_loss", 0.0))
        if not math.isfinite(loss):
            raise PipelineError(
                f"the validation loss became {loss} in epoch {epoch + 1}; "
                "set a lower learning_rate or a lower clip_norm"
            )


class ScoreEpochs(tf_keras.callbacks.Callback):
    """Score the network every few epochs and after the last epoch, and add the scores to the logs of the epoch."""

    def __init__(self, score: Callable[[int], Mapping[str, float]], every: int) -> None:
        """Set the scoring function and its interval.

        Args:
            score: Epoch, counted from 0 -> scores by name. The score ``mAP`` is logged as ``val_mAP``.
            every: Number of epochs between two scored epochs.
        """
        super().__init__()
        self._score = score
        self._every = every

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Score this epoch if it is due, and add the scores to ``logs``, which the callbacks that follow read."""
        if logs is None or ((epoch + 1) % self._every and epoch + 1 < self.params["epochs"]):
            return
        scores = self._score(epoch)
        logs.update({f"val_{name}": value for name, value in scores.items()})
        values = ", ".join(f"{name} {value:.3f}" for name, value in scores.items())
        logger.info("epoch %d: val %s", epoch + 1, values)


class KeepBest(tf_keras.callbacks.Callback):
    """Restore the weights of the best epoch at the end, and stop early if no epoch is better."""

    def __init__(self, monitor: str, patience: int | None, *, greater: bool = False) -> None:
        """Set the value that is compared.

        Args:
            monitor: Key of the value in the logs, such as "val_loss". Epochs without this key are ignored.
            patience: Number of consecutive epochs with the key, none better than the best one, after which the training
                stops. None means that it never stops early.
            greater: True if greater values are better, False if smaller values are better.
        """
        super().__init__()
        self.monitor = monitor
        self.patience = patience
        self.best = -math.inf if greater else math.inf
        self.best_epoch = -1
        self._greater = greater
        self._epochs_since_best = 0
        self._weights: list[tuple[Any, Any]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Compare this epoch with the best one."""
        if logs is None or self.monitor not in logs:
            return
        value = float(logs[self.monitor])
        if value > self.best if self._greater else value < self.best:
            self.best, self.best_epoch, self._epochs_since_best = value, epoch, 0
            # Each value is stored with its variable, because the order of Keras depends on which layers are frozen.
            self._weights = [(variable, variable.numpy()) for variable in self.model.network.variables]
            return
        self._epochs_since_best += 1
        if self.patience is not None and self._epochs_since_best >= self.patience:
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Restore the weights of the best epoch."""
        if self._weights:
            logger.info(
                "restored the weights of epoch %d: %s %.4f", self.best_epoch + 1, self.monitor, self.best
            )
        for variable, value in self._weights:
            variable.assign(value)


class LiveCurves(tf_keras.callbacks.Callback):
    """Log the values of each epoch with DVCLive, as ``train/<name>`` and ``val/<name>``."""

    def __init__(self, live: Live) -> None:
        """Set the DVCLive log, which the caller opens and closes."""
        super().__init__()
        self._live = live

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Log the values of this epoch, rounded to 6 decimals, as one step of DVCLive."""
        for name, value in (logs or {}).items():
            split, metric = ("val", name.removeprefix("val_")) if name.startswith("val_") else ("train", name)
            self._live.log_metric(f"{split}/{metric}", round(float(value), 6))
        self._live.next_step()


def live_log(folder: Path) -> Live:
    """Open a DVCLive log that writes the curves and the last values to ``folder``, and no other file."""
    return Live(str(folder), save_dvc_exp=False, dvcyaml=None, report=None, monitor_system=False)
