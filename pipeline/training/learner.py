"""The loop: named losses, and one optimizer a group of variables."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf
import tf_keras

Losses = Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, tf.Tensor]]
Forward = Callable[..., Any]


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

    def add_group(self, optimizer: Any, variables: list[Any]) -> None:
        """Have more variables trained from the next step on, in the midst of ``fit``; the other groups go on."""
        self._groups.append((optimizer, variables))
        self.make_train_function(force=True)  # traces the training step anew, and only that

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
