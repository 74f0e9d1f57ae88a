"""The time of the processor, of all threads together, which other work on the machine hardly changes."""

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

UNTIMED = 5
"""Runs at the start that are not timed."""


def milliseconds(step: Callable[[Any], Any], arguments: Sequence[Any], seconds: float) -> float:
    """Return the median time of a step, ms, without the first ones.

    Args:
        step: What is timed.
        arguments: The step runs on these in turn.
        seconds: The time of the processor that the timed steps take together, at least.
    """
    times: list[float] = []
    while sum(times[UNTIMED:]) < seconds:
        argument = arguments[len(times) % len(arguments)]
        start = time.process_time()
        step(argument)
        times.append(time.process_time() - start)
    return 1000.0 * median(times[UNTIMED:])
