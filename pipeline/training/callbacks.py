"""Callbacks: stop on a loss that is not finite, score the val split, keep the best period."""

import logging
import math
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import tf_keras

from pipeline.errors import PipelineError

logger = logging.getLogger(__name__)


class StopOnBadLoss(tf_keras.callbacks.Callback):
    """Stop the training with an error as soon as the loss is not finite."""

    def __init__(self, advice: str) -> None:
        """Start to count the steps.

        Args:
            advice: What the user can do, as the end of the message.
        """
        super().__init__()
        self._advice = advice
        self._step = 0

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Check the mean loss of the period. One batch with a NaN or infinite loss makes it NaN or infinite.

        Raises:
            PipelineError: The mean is not finite.
        """
        self._step += 1
        loss = float((logs or {}).get("loss", 0.0))
        if not math.isfinite(loss):
            raise PipelineError(f"the loss became {loss} in step {self._step}; {self._advice}")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Check the validation loss, if there is one, so that the weights of a failed last period are not saved.

        Raises:
            PipelineError: The validation loss is not finite.
        """
        loss = float((logs or {}).get("val_loss", 0.0))
        if not math.isfinite(loss):
            raise PipelineError(
                f"the validation loss became {loss} after step {steps_after(self, epoch)}; {self._advice}"
            )


class Scorer(NamedTuple):
    """The scores of a split during a training.

    Attributes:
        score: Period, counted from 0 -> mAP and AP50 of the current weights, by name.
        chance: The standard error of the difference between the mAP of two periods.
    """

    score: Callable[[int], dict[str, float]]
    chance: float


class ScorePeriods(tf_keras.callbacks.Callback):
    """Score the network after some periods of the training, and add the scores to the logs of the period."""

    def __init__(self, score: Callable[[int], Mapping[str, float]], scored: Collection[int]) -> None:
        """Set the scoring function and the scored periods.

        Args:
            score: Period, counted from 0 -> scores by name. The score ``mAP`` is logged as ``val_mAP``.
            scored: The periods to score, counted from 0.
        """
        super().__init__()
        self._score = score
        self._scored = scored

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Score this period if it is due, and add the scores to ``logs``, which the callbacks that follow read."""
        if logs is None or epoch not in self._scored:
            return
        scores = self._score(epoch)
        logs.update({f"val_{name}": value for name, value in scores.items()})
        values = ", ".join(f"{name} {value:.3f}" for name, value in scores.items())
        logger.info("step %d: val %s", steps_after(self, epoch), values)


class KeepBest(tf_keras.callbacks.Callback):
    """Restore the weights of the best period at the end, and stop early if no period is better.

    A score of 0 says nothing about the weights: a detector begins with it. Of periods that all score 0, the last one is
    the best, and none of them counts against the patience.

    Of periods whose values differ by chance alone, the last one is the best, because the rate has fallen further there.
    """

    def __init__(
        self, monitor: str, patience: int | None, *, greater: bool = False, chance: float = 0.0
    ) -> None:
        """Set the value that is compared.

        Args:
            monitor: Key of the value in the logs, such as "val_loss". Periods without this key are ignored.
            patience: Number of consecutive periods with the key, none better than the best one, after which the
                training stops. None means that it never stops early.
            greater: True if the values are scores, of which greater ones are better; False for losses.
            chance: Differences of values up to this one may be chance.
        """
        super().__init__()
        self.monitor = monitor
        self.patience = patience
        self.best = -math.inf if greater else math.inf
        self._greatest = -math.inf
        self.best_period = -1
        self._greater = greater
        self._chance = chance
        self._periods_since_best = 0
        self._weights: list[tuple[Any, Any]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Compare this period with the best one."""
        if logs is None or self.monitor not in logs:
            return
        value = float(logs[self.monitor])
        merit = value if self._greater else -value
        nothing_yet = self._greater and value == self.best == 0
        if nothing_yet or merit > self._greatest - self._chance:
            self.best, self.best_period = value, epoch
            # Each value is stored with its variable, because the order of Keras depends on which layers are frozen.
            self._weights = [(variable, variable.numpy()) for variable in self.model.network.variables]
        if nothing_yet or merit > self._greatest:
            self._greatest, self._periods_since_best = merit, 0
            return
        self._periods_since_best += 1
        if self.patience is not None and self._periods_since_best >= self.patience:
            self.model.stop_training = True

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Restore the weights of the best period."""
        if self._weights:
            logger.info(
                "restored the weights of step %d: %s %.4f",
                steps_after(self, self.best_period),
                self.monitor,
                self.best,
            )
        for variable, value in self._weights:
            variable.assign(value)


def steps_after(callback: tf_keras.callbacks.Callback, period: int) -> int:
    """Return the number of training steps until the end of a period, counted from 0."""
    return (period + 1) * int(callback.params["steps"])
