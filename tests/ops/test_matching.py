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


def test_each_box_makes_its_best_anchor_positive() -> None:
    tiny = tf.constant([[0.6, 0.6, 0.65, 0.65], [0.1, 0.6, 0.15, 0.65]])
    matched, positive = match(ANCHORS, tiny, 0.5)
    np.testing.assert_array_equal(positive, [False, True, False, True])
    assert [int(matched[1]), int(matched[3])] == [1, 0]


def test_eager_and_graph_agree() -> None:
    boxes = tf.constant([[0.6, 0.6, 0.9, 0.95]])
    graph = tf.function(lambda boxes: match(ANCHORS, boxes, 0.3))(boxes)
    for expected, value in zip(match(ANCHORS, boxes, 0.3), graph, strict=True):
        np.testing.assert_array_equal(value, expected)
