"""The exponential moving average of the weights (Polyak and Juditsky 1992; decay as in TensorFlow's models)."""

from typing import Any

import tensorflow as tf
import tf_keras


class MovingAverage(tf_keras.callbacks.Callback):
    """Averages the network's weights over the steps; the network holds the average when it is measured, and at the end.

    BatchNorm's statistics are averaged too. Model Garden's ``ExponentialMovingAverage`` wraps one optimizer, while here
    there is one a group of variables, and its swap, by adding and subtracting, does not give the weights back exactly.

    It goes before the callbacks that look at the weights.
    """

    def __init__(self, network: tf_keras.Model, decay: float) -> None:
        """Average ``network`` with at most ``decay``: early on, min(decay, (1 + step) / (10 + step))."""
        super().__init__()
        self._variables = [variable for variable in network.variables if variable.dtype.is_floating]
        self._averages = [tf.Variable(variable, trainable=False) for variable in self._variables]
        self._decay = decay
        self._step = tf.Variable(0.0, trainable=False)
        self._shown = False

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Trace the update, so that the first step does not take the time for it."""
        self._update.get_concrete_function()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Take the step's weights into the average."""
        self._update()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Go on with the weights of the last step."""
        self._show(False)

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Measure the average."""
        self._show(True)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Leave the average in the network for what follows, also where nothing was validated."""
        self._show(True)

    def _show(self, average: bool) -> None:
        if average != self._shown:
            self._swap()
            self._shown = average

    @tf.function
    def _update(self) -> None:
        self._step.assign_add(1.0)
        decay = tf.minimum(self._decay, (1.0 + self._step) / (10.0 + self._step))
        for average, variable in zip(self._averages, self._variables, strict=True):
            average.assign_sub((1.0 - decay) * (average - variable))

    @tf.function
    def _swap(self) -> None:
        for average, variable in zip(self._averages, self._variables, strict=True):
            kept = tf.identity(variable)
            variable.assign(average)
            average.assign(kept)
