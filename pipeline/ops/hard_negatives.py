"""Hard negative mining (Liu et al. 2016, section 2.2)."""

import tensorflow as tf


def hard_negatives(losses: tf.Tensor, positive: tf.Tensor, ratio: int) -> tf.Tensor:
    """Choose the negatives with the highest loss, ``ratio`` times as many as there are positives in the image.

    Liu et al. 2016, section 2.2, "Hard negative mining". An image without positives gives as many negatives as
    one with a single one: in the paper it gives none, and from pictures of nothing nothing would be learnt.

    Args:
        losses: float32 [B, A], the classification loss of each anchor.
        positive: bool [B, A].
        ratio: Negatives a positive.

    Returns:
        bool [B, A], true for the chosen negatives.
    """
    positives = tf.reduce_sum(tf.cast(positive, tf.int32), axis=1, keepdims=True)
    wanted = ratio * tf.maximum(positives, 1)
    candidates = tf.where(positive, -1.0, losses)
    order = tf.argsort(candidates, axis=1, direction="DESCENDING", stable=True)
    rank = tf.argsort(order, axis=1, stable=True)
    return (rank < wanted) & ~positive
