"""Hard negative mining (Liu et al. 2016, SSD, section 2.2)."""

import tensorflow as tf


def hard_negatives(losses: tf.Tensor, positive: tf.Tensor, ratio: int) -> tf.Tensor:
    """Select the negative anchors with the highest loss, ``ratio`` times as many as the image has positive ones.

    An image without positive anchors counts as if it had one. In the paper such an image has no negatives either, so
    the detector would learn nothing from images of background.

    Args:
        losses: float32 [B, A], the classification loss of each anchor.
        positive: bool [B, A].
        ratio: Negative anchors per positive anchor.

    Returns:
        bool [B, A], True for the selected negatives. Of equal losses, the one with the lower index comes first.
    """
    positives = tf.reduce_sum(tf.cast(positive, tf.int32), axis=1, keepdims=True)
    negatives = ratio * tf.maximum(positives, 1)
    candidates = tf.where(positive, -1.0, losses)
    order = tf.argsort(candidates, axis=1, direction="DESCENDING", stable=True)
    rank = tf.argsort(order, axis=1, stable=True)
    return (rank < negatives) & ~positive
