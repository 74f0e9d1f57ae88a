"""The periods of a training: equal numbers of steps, after which it is validated and its curves are logged.

Keras calls a period an epoch. Here its length does not depend on the size of the dataset.
"""

import math
from typing import NamedTuple

PERIODS = 20
"""Number of periods of a training."""


class Periods(NamedTuple):
    """The periods of a training.

    Attributes:
        number: Number of periods.
        length: Number of steps of a period.
    """

    number: int
    length: int

    @property
    def steps(self) -> int:
        """Number of steps of the training."""
        return self.number * self.length

    def at(self, step: int) -> int:
        """Return how many periods are over after ``step`` steps, rounded; at least 1."""
        return max(round(step / self.length), 1)


def divided(steps: int) -> Periods:
    """Divide a training into :data:`PERIODS` periods, or fewer if it has fewer steps.

    Args:
        steps: Number of steps of the training, at least 1. It is rounded up to a multiple of the periods.
    """
    length = math.ceil(steps / PERIODS)
    return Periods(math.ceil(steps / length), length)


def evaluated(periods: Periods, evaluations: int) -> set[int]:
    """Return the periods, counted from 0, after which the training is evaluated.

    They are evenly spaced, and the last one is among them. There are no more than ``evaluations`` of them.
    """
    return {round(periods.number * number / evaluations) - 1 for number in range(1, evaluations + 1)} - {-1}
