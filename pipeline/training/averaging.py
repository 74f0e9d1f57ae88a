"""The exponential moving average of the weights (Polyak and Juditsky 1992)."""

from typing import Any

import tensorflow as tf
import tf_keras

from pipeline.training.decay import largest_decay


class MovingAverage(tf_keras.callbacks.Callback):
    """Average the weights of a network over the training steps.

    The network holds its own weights during a training period. It holds the averages during validation, after each
    period and at the end of the training. The moving means and variances of BatchNorm are averaged too.

    This callback must come before all callbacks that read the weights.

    Model Garden's ``ExponentialMovingAverage`` cannot be used. It wraps one optimizer, but a learner has several. It
    also exchanges weights and averages by addition and subtraction, which does not restore the weights exactly.
    """

    def __init__(self, network: tf_keras.Model, decay: float) -> None:
        """Copy the weights of the network as the first averages.

        Args:
            network: The network in training. All its floating-point variables are averaged.
            decay: Largest decay, in (0, 1). At first, it is that of :func:`largest_decay`.
        """
        super().__init__()
        self._variables = [variable for variable in network.variables if variable.dtype.is_floating]
        self._averages = [tf.Variable(variable, trainable=False) for variable in self._variables]
        self._decay = decay
        self._step = tf.Variable(0.0, trainable=False)
        self._network_holds_average = False

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Trace the update before the first step."""
        self._update.get_concrete_function()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Update the averages with the weights of this step."""
        self._update()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Put the weights of the last step into the network."""
        self._select(average=False)

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Put the averages into the network, so that they are validated."""
        self._select(average=True)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Put the averages into the network for the callbacks that follow, even if there was no validation."""
        self._select(average=True)

    def _select(self, *, average: bool) -> None:
        if average != self._network_holds_average:
            self._swap()
            self._network_holds_average = average

    @tf.function
    def _update(self) -> None:
        self._step.assign_add(1.0)
        decay = tf.minimum(self._decay, largest_decay(self._step))
        for average, variable in zip(self._averages, self._variables, strict=True):
            average.assign_sub((1.0 - decay) * (average - variable))

    @tf.function
    def _swap(self) -> None:
        for average, variable in zip(self._averages, self._variables, strict=True):
            weight = tf.identity(variable)
            variable.assign(average)
            average.assign(weight)
