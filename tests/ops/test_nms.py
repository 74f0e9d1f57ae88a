import numpy as np
import tensorflow as tf

from pipeline.ops.nms import class_wise_nms

THRESHOLDS = {"score_threshold": 0.3, "nms_iou": 0.5, "max_detections": 4}
BOXES = tf.constant([[0.0, 0.0, 0.5, 0.5], [0.0, 0.0, 0.5, 0.45], [0.6, 0.6, 1.2, 1.0]])[None, :, None]


def test_a_box_is_suppressed_by_a_better_one_of_its_class_alone() -> None:
    """The first two boxes have an IoU of 0.9. Both score for class 1, and the second one also for class 2."""
    scores = tf.constant([[[0.9, 0.1], [0.8, 0.5], [0.2, 0.4]]])
    found = class_wise_nms(BOXES, scores, **THRESHOLDS)
    assert int(found["num_detections"][0]) == 3
    np.testing.assert_array_equal(found["classes"], [[1, 2, 2, 0]])
    np.testing.assert_allclose(found["scores"], [[0.9, 0.5, 0.4, 0.0]])
    np.testing.assert_allclose(found["boxes"][0, 1], [0.0, 0.0, 0.5, 0.45])
    np.testing.assert_allclose(found["boxes"][0, 2], [0.6, 0.6, 1.0, 1.0])  # clipped to the image
    np.testing.assert_array_equal(found["boxes"][0, 3], [0.0] * 4)


def test_scores_below_the_threshold_leave_only_zeros() -> None:
    found = class_wise_nms(BOXES, tf.fill([1, 3, 2], 0.2), **THRESHOLDS)
    assert not any(value.numpy().any() for value in found.values())
    assert found["boxes"].shape == (1, 4, 4)


def test_eager_and_graph_agree() -> None:
    scores = tf.constant([[[0.9, 0.1], [0.8, 0.5], [0.2, 0.4]]])
    eager = class_wise_nms(BOXES, scores, **THRESHOLDS)
    graph = tf.function(lambda boxes, scores: class_wise_nms(boxes, scores, **THRESHOLDS))(BOXES, scores)
    for name, value in eager.items():
        np.testing.assert_array_equal(graph[name], value)
