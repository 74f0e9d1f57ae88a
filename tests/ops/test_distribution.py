import numpy as np
import tensorflow as tf
import tf_keras

from pipeline.ops.distribution import distribution_focal_loss, expected_values, side_distances

BINS = 8


def test_the_loss_by_hand() -> None:
    logits = np.zeros([1, 1, 4, BINS], np.float32)
    logits[..., 2] = 3.0
    sides = tf.constant([[[2.0, 2.25, 2.0, 5.5]]])
    log_two, log_other = 3.0 - np.log(np.exp(3) + BINS - 1), -np.log(np.exp(3) + BINS - 1)
    expected = -np.mean([log_two, 0.75 * log_two + 0.25 * log_other, log_two, log_other])
    loss = distribution_focal_loss(tf.reshape(logits, [1, 1, 4 * BINS]), sides, BINS)
    np.testing.assert_allclose(loss, [[expected]], rtol=1e-5)


def test_the_expected_value_of_two_neighbours_is_between_them() -> None:
    shares = np.full([1, 3, 4, BINS], 1e-12, np.float32)
    shares[..., 4], shares[..., 5] = 0.75, 0.25
    values = expected_values(tf.reshape(tf.math.log(shares), [1, 3, 4 * BINS]), BINS)
    np.testing.assert_allclose(values, np.full([1, 3, 4], 4.25), rtol=1e-5)


def test_side_distances_by_hand() -> None:
    """The second cell lies beyond its box, and the box ends more than 6.99 strides away from it."""
    boxes = tf.constant([[[8.0, 0.0, 24.0, 20.0], [0.0, 0.0, 8.0, 200.0]]])
    distances = side_distances(
        boxes, tf.constant([[16.0, 12.0], [16.0, 16.0]]), tf.constant([[4.0], [8.0]]), BINS
    )
    np.testing.assert_allclose(distances, [[[2.0, 3.0, 2.0, 2.0], [2.0, 2.0, 0.0, 6.99]]], rtol=1e-6)


def test_the_loss_is_least_at_the_true_distance() -> None:
    logits = tf.Variable(tf.zeros([1, 2, 4 * BINS]))
    sides = tf.constant([[[0.0, 1.5, 3.25, 6.9], [2.0, 2.0, 0.5, 4.0]]])
    optimizer = tf_keras.optimizers.Adam(0.1)
    for _ in range(300):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(distribution_focal_loss(logits, sides, BINS))
        optimizer.apply_gradients([(tape.gradient(loss, logits), logits)])
    np.testing.assert_allclose(expected_values(logits, BINS), sides, atol=0.1)
