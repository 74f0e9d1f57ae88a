import numpy as np
import tensorflow as tf

from pipeline.ops.truth import Truth, concatenate_objects, select_objects

TRUTH = Truth(
    boxes=tf.constant([[0.0, 0.0, 0.5, 0.5], [0.1, 0.1, 0.9, 0.9]]),
    labels=tf.constant([1, 2]),
    ignored=tf.constant([False, True]),
    seed=tf.constant([3, 4]),
)
MASKED = TRUTH._replace(masks=tf.ones([2, 4, 4]), has_mask=tf.constant([True, False]))


def test_selected_objects_keep_their_columns_and_the_seed() -> None:
    second = select_objects(MASKED, tf.constant([1], tf.int64))
    np.testing.assert_array_equal(second.labels, [2])
    np.testing.assert_array_equal(second.ignored, [True])
    np.testing.assert_array_equal(second.has_mask, [False])
    assert second.masks.shape == (1, 4, 4)
    np.testing.assert_array_equal(second.seed, [3, 4])
    assert select_objects(TRUTH, tf.constant([1], tf.int64)).masks is None


def test_concatenated_objects_have_no_seed() -> None:
    empty = select_objects(MASKED, tf.zeros([0], tf.int64))
    both = concatenate_objects([MASKED, empty, MASKED])
    np.testing.assert_array_equal(both.labels, [1, 2, 1, 2])
    assert both.masks.shape == (4, 4, 4)
    assert both.seed is None
    assert concatenate_objects([TRUTH, TRUTH]).has_mask is None


def test_columns_that_are_none_pass_through_tf_data() -> None:
    dataset = tf.data.Dataset.from_tensors(TRUTH).map(lambda truth: select_objects(truth, [0]))
    (truth,) = dataset
    assert isinstance(truth, Truth) and truth.masks is None
    np.testing.assert_array_equal(truth.labels, [1])
