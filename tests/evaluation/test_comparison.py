"""Differences with intervals, the verdict, and the number of images that would tell."""

import numpy as np
import pytest

from pipeline.evaluation.comparison import (
    Comparison,
    Difference,
    Interval,
    Seeds,
    compare_scores,
    effective_images,
    images_that_tell,
    intervals,
    mean_scores,
)
from pipeline.evaluation.resampled_scores import Resampled, Scores, detector_scores, draw_images
from tests.support.noisy_scenes import noisy_detections, noisy_scenes

TRUTH = noisy_scenes(60)
DRAWS = draw_images(60, 400)
ONE_SEED = Seeds([0.5], [0.5], Interval(0.0, None, None))


def scores(noise: float, seed: int) -> Scores:
    return detector_scores(TRUTH, noisy_detections(TRUTH, noise, seed), DRAWS, max_detections=100)


def test_a_run_against_itself_is_not_distinguishable() -> None:
    compared = compare_scores([scores(0.1, 1)], [scores(0.1, 1)], 60)
    assert compared.main.change == (0.0, 0.0, 0.0)
    assert compared.main.verdict == "not distinguishable"
    assert images_that_tell(compared) is None


def test_a_worse_run_is_worse_and_the_other_way_round_better() -> None:
    good, bad = scores(0.02, 1), scores(0.15, 2)
    worse, better = compare_scores([good], [bad], 60), compare_scores([bad], [good], 60)
    assert (worse.main.verdict, better.main.verdict) == ("worse", "better")
    assert worse.main.change.value == pytest.approx(worse.main.second - worse.main.first)  # type: ignore[operator]
    assert worse.main.change.low == pytest.approx(-better.main.change.high)  # type: ignore[operator]
    assert [row.name for row in worse.overall] == ["mAP", "AP50", "AP75"]
    assert [row.name for row in worse.classes] == TRUTH.classes


def test_equally_good_runs_are_not_distinguishable() -> None:
    compared = compare_scores([scores(0.1, 1)], [scores(0.1, 2)], 60)
    assert compared.main.verdict == "not distinguishable"
    wanted = images_that_tell(compared)
    assert wanted is not None and wanted > 60


def test_several_seeds_are_scored_by_their_mean_and_their_spread_is_kept_apart() -> None:
    first, second = ([scores(noise, seed) for seed in (1, 2, 3)] for noise in (0.02, 0.15))
    compared = compare_scores(first, second, 60)
    values = [[each.overall[0].values[0] for each in run] for run in (first, second)]
    assert compared.seeds.first == values[0] and compared.seeds.second == values[1]
    assert compared.main.first == pytest.approx(np.mean(values[0]))
    change = compared.seeds.change
    assert change.value == pytest.approx(np.mean(values[1]) - np.mean(values[0]))
    assert change.low is not None and change.high is not None and change.low < change.value < change.high < 0  # type: ignore[operator]
    resampled = np.mean([each.overall[0].values for each in first], axis=0)
    np.testing.assert_allclose(mean_scores(first).overall[0].values, resampled)


def test_one_training_has_no_interval_over_the_seeds() -> None:
    compared = compare_scores([scores(0.1, 1)], [scores(0.1, 2), scores(0.1, 3)], 60)
    assert compared.seeds.change.low is None and compared.seeds.change.value is not None


def normal(name: str, images: int, spread: float = 1.0) -> Resampled:
    """Return a score whose resamples are the quantiles of a normal distribution."""
    values = np.random.default_rng(0).normal(0.0, spread, 20_001)
    values[0] = 0.0
    return Resampled(name, values, images)


def test_the_interval_of_few_images_is_wider() -> None:
    few, many = (intervals(Scores([normal("mAP", n)], [normal("a", n)]))[1][0] for n in (10, 1000))
    assert many.high == pytest.approx(1.96, abs=0.06)
    assert few.high == pytest.approx(2.262 * np.sqrt(10 / 9), abs=0.1)
    assert few.low == pytest.approx(-2.262 * np.sqrt(10 / 9), abs=0.1)


def test_a_rare_class_leaves_few_effective_images() -> None:
    rare = Scores([normal("mAP", 100)], [normal("a", 95, 0.1), normal("b", 10, 1.0)])
    assert effective_images(rare) == pytest.approx(10, abs=0.5)
    assert effective_images(Scores([normal("mAP", 100)], [normal("a", 100)])) == pytest.approx(100)
    assert effective_images(Scores([normal("mAP", 100)], [normal("a", 100, 0.0)])) == 100


def test_what_nothing_defines_has_no_interval() -> None:
    nothing = Resampled("a", np.full(11, np.nan), 0)
    once = Resampled("b", np.zeros(11), 1)
    found = intervals(Scores([normal("mAP", 100)], [nothing, once]))[1]
    assert found == [(None, None, None), (0.0, None, None)]
    assert Difference("a", None, None, found[0]).verdict == "not distinguishable"
    assert Difference("b", 0.0, 0.0, found[1]).verdict == "not distinguishable"


def test_the_number_of_images_that_would_tell() -> None:
    def compared(value: float, half: float) -> Comparison:
        change = Interval(value, value - half, value + half)
        return Comparison(100, [Difference("mAP", 0.5, 0.5 + value, change)], [], ONE_SEED)

    # (1.96 + 0.84) / 1.96 = 1.43 half intervals show in four of five test sets
    assert images_that_tell(compared(0.01, 0.02)) == 820
    assert images_that_tell(compared(-0.01, 0.02)) == 820
    assert images_that_tell(compared(0.001, 0.02)) == 82_000
    assert images_that_tell(compared(0.0, 0.02)) is None
