"""Learning-rate schedules."""

from collections.abc import Sequence
from typing import Any

import tf_keras
from official.modeling.optimization.lr_schedule import LinearWarmup

STEP_FACTOR = 0.1
"""Factor of the learning rate at each drop of the step schedule (Ren et al. 2015, section 3.1.3)."""


def cosine_schedule(rate: float, steps: int, warmup_steps: int = 0) -> Any:
    """Return a schedule with linear warm-up and cosine decay to 0 (Loshchilov and Hutter 2017, section 3).

    Args:
        rate: Peak learning rate, at the end of the warm-up.
        steps: Number of all training steps, including the warm-up.
        warmup_steps: Number of steps in which the learning rate rises from 0 to ``rate``. 0 means no warm-up.
    """
    schedules = tf_keras.optimizers.schedules
    if warmup_steps == 0:
        return schedules.CosineDecay(rate, decay_steps=steps)
    return schedules.CosineDecay(
        0.0, decay_steps=max(steps - warmup_steps, 1), warmup_target=rate, warmup_steps=warmup_steps
    )


def step_schedule(rate: float, steps: int, warmup_steps: int, fractions: Sequence[float]) -> Any:
    """Return a schedule with linear warm-up that drops to a tenth at the given points.

    Args:
        rate: Peak learning rate, at the end of the warm-up.
        steps: Number of all training steps, including the warm-up.
        warmup_steps: Number of steps in which the learning rate rises from 0 to ``rate``. 0 means no warm-up.
        fractions: The points of the drops, as fractions of ``steps``, in ascending order.
    """
    # Keras uses the next value only after the boundary, so each boundary is one step before the drop.
    boundaries = [round(fraction * steps) - 1 for fraction in fractions]
    values = [rate * STEP_FACTOR**drops for drops in range(len(boundaries) + 1)]
    schedule = tf_keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, values)
    return LinearWarmup(schedule, warmup_steps, 0.0) if warmup_steps else schedule


class StartedAt(tf_keras.optimizers.schedules.LearningRateSchedule):
    """A schedule for an optimizer that is created during the training. Its step 0 is step ``start`` of the training."""

    def __init__(self, schedule: Any, start: int) -> None:
        """Set the schedule of the training.

        Args:
            schedule: A Keras schedule whose step counts from the start of the training.
            start: Number of training steps before the optimizer was created.
        """
        self._schedule, self._start = schedule, start

    def __call__(self, step: Any) -> Any:
        """Return the learning rate for ``step``, counted from the creation of the optimizer."""
        return self._schedule(step + self._start)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor, which Keras requires of each schedule."""
        return {"schedule": self._schedule, "start": self._start}
