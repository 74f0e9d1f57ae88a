"""How far a score spreads if the same training is repeated with other seeds, on the same test images."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import ttest_ind


def seed_spread(values: Sequence[float]) -> dict[str, float]:
    """Return the mean of a score over the trainings, its sample standard deviation, its least and greatest value.

    Args:
        values: The score of each training, at least two.
    """
    return {
        "mean": float(np.mean(values)),
        "spread": float(np.std(values, ddof=1)),
        "least": float(min(values)),
        "greatest": float(max(values)),
    }


def welch_interval(first: Sequence[float], second: Sequence[float], confidence: float) -> tuple[float, float]:
    """Return Welch's interval of the mean of the second scores minus that of the first.

    Args:
        first: The score of each training of one run, at least two.
        second: The score of each training of another run, at least two.
        confidence: The share of such intervals that contain the difference, 0-1.
    """
    if not np.ptp(first) and not np.ptp(second):  # no spread at all, of which the statistic is undefined
        return (float(second[0] - first[0]),) * 2
    interval = ttest_ind(second, first, equal_var=False).confidence_interval(confidence)
    return float(interval.low), float(interval.high)
