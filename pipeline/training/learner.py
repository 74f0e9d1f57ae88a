"""The learner: a network with named losses and one optimizer for each group of variables."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf
import tf_keras

Losses = Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, tf.Tensor]]
"""(outputs, targets) -> tensors by name."""

Forward = Callable[..., Any]
"""(inputs, targets, training=) -> outputs."""


class Learner(tf_keras.Model):
    """A network with named losses and one optimizer for each group of variables.

    The groups have optimizers of their own, so that they can have different learning rates. Scaling the gradients of a
    group would have no effect with Adam, because Adam normalises the gradients.
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
        """Set the network, its losses and its scores.

        Args:
            network: A model that maps inputs to a dict of outputs.
            losses: (outputs, targets) -> float32 scalars by name. Their sum is minimised.
            forward: (inputs, targets, training=) -> outputs, for a network that needs the targets in training. None
                calls the network with the inputs alone.
            scores: (outputs, targets) -> float32 [B] by name. Their means are reported. None reports the losses only.
            clip_norm: Largest global norm of the gradients; larger gradients are scaled down. None does not scale them.
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
        """Set the groups. The training step is traced again before the next batch.

        Args:
            groups: Pairs of an optimizer and its variables. Variables that are in no group are not trained.
        """
        self._groups = [(optimizer, variables) for optimizer, variables in groups if variables]
        self.compile()

    @property
    def groups(self) -> Sequence[tuple[Any, list[Any]]]:
        """The pairs of an optimizer and its variables that are trained now."""
        return self._groups

    def add_group(self, optimizer: Any, variables: list[Any]) -> None:
        """Train more variables from the next step on. It may be called during ``fit``.

        The optimizers of the other groups keep their state.
        """
        self._groups.append((optimizer, variables))
        self.make_train_function(force=True)  # compile() would also trace the validation step again

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the outputs of the network."""
        return self.network(inputs, training=training)

    def train_step(self, data: Any) -> dict[str, Any]:
        """Do one training step on one batch of (inputs, targets).

        Returns:
            The mean of each loss and score over the period so far, and of the sum of the losses as "loss".
        """
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
        """Compute the losses and scores of one batch of (inputs, targets), without an update.

        Returns:
            The mean of each loss and score so far, and of the sum of the losses as "loss".
        """
        inputs, targets = data
        outputs = self._forward(inputs, targets, training=False)
        return self._report(self._losses(outputs, targets), self._scores(outputs, targets))

    @property
    def metrics(self) -> list[Any]:
        """The means of all losses and scores. Keras resets them before each period."""
        return list(self._means.values())

    def _report(self, losses: Mapping[str, Any], scores: Mapping[str, Any]) -> dict[str, Any]:
        values = {"loss": tf.add_n(list(losses.values())), **losses, **scores}
        for name, value in values.items():
            if name not in self._means:
                self._means[name] = tf_keras.metrics.Mean(name=name)
            self._means[name].update_state(value)
        return {name: self._means[name].result() for name in values}
