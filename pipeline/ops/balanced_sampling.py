"""Sampling of few examples of which a given share is positive, as R-CNNs learn from (Girshick 2015, section 2.3)."""

import tensorflow as tf


def sampling_order(
    draws: tf.Tensor, positive: tf.Tensor, candidate: tf.Tensor, *, most_positives: int
) -> tf.Tensor:
    """Rank examples at random, so that the first of them have a place in the sample.

    Args:
        draws: float32 [..., N], uniform in [0, 1).
        positive: bool [..., N]; positive examples are candidates.
        candidate: bool [..., N].
        most_positives: P, so many positive examples come first.

    Returns:
        float32 [..., N]: [2, 3) of P positive examples, or of all if there are fewer; [1, 2) of negative ones;
        [0, 1) of the other positive ones; below 0 of what is no candidate.
    """
    of_positives = tf.where(positive, draws, -1.0)
    least = tf.math.top_k(of_positives, min(most_positives, draws.shape[-1])).values[..., -1:]
    chosen = positive & (of_positives >= least)
    group = tf.where(chosen, 2.0, tf.where(positive, 0.0, tf.where(candidate, 1.0, -1.0)))
    return draws + group


def balanced_sample(
    draws: tf.Tensor, positive: tf.Tensor, candidate: tf.Tensor, *, count: int, most_positives: int
) -> tf.Tensor:
    """Choose up to ``count`` candidates at random, as many positive ones as may be.

    Args:
        draws: float32 [..., N], uniform in [0, 1).
        positive: bool [..., N]; positive examples are candidates.
        candidate: bool [..., N].
        count: Of the sample.
        most_positives: In the sample.

    Returns:
        bool [..., N], the chosen; no more than ``most_positives`` of them are positive.
    """
    order = sampling_order(draws, positive, candidate, most_positives=most_positives)
    last = tf.math.top_k(order, min(count, draws.shape[-1])).values[..., -1:]
    return order >= tf.maximum(last, 1.0)
