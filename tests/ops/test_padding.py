import numpy as np
import pytest
import tensorflow as tf

from pipeline.ops.padding import pad_rows


def test_rows_are_added_or_cut() -> None:
    values = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(pad_rows(values, 3, -1), [[1, 2], [3, 4], [-1, -1]])
    np.testing.assert_array_equal(pad_rows(values, 1, -1), [[1, 2]])


def test_no_rows_become_padding_alone() -> None:
    np.testing.assert_array_equal(pad_rows(tf.zeros([0], tf.bool), 2, 0), [False, False])
    np.testing.assert_array_equal(pad_rows(tf.zeros([0], tf.int32), 2, -1), [-1, -1])


@pytest.mark.parametrize("rows", [1, 4])
def test_in_a_graph_the_shape_is_known_and_the_values_are_the_same(rows: int) -> None:
    values = tf.constant([[1, 2], [3, 4]])

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.int32)])
    def padded(rows_of_any_number: tf.Tensor) -> tf.Tensor:
        result = pad_rows(rows_of_any_number, rows, 0)
        assert result.shape == (rows, 2)
        return result

    np.testing.assert_array_equal(padded(values), pad_rows(values, rows, 0))
