"""Learning rates by step."""

from collections.abc import Sequence
from typing import Any

import tf_keras
from official.modeling.optimization.lr_schedule import LinearWarmup

STEP_FACTOR = 0.1
"""The rate is multiplied by it at each step of a step schedule (Ren et al. 2015, section 3.1.3)."""


def cosine_schedule(rate: float, steps: int, warmup_steps: int = 0) -> Any:
    """Give a learning rate that climbs linearly to ``rate``, then falls to 0 as half a cosine.

    Args:
        rate: The greatest rate.
        steps: All steps, the climb included.
        warmup_steps: Steps of the climb; 0 starts at ``rate``.
    """
    schedules = tf_keras.optimizers.schedules
    if warmup_steps == 0:
        return schedules.CosineDecay(rate, decay_steps=steps)
    return schedules.CosineDecay(
        0.0, decay_steps=max(steps - warmup_steps, 1), warmup_target=rate, warmup_steps=warmup_steps
    )


def step_schedule(rate: float, steps: int, warmup_steps: int, fractions: Sequence[float]) -> Any:
    """Give a learning rate that climbs linearly to ``rate``, and falls to a tenth at each of some steps.

    Args:
        rate: The greatest rate.
        steps: All steps, the climb included.
        warmup_steps: Steps of the climb; 0 starts at ``rate``.
        fractions: Where it falls, as shares of ``steps``, ascending.
    """
    # Keras changes the value after a boundary, not at it
    boundaries = [round(fraction * steps) - 1 for fraction in fractions]
    values = [rate * STEP_FACTOR**drops for drops in range(len(boundaries) + 1)]
    schedule = tf_keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, values)
    return LinearWarmup(schedule, warmup_steps, 0.0) if warmup_steps else schedule


class StartedAt(tf_keras.optimizers.schedules.LearningRateSchedule):
    """A schedule for an optimizer that joins later: its first step is the schedule's step ``start``."""

    def __init__(self, schedule: Any, start: int) -> None:
        """Read ``schedule`` from step ``start`` on."""
        self._schedule, self._start = schedule, start

    def __call__(self, step: Any) -> Any:
        """Give the rate of an optimizer's own step."""
        return self._schedule(step + self._start)

    def get_config(self) -> dict[str, Any]:
        """Give the arguments, as Keras asks of a schedule."""
        return {"schedule": self._schedule, "start": self._start}
