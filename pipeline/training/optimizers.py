"""AdamW, and separate learning rates for the head and the backbone."""

from collections.abc import Callable, Iterable
from typing import Any

import tf_keras

from pipeline.models.upstream import AdamWithDecayRule


class KernelDecay(AdamWithDecayRule):
    """AdamW with weight decay for kernels only.

    Variables with one axis, such as biases and the scales of BatchNorm, have no weight decay. Model Garden's own rule
    depends on the names of the variables, which a layer can choose freely.
    """

    def decays(self, variable: Any) -> bool:
        """Return whether a variable is a kernel, that is, whether it has at least two axes."""
        return bool(variable.shape.rank >= 2)


def adamw(schedule: Any, weight_decay: float) -> Any:
    """Return Adam with decoupled weight decay of the kernels (Loshchilov and Hutter 2019, algorithm 2).

    Args:
        schedule: A learning rate, or a Keras schedule of learning rates.
        weight_decay: Each step reduces a kernel by this fraction times the learning rate.
    """
    return KernelDecay(schedule, weight_decay_rate=weight_decay, gradient_clip_norm=0.0)


def split_variables(network: tf_keras.Model, backbone: tf_keras.Model) -> tuple[list[Any], list[Any]]:
    """Return the trainable variables of the backbone, and all other trainable variables of the network.

    Args:
        network: A network that contains the backbone.
        backbone: The backbone of the network.
    """
    backbone_ids = {id(variable) for variable in backbone.trainable_variables}
    head = [variable for variable in network.trainable_variables if id(variable) not in backbone_ids]
    return backbone.trainable_variables, head


def rate_groups(
    network: tf_keras.Model,
    backbone: tf_keras.Model,
    *,
    rate: float,
    backbone_factor: float,
    weight_decay: float,
    schedule: Callable[[float], Any],
) -> list[tuple[Any, list[Any]]]:
    """Return one group for the head and one for the backbone, each with its own AdamW.

    Args:
        network: A network that contains the backbone.
        backbone: The backbone of the network.
        rate: Peak learning rate of the head.
        backbone_factor: Learning rate of the backbone, as a fraction of the head's.
        weight_decay: Each step reduces a kernel by this fraction times the learning rate.
        schedule: Peak learning rate -> a learning rate for each step.

    Returns:
        Two pairs of an optimizer and its trainable variables: the head's, then the backbone's.
    """
    backbone_variables, head_variables = split_variables(network, backbone)
    peaks = (rate, rate * backbone_factor)
    optimizers = [adamw(schedule(peak), weight_decay) for peak in peaks]
    return list(zip(optimizers, (head_variables, backbone_variables), strict=True))


def learning_rates(groups: Iterable[tuple[Any, list[Any]]], backbone: tf_keras.Model) -> dict[str, float]:
    """Return the learning rates of the last step of a training.

    Args:
        groups: The groups that are trained, each pair an optimizer and its variables. A group lies in the backbone as a
            whole or outside it.
        backbone: The backbone of the network.

    Returns:
        The rates of "head" and "backbone". That of a part without a group, which is frozen, is 0.
    """
    backbone_ids = {id(variable) for variable in backbone.variables}
    rates = {"head": 0.0, "backbone": 0.0}
    for optimizer, variables in groups:
        rate = optimizer.learning_rate
        # The count is that of the steps so far, so the last one had the rate before it.
        value = rate(optimizer.iterations - 1) if callable(rate) else rate
        rates["backbone" if id(variables[0]) in backbone_ids else "head"] = float(value)
    return rates
