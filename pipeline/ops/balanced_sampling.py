"""Random samples with a limited number of positive examples.

An R-CNN learns from a small sample of its anchors and regions, of which at most a given share is positive (Girshick
2015, Fast R-CNN, section 2.3). Without the limit on the size, the many negative examples would dominate the loss.
"""

import tensorflow as tf


def sampling_order(
    draws: tf.Tensor, positive: tf.Tensor, candidate: tf.Tensor, *, most_positives: int
) -> tf.Tensor:
    """Return a random priority for each example. The sample consists of the examples with the highest priorities.

    Args:
        draws: float32 [..., N], uniform in [0, 1).
        positive: bool [..., N]. A positive example must be a candidate.
        candidate: bool [..., N], whether the example may be sampled at all.
        most_positives: P, the number of positive examples that come before the negative ones.

    Returns:
        float32 [..., N]. P positive examples, drawn at random, have priorities in [2, 3). If there are P or fewer, all
        of them do. Negative candidates have priorities in [1, 2), the remaining positive examples in [0, 1), and
        examples that are no candidates have priorities below 0.
    """
    of_positives = tf.where(positive, draws, -1.0)
    least = tf.math.top_k(of_positives, tf.minimum(most_positives, tf.shape(draws)[-1])).values[..., -1:]
    first = positive & (of_positives >= least)
    group = tf.where(first, 2.0, tf.where(positive, 0.0, tf.where(candidate, 1.0, -1.0)))
    return draws + group


def balanced_sample(
    draws: tf.Tensor, positive: tf.Tensor, candidate: tf.Tensor, *, count: int, most_positives: int
) -> tf.Tensor:
    """Sample up to ``count`` candidates at random, with as many positive ones as the limit allows.

    Args:
        draws: float32 [..., N], uniform in [0, 1).
        positive: bool [..., N]. A positive example must be a candidate.
        candidate: bool [..., N], whether the example may be sampled at all.
        count: Size of the sample. It is smaller if there are too few candidates.
        most_positives: Most positive examples in the sample.

    Returns:
        bool [..., N], True for the sampled examples.
    """
    order = sampling_order(draws, positive, candidate, most_positives=most_positives)
    last = tf.math.top_k(order, min(count, draws.shape[-1])).values[..., -1:]
    return order >= tf.maximum(last, 1.0)
