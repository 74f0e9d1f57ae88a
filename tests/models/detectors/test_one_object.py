"""The object that a detector of one object learns, and its one detection."""

import numpy as np
import tensorflow as tf

from pipeline.models.detectors.one_object import of_largest, one_detection

BOXES = tf.constant([[0.0, 0.0, 0.2, 0.2], [0.0, 0.0, 0.9, 0.9], [0.1, 0.1, 0.6, 0.6]])
LABELS = tf.constant([4, 5, 6])


def test_it_is_the_largest_of_the_chosen_objects() -> None:
    label, box = of_largest(BOXES, tf.constant([True, False, True]), [LABELS, BOXES])
    assert int(label) == 6
    np.testing.assert_array_equal(box, BOXES[2])


def test_without_a_chosen_object_the_values_are_zeros() -> None:
    label, box = of_largest(BOXES, tf.constant([False, False, False]), [LABELS, BOXES])
    assert int(label) == 0 and not box.numpy().any()
    label, box = of_largest(BOXES[:0], tf.constant([], tf.bool), [LABELS[:0], BOXES[:0]])
    assert int(label) == 0 and box.shape == [4]


def test_the_detection_comes_first_and_zeros_follow() -> None:
    values = {"boxes": BOXES[:2], "scores": tf.constant([0.5, 0.7]), "classes": LABELS[:2]}
    detections = one_detection(values, 3)
    assert {name: value.shape.as_list() for name, value in detections.items()} == {
        "boxes": [2, 3, 4],
        "scores": [2, 3],
        "classes": [2, 3],
        "num_detections": [2],
    }
    np.testing.assert_array_equal(detections["scores"], np.array([[0.5, 0, 0], [0.7, 0, 0]], np.float32))
    np.testing.assert_array_equal(detections["boxes"][:, 0], BOXES[:2])
    np.testing.assert_array_equal(detections["num_detections"], [1, 1])
