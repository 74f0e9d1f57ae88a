"""The chance that a detection is right, given its class and score: logistic regression on the detections of val.

On few objects, the regression is on the logit of the score (Platt 1999, "Probabilistic outputs for support vector
machines"). On more, it is on the two logarithms whose difference is the logit (Kull et al. 2017, "Beta calibration"),
which also fits scores that promise too much. The scores of a detector order its detections; they are no chances.
"""

from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from pipeline.evaluation.thresholds import FEWEST_OBJECTS, Outcomes

_WEAK_PENALTY = 1e6
"""The inverse of the penalty of the slopes, which would draw the chances of few detections towards their mean."""

_EDGE = 1e-4
"""Scores are moved this far from 0 and 1, where their logarithms are infinite."""

_MANY_OBJECTS = 100
"""From this many objects on, the two logarithms have a slope each. On fewer, a second slope is mostly noise."""


class Correctness:
    """Estimates the chance of detections to be right.

    A class with fewer objects on val than :data:`pipeline.evaluation.thresholds.FEWEST_OBJECTS`, or whose detections
    are all right or all wrong, shares the regression over all classes.
    """

    def __init__(self, val: Outcomes, classes: int) -> None:
        """Fit the regressions.

        Args:
            val: Which detections on val are right.
            classes: K, the number of classes.
        """
        shared = _fit(val)
        own = [val.of(label) for label in range(1, classes + 1)]
        self._models = [
            (_fit(each) if int(each.objects.sum()) >= FEWEST_OBJECTS else None) or shared for each in own
        ]

    @property
    def is_known(self) -> bool:
        """Whether val says anything: it has right and wrong detections."""
        return None not in self._models

    def chances(self, labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """Return the chance of each detection, float64 [N] in [0, 1].

        Args:
            labels: int [N], 1..K.
            scores: float [N].
        """
        chances = np.zeros(len(scores))
        for label, model in enumerate(self._models, start=1):
            own = labels == label
            if model is not None and own.any():
                chances[own] = model.predict_proba(scores[own])[:, 1]
        return chances


def lowest_score(chances: np.ndarray, scores: np.ndarray, precision: float) -> float | None:
    """Return the lowest score from which on the detections are expected to have a precision; None if there is none.

    Detections of equal scores are taken together or not at all.

    Args:
        chances: The chance of each detection of a class to be right, float64 [N].
        scores: Their scores, float [N].
        precision: The wanted share of right detections, 0-1.
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    expected = np.cumsum(chances[order]) / np.arange(1, len(order) + 1)
    last_of_equals = np.append(ranked[:-1] > ranked[1:], True)[: len(ranked)]
    enough = np.flatnonzero((expected >= precision) & last_of_equals)
    return float(ranked[enough[-1]]) if len(enough) else None


def _fit(val: Outcomes) -> Pipeline | None:
    """Return the regression, which takes scores, float [N], and gives chances; None if nothing can be learnt."""
    right = val.detections["right"].to_numpy(bool)
    if right.all() or not right.any():  # also if there is none
        return None
    features = _logarithms if int(val.objects.sum()) >= _MANY_OBJECTS else _logits
    model = make_pipeline(FunctionTransformer(features), LogisticRegression(C=_WEAK_PENALTY))
    return model.fit(val.detections["score"].to_numpy(), right)


def _logarithms(scores: np.ndarray | Sequence[float]) -> np.ndarray:
    """Return the logarithms of scores and of their complements, float64 [N, 2]."""
    inside = np.clip(np.asarray(scores, float), _EDGE, 1 - _EDGE)
    return np.stack([np.log(inside), np.log(1 - inside)], axis=1)


def _logits(scores: np.ndarray | Sequence[float]) -> np.ndarray:
    """Return the logits of scores as a column, float64 [N, 1]."""
    logarithms = _logarithms(scores)
    return logarithms[:, :1] - logarithms[:, 1:]
