"""Distances that are predicted as distributions over the values 0, 1 ... (Li et al. 2020, section 3.2)."""

import tensorflow as tf


def expected_values(logits: tf.Tensor, bins: int) -> tf.Tensor:
    """Return the means of the distributions of the four sides, float32 [B, A, 4], in [0, bins - 1].

    Args:
        logits: float32 [B, A, 4 * bins].
        bins: Number of values of a distance: 0 to bins - 1.
    """
    shares = tf.nn.softmax(_by_side(logits, bins))
    return tf.reduce_sum(shares * tf.range(bins, dtype=tf.float32), axis=-1)


def side_distances(boxes: tf.Tensor, centers: tf.Tensor, strides: tf.Tensor, bins: int) -> tf.Tensor:
    """Return the distances of the sides of boxes from the centers of their cells, in strides.

    Args:
        boxes: float32 [B, A, 4], px, yxyx or xyxy: one box for each cell.
        centers: float32 [A, 2], px, in the order of the boxes' axes.
        strides: float32 [A, 1], px.
        bins: Number of values of a distance: 0 to bins - 1.

    Returns:
        float32 [B, A, 4], in the order of the boxes' sides, limited to [0, bins - 1).
    """
    sides = tf.concat([centers - boxes[..., :2], boxes[..., 2:] - centers], axis=-1)
    return tf.clip_by_value(sides / strides, 0.0, bins - 1.01)


def distribution_focal_loss(logits: tf.Tensor, sides: tf.Tensor, bins: int) -> tf.Tensor:
    """Return the mean over the four sides of the distribution focal loss (equation 6).

    Args:
        logits: float32 [B, A, 4 * bins].
        sides: float32 [B, A, 4], the true distances, in [0, bins - 1).
        bins: Number of values of a distance: 0 to bins - 1.

    Returns:
        float32 [B, A].
    """
    values = tf.range(bins, dtype=tf.float32)
    # Each side has the two nearest values as its labels, in proportion to their nearness.
    shares = tf.nn.relu(1.0 - tf.abs(values - sides[..., None]))
    losses = tf.nn.softmax_cross_entropy_with_logits(labels=shares, logits=_by_side(logits, bins))
    return tf.reduce_mean(losses, axis=-1)


def _by_side(logits: tf.Tensor, bins: int) -> tf.Tensor:
    """Reshape float32 [B, A, 4 * bins] to float32 [B, A, 4, bins]."""
    return tf.reshape(logits, tf.concat([tf.shape(logits)[:-1], [4, bins]], axis=0))
