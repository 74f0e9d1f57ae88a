"""The chance that a detection is right, and the score for a wanted precision."""

import numpy as np
import pandas as pd
import pytest

from pipeline.evaluation.correctness import Correctness, lowest_score
from pipeline.evaluation.thresholds import Outcomes

RNG = np.random.default_rng(0)


def val(detections: int, *, label: int = 1) -> Outcomes:
    """Return detections whose chance to be right is the square of their score."""
    scores = RNG.uniform(0.02, 1.0, detections)
    right = RNG.uniform(size=detections) < scores**2
    table = pd.DataFrame({"label": label, "score": scores, "right": right})
    return Outcomes(table, pd.Series({label: int(right.sum())}))


def test_the_chance_is_near_the_share_that_is_right() -> None:
    correctness = Correctness(val(4000), 1)
    assert correctness.is_known
    scores = np.array([0.3, 0.5, 0.7, 0.9])
    np.testing.assert_allclose(correctness.chances(np.ones(4, int), scores), scores**2, atol=0.05)


def test_few_objects_are_fitted_by_one_slope_and_many_by_two() -> None:
    """The chance of these detections never exceeds one half, which one slope on the logit cannot say."""
    scores = np.tile(np.linspace(0.05, 0.95, 19), 400)
    right = RNG.uniform(size=len(scores)) < scores / 2
    table = pd.DataFrame({"label": 1, "score": scores, "right": right})
    few, many = (Correctness(Outcomes(table, pd.Series({1: objects})), 1) for objects in (99, 100))
    surest = np.array([0.95])
    assert many.chances(np.array([1]), surest)[0] < few.chances(np.array([1]), surest)[0]
    assert many.chances(np.array([1]), surest)[0] == pytest.approx(0.475, abs=0.05)


def test_a_class_with_few_objects_shares_the_regression_over_all() -> None:
    many = val(1000)
    few = Outcomes(pd.DataFrame({"label": [2], "score": [0.9], "right": [False]}), pd.Series({2: 1}))
    both = Outcomes(pd.concat([many.detections, few.detections]), pd.concat([many.objects, few.objects]))
    chances = Correctness(both, 2).chances(np.array([1, 2]), np.array([0.6, 0.6]))
    assert chances[0] == pytest.approx(chances[1], abs=0.02)


def test_without_right_and_wrong_detections_nothing_is_known() -> None:
    table = pd.DataFrame({"label": [1], "score": [0.9], "right": [True]})
    assert not Correctness(Outcomes(table, pd.Series({1: 1})), 1).is_known
    assert not Correctness(Outcomes(table.head(0), pd.Series({1: 1})), 1).is_known


def test_the_lowest_score_keeps_the_wanted_precision() -> None:
    scores = np.array([0.5, 0.9, 0.7, 0.1])
    chances = np.array([0.4, 1.0, 0.8, 0.1])
    assert lowest_score(chances, scores, 0.9) == 0.7  # the mean of 1.0 and 0.8
    assert lowest_score(chances, scores, 0.7) == 0.5
    assert lowest_score(chances, scores, 1.0) == 0.9
    assert lowest_score(chances * 0.5, scores, 0.9) is None
    assert (
        lowest_score(np.array([1.0, 0.8, 0.2]), np.array([0.9, 0.7, 0.7]), 0.9) == 0.9
    )  # equals stay together
    assert lowest_score(chances[:0], scores[:0], 0.9) is None


def test_the_precision_of_new_detections_is_the_wanted_one() -> None:
    correctness, new = Correctness(val(2000), 1), val(4000).detections
    scores = new["score"].to_numpy()
    lowest = lowest_score(correctness.chances(np.ones(len(new), int), scores), scores, 0.8)
    assert lowest is not None
    assert new["right"][scores >= lowest].mean() == pytest.approx(0.8, abs=0.05)
