import numpy as np
import tensorflow as tf

from pipeline.ops.matching import match

ANCHORS = tf.constant(
    [[0.0, 0.0, 0.5, 0.5], [0.0, 0.5, 0.5, 1.0], [0.5, 0.0, 1.0, 0.5], [0.5, 0.5, 1.0, 1.0]]
)


def test_anchors_over_the_threshold_are_positive() -> None:
    matched, positive = match(ANCHORS, tf.constant([[0.0, 0.0, 0.5, 0.45]]), 0.5)
    np.testing.assert_array_equal(positive, [True, False, False, False])
    assert int(matched[0]) == 0


def test_each_truth_forces_its_best_anchor() -> None:
    tiny = tf.constant([[0.6, 0.6, 0.65, 0.65], [0.1, 0.6, 0.15, 0.65]])
    matched, positive = match(ANCHORS, tiny, 0.5)
    np.testing.assert_array_equal(positive, [False, True, False, True])
    assert [int(matched[1]), int(matched[3])] == [1, 0]
