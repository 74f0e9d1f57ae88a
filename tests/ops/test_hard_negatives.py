import numpy as np
import tensorflow as tf

from pipeline.ops.hard_negatives import hard_negatives


def test_the_negatives_with_the_highest_loss_are_selected_three_per_positive() -> None:
    losses = tf.constant([[9.0, 0.1, 0.5, 0.4, 0.3, 0.2], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]])
    positive = tf.constant([[True, False, False, False, False, False], [False] * 6])
    selected = hard_negatives(losses, positive, ratio=3)
    # an image without positives has three negatives, as an image with one positive has
    np.testing.assert_array_equal(
        selected, [[False, False, True, True, True, False], [False] * 3 + [True] * 3]
    )


def test_a_positive_is_never_selected() -> None:
    positive = tf.constant([[True, True, False, False]])
    selected = hard_negatives(tf.constant([[1.0, 2.0, 0.0, 0.0]]), positive, ratio=3)
    np.testing.assert_array_equal(selected, [[False, False, True, True]])


def test_an_empty_batch_has_no_negatives() -> None:
    assert hard_negatives(tf.zeros([0, 4]), tf.zeros([0, 4], tf.bool), ratio=3).shape == (0, 4)


def test_eager_and_graph_agree() -> None:
    losses = tf.constant([[0.5, 0.5, 2.0, 0.1]])
    positive = tf.constant([[False, False, True, False]])
    eager = hard_negatives(losses, positive, 2)
    np.testing.assert_array_equal(eager, [[True, True, False, False]])
    np.testing.assert_array_equal(tf.function(hard_negatives)(losses, positive, 2), eager)
