"""What watches a training: the stop on a bad loss, the scores of the val split, the best epoch, the curves."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tf_keras
from dvclive import Live

from pipeline.errors import PipelineError


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


class ScoreEpochs(tf_keras.callbacks.Callback):
    """Score the network every few epochs and after the last, and add the scores to the epoch's figures."""

    def __init__(self, score: Callable[[int], Mapping[str, float]], every: int) -> None:
        """Call ``score(epoch)``, epochs counting from 0; its ``mAP`` becomes the figure ``val_mAP``."""
        super().__init__()
        self._score = score
        self._every = every

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Score the epoch, if it is its turn; the callbacks that follow find the scores in ``logs``."""
        if logs is None or ((epoch + 1) % self._every and epoch + 1 < self.params["epochs"]):
            return
        scores = self._score(epoch)
        logs.update({f"val_{name}": value for name, value in scores.items()})
        print(f"epoch {epoch + 1}: val", ", ".join(f"{name} {value:.3f}" for name, value in scores.items()))


class KeepBest(tf_keras.callbacks.Callback):
    """Keep the weights of the best epoch, go back to them at the end, and stop early when nothing improves."""

    def __init__(self, monitor: str, patience: int | None, *, greater: bool = False) -> None:
        """Watch a figure; epochs without it do not count.

        Args:
            monitor: The figure.
            patience: Epochs with the figure, none of them better than the best, before it stops; None: never.
            greater: Whether more of it is better.
        """
        super().__init__()
        self.monitor = monitor
        self.patience = patience
        self.best = -math.inf if greater else math.inf
        self.best_epoch = -1
        self._greater = greater
        self._worse = 0
        self._weights: list[tuple[Any, Any]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Compare this epoch with the best."""
        if logs is None or self.monitor not in logs:
            return
        value = float(logs[self.monitor])
        if value > self.best if self._greater else value < self.best:
            self.best, self.best_epoch, self._worse = value, epoch, 0
            # with their variables: Keras' order of the weights depends on what is frozen
            self._weights = [(variable, variable.numpy()) for variable in self.model.network.variables]
            return
        self._worse += 1
        if self.patience is not None and self._worse >= self.patience:
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Go back to the best epoch's weights."""
        if self._weights:
            print(f"kept are the weights of epoch {self.best_epoch + 1}, {self.monitor} {self.best:.4f}")
        for variable, value in self._weights:
            variable.assign(value)


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
