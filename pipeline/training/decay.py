"""The warm-up of the decay of the moving average of the weights.

This module imports no TensorFlow, because ``init`` chooses a decay without it.
"""

from typing import Any


def largest_decay(step: Any) -> Any:
    """Return the largest decay at a step, (1 + n) / (10 + n), as in ``tf.train.ExponentialMovingAverage``.

    With it, the average goes over about the last ninth of the steps so far.

    Args:
        step: n, the number of steps so far, counted from 1: a number, or a scalar tensor of a floating-point type.
    """
    return (1.0 + step) / (10.0 + step)
