"""What is logged of a training, and what a destination of the log is."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import numpy as np


class PeriodValues(NamedTuple):
    """The values of one period of a training.

    Attributes:
        step: Number of training steps so far.
        train: Mean losses and scores of the period's training steps, by name.
        val: Losses and scores on val, by the same names; empty if the period was not evaluated.
        rates: The learning rates of the last step, by the part of the network that learns with it.
        images_per_second: The speed of the training steps, without the evaluation. The first period includes the
            tracing of the training step.
    """

    step: int
    train: Mapping[str, float]
    val: Mapping[str, float]
    rates: Mapping[str, float]
    images_per_second: float

    def reproducible(self) -> dict[str, float]:
        """Return all values but the time, as ``train/NAME``, ``val/NAME`` and ``rate/NAME``."""
        groups = {"train": self.train, "val": self.val, "rate": self.rates}
        return {
            f"{group}/{name}": value for group, values in groups.items() for name, value in values.items()
        }


class Destination(Protocol):
    """A place to which the log of one training is written."""

    def write(self, values: PeriodValues) -> None:
        """Write the values of a period."""

    def show(self, step: int, pictures: Mapping[str, np.ndarray]) -> None:
        """Write pictures, uint8 [H, W, 3] RGB by name, or leave them out if the destination has no place for them."""

    def close(self, complete: bool) -> None:
        """End the log. ``complete`` says whether the training came to its end."""
