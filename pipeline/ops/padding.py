"""Ground truth of a fixed size, so that images can be batched."""

import tensorflow as tf


def pad_rows(values: tf.Tensor, rows: int, fill: int) -> tf.Tensor:
    """Cut or pad the first axis: [G, ...] -> [rows, ...], with ``fill`` in what is added; False for booleans."""
    values = values[:rows]
    padding = [[0, rows - tf.shape(values)[0]]] + [[0, 0]] * (values.shape.rank - 1)
    constant = tf.cast(fill, values.dtype)
    return tf.ensure_shape(tf.pad(values, padding, constant_values=constant), [rows, *values.shape[1:]])
