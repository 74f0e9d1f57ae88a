"""Padding of ground truth, so that images with different numbers of objects can be batched."""

import tensorflow as tf


def at_least_one_row(values: tf.Tensor) -> tf.Tensor:
    """Add a row of zeros to an image's ground truth if it has no object: losses refuse a batch without any row.

    Args:
        values: Any type, [G, ...].

    Returns:
        The type of ``values``, [max(G, 1), ...].
    """
    missing = tf.maximum(1 - tf.shape(values)[0], 0)
    padded = tf.pad(values, [[0, missing]] + [[0, 0]] * (values.shape.rank - 1))
    return tf.ensure_shape(padded, [None, *values.shape[1:]])
