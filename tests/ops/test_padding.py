import numpy as np
import pytest
import tensorflow as tf

from pipeline.ops.padding import at_least_one_row


@pytest.mark.parametrize("rows", [1, 3])
def test_objects_stay_as_they_are(rows: int) -> None:
    values = tf.reshape(tf.range(2 * rows), [rows, 2])
    np.testing.assert_array_equal(at_least_one_row(values), values)


@pytest.mark.parametrize("dtype", [tf.bool, tf.int32, tf.float32])
def test_without_objects_there_is_a_row_of_zeros(dtype: tf.DType) -> None:
    added = at_least_one_row(tf.zeros([0, 4], dtype))
    assert added.dtype == dtype and added.numpy().tolist() == [[0, 0, 0, 0]]


def test_in_a_graph_only_the_number_of_rows_is_open() -> None:
    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.int32)])
    def padded(values: tf.Tensor) -> tf.Tensor:
        result = at_least_one_row(values)
        assert result.shape.as_list() == [None, 2]
        return result

    np.testing.assert_array_equal(padded(tf.zeros([0, 2], tf.int32)), [[0, 0]])
