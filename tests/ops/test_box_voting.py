import numpy as np
import tensorflow as tf

from pipeline.ops.box_voting import vote

SIGMA = 0.05


def mean(boxes: list[list[float]], weights: list[float]) -> np.ndarray:
    return np.average(boxes, axis=0, weights=weights)


def test_a_box_moves_to_the_weighted_mean_of_those_that_overlap_it() -> None:
    """The second box has an IoU of 0.9 with the detection, and the third does not touch it."""
    near, far = [[0.0, 0.0, 0.5, 0.5], [0.0, 0.0, 0.5, 0.45]], [0.6, 0.6, 0.9, 0.9]
    boxes, scores = tf.constant([*near, far])[None, :, None], tf.constant([[[0.8], [0.5], [0.9]]])
    found = vote(boxes[:, :1, 0], tf.zeros([1, 1], tf.int32), boxes, scores, SIGMA)
    np.testing.assert_allclose(found[0, 0], mean(near, [0.8, 0.5 * np.exp(-0.01 / SIGMA)]), rtol=1e-5)


def test_only_scores_of_the_class_of_the_detection_count() -> None:
    near = [[0.0, 0.0, 0.5, 0.5], [0.0, 0.0, 0.5, 0.45]]
    boxes, scores = tf.constant(near)[None, :, None], tf.constant([[[0.8, 0.1], [0.0, 0.7]]])
    found = vote(boxes[:, :, 0], tf.constant([[0, 1]]), boxes, scores, SIGMA)
    np.testing.assert_allclose(found[0, 0], near[0])
    np.testing.assert_allclose(found[0, 1], mean(near, [0.1 * np.exp(-0.01 / SIGMA), 0.7]), rtol=1e-5)


def test_boxes_of_another_class_do_not_count() -> None:
    """Each candidate has a box for each of two classes. Those of the second are far away."""
    near, far = [[0.0, 0.0, 0.5, 0.5], [0.0, 0.0, 0.5, 0.45]], [0.6, 0.6, 0.9, 0.9]
    boxes, scores = tf.constant([[[near[0], far], [near[1], far]]]), tf.constant([[[0.8, 0.9], [0.5, 0.9]]])
    found = vote(tf.constant([[near[0], far]]), tf.constant([[0, 1]]), boxes, scores, SIGMA)
    np.testing.assert_allclose(found[0, 0], mean(near, [0.8, 0.5 * np.exp(-0.01 / SIGMA)]), rtol=1e-5)
    np.testing.assert_allclose(found[0, 1], far, rtol=1e-5)


def test_a_detection_without_any_score_stays_where_it_is() -> None:
    """The rows of padding are such detections."""
    boxes = tf.constant([[0.1, 0.1, 0.2, 0.3]])[None, :, None]
    found = vote(boxes[:, :, 0], tf.zeros([1, 1], tf.int32), boxes, tf.zeros([1, 1, 1]), SIGMA)
    np.testing.assert_array_equal(found, boxes[:, :, 0])
