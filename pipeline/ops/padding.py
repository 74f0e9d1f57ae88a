"""Padding of ground truth to a fixed number of objects, so that images can be batched."""

import tensorflow as tf


def pad_rows(values: tf.Tensor, rows: int, fill: int) -> tf.Tensor:
    """Cut or pad the first axis to ``rows``.

    Args:
        values: Any type, [G, ...], in which all axes but the first have known lengths.
        rows: Length of the first axis of the result.
        fill: Value of the added rows, which is cast to the type of ``values``.

    Returns:
        The type of ``values``, [rows, ...].
    """
    values = values[:rows]
    padding = [[0, rows - tf.shape(values)[0]]] + [[0, 0]] * (values.shape.rank - 1)
    constant = tf.cast(fill, values.dtype)
    return tf.ensure_shape(tf.pad(values, padding, constant_values=constant), [rows, *values.shape[1:]])
