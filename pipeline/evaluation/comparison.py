"""Whether one model is better than another on the test images: paired differences with intervals, and a verdict."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import norm, t

from pipeline.evaluation.resampled_scores import Resampled, Scores
from pipeline.evaluation.seeds import welch_interval

CONFIDENCE = 0.95
POWER = 0.8
"""Share of test sets that show a difference, if they have as many images as :func:`images_that_tell` says."""


class Interval(NamedTuple):
    """A value on the test images with its confidence interval; all None where no object defines the value."""

    value: float | None
    low: float | None
    high: float | None


class Difference(NamedTuple):
    """A score of two runs.

    Attributes:
        name: The score or, of a class, its name.
        first: The score of the first run, in [0, 1]; None if nothing defines it.
        second: The score of the second run.
        change: The second score minus the first, with its interval.
    """

    name: str
    first: float | None
    second: float | None
    change: Interval

    @property
    def verdict(self) -> str:
        """Whether the second model is "better" or "worse", or the two are "not distinguishable"."""
        _, low, high = self.change
        if low is not None and low > 0:
            return "better"
        return "worse" if high is not None and high < 0 else "not distinguishable"


class Seeds(NamedTuple):
    """The main score of two runs that were trained with several seeds, on the test images.

    Attributes:
        first: The score of each training of the first run; empty if nothing defines it.
        second: The score of each training of the second run.
        change: The mean of the second minus that of the first, with the interval over the trainings, which says nothing
            of the choice of the test images. It has no interval if one of the runs was trained once.
    """

    first: list[float]
    second: list[float]
    change: Interval


class Comparison(NamedTuple):
    """Two runs on the same test images.

    Attributes:
        images: The number of test images.
        overall: The overall scores, of several trainings the mean; the first one gives the verdict.
        classes: The score of each class.
        seeds: The main score of each training.
    """

    images: int
    overall: list[Difference]
    classes: list[Difference]
    seeds: Seeds

    @property
    def main(self) -> Difference:
        """The score that gives the verdict."""
        return self.overall[0]


def compare_scores(first: Sequence[Scores], second: Sequence[Scores], images: int) -> Comparison:
    """Compare two runs by their scores on the same resamples.

    Args:
        first: The scores of each training of the first run.
        second: The scores of each training of the second run, with the same names in the same order.
        images: The number of test images.
    """
    means = mean_scores(first), mean_scores(second)
    changes = Scores(*(_changes(*pair) for pair in zip(*means, strict=True)))
    found = intervals(changes)
    overall, classes = (
        [Difference(a.name, _first(a), _first(b), change) for a, b, change in zip(*three, strict=True)]
        for three in zip(*means, found, strict=True)
    )
    return Comparison(images, overall, classes, _compare_seeds(first, second))


def mean_scores(trainings: Sequence[Scores]) -> Scores:
    """Return the scores of a run that was trained with several seeds: on each resample, the mean of the trainings."""
    return Scores(*(_means(each) for each in zip(*trainings, strict=True)))


def intervals(scores: Scores) -> tuple[list[Interval], list[Interval]]:
    """Return the interval of each overall score, and of the score of each class."""
    images = effective_images(scores)
    return [_interval(each, images) for each in scores.overall], [
        _interval(each, each.images) for each in scores.classes
    ]


def effective_images(scores: Scores) -> float:
    """Return the number of images that the spread of the overall scores rests on, by Welch and Satterthwaite.

    The mean over the classes spreads most by rare classes, which few images have. The bootstrap of few images is too
    narrow, as its resamples have no more than these.
    """
    spread = np.array([np.nanvar(each.values[1:]) if each.images > 1 else 0.0 for each in scores.classes])
    freedom = np.array([max(each.images - 1, 1) for each in scores.classes])
    if not np.nansum(spread):
        return scores.overall[0].images
    effective = np.nansum(spread) ** 2 / np.nansum(spread**2 / freedom) + 1
    return float(min(effective, scores.overall[0].images))


def images_that_tell(comparison: Comparison) -> int | None:
    """Return about how many test images would show the difference of the main score, if it is as measured.

    The width of an interval falls with the square root of the number of images. With this number, :data:`POWER` of all
    test sets show the difference.

    Returns:
        The number to two digits; None if there is no difference.
    """
    value, low, high = comparison.main.change
    if not value or low is None or high is None:
        return None
    sure = norm.ppf((1 + CONFIDENCE) / 2)
    wanted = comparison.images * ((sure + norm.ppf(POWER)) / sure * (high - low) / 2 / value) ** 2
    digits = max(int(np.floor(np.log10(max(wanted, 1)))) - 1, 0)
    return int(np.ceil(wanted / 10**digits) * 10**digits)


def _interval(resampled: Resampled, images: float) -> Interval:
    """Return the percentile interval, widened as Student's t is against a normal for so few images."""
    value, drawn = resampled.values[0], resampled.values[1:]
    drawn = drawn[~np.isnan(drawn)]
    if np.isnan(value) or not len(drawn):
        return Interval(None, None, None)
    if images < 2:
        return Interval(float(value), None, None)
    tail = norm.cdf(t.ppf((1 - CONFIDENCE) / 2, images - 1) * np.sqrt(images / (images - 1)))
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Interval(float(value), float(low), float(high))


def _compare_seeds(first: Sequence[Scores], second: Sequence[Scores]) -> Seeds:
    a, b = ([float(scores.overall[0].values[0]) for scores in run] for run in (first, second))
    value = float(np.mean(b) - np.mean(a))
    if np.isnan(value):
        return Seeds([], [], Interval(None, None, None))
    if min(len(a), len(b)) < 2:
        return Seeds(a, b, Interval(value, None, None))
    return Seeds(a, b, Interval(value, *welch_interval(a, b, CONFIDENCE)))


def _means(trainings: Sequence[Sequence[Resampled]]) -> list[Resampled]:
    """Return the mean of each score over the trainings."""
    return [
        each[0]._replace(values=np.mean([one.values for one in each], axis=0))
        for each in zip(*trainings, strict=True)
    ]


def _changes(first: Sequence[Resampled], second: Sequence[Resampled]) -> list[Resampled]:
    return [b._replace(values=b.values - a.values) for a, b in zip(first, second, strict=True)]


def _first(resampled: Resampled) -> float | None:
    value = float(resampled.values[0])
    return None if np.isnan(value) else value
