"""The spread of scores over the trainings of a run."""

import numpy as np
import pytest
from scipy.stats import t

from pipeline.evaluation.seeds import seed_spread, welch_interval


def test_the_spread_is_that_of_a_sample() -> None:
    found = seed_spread([0.5, 0.52, 0.54])
    assert found == pytest.approx({"mean": 0.52, "spread": 0.02, "least": 0.5, "greatest": 0.54})


def test_the_interval_of_two_equally_spread_runs() -> None:
    low, high = welch_interval([0.5, 0.52, 0.54], [0.6, 0.62, 0.64], 0.95)
    half = t.ppf(0.975, 4) * np.sqrt(2 * 0.02**2 / 3)
    assert (low, high) == pytest.approx((0.1 - half, 0.1 + half))


def test_trainings_without_any_spread_differ_by_just_that() -> None:
    assert welch_interval([0.5, 0.5], [0.6, 0.6], 0.95) == pytest.approx((0.1, 0.1))
