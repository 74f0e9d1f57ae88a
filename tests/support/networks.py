"""Tiny networks with known outputs."""

from typing import Any

import tensorflow as tf
import tf_keras

from pipeline.ops.nms import Suppression


class OneBox:
    """A detector that finds one object per image, in the middle of the right side; its mask is the box's left half."""

    def __init__(self, *, masks: bool) -> None:
        image = tf_keras.Input([32, 32, 3])
        self.network = tf_keras.Model(image, tf_keras.layers.GlobalAveragePooling2D()(image))
        self._masks = masks

    def decode(self, outputs: Any, suppression: Suppression) -> dict[str, Any]:
        count, max_detections = tf.shape(outputs)[0], suppression.max_detections
        box = tf.constant([[[0.25, 0.5, 0.75, 1.0]] + [[0.0] * 4] * (max_detections - 1)])
        left = tf.concat(
            [tf.fill([1, max_detections, 4, 2], 0.9), tf.fill([1, max_detections, 4, 2], 0.1)], -1
        )
        detections = {
            "boxes": tf.tile(box, [count, 1, 1]),
            "scores": tf.tile([[0.75] + [0.0] * (max_detections - 1)], [count, 1]),
            "classes": tf.tile([[1] + [0] * (max_detections - 1)], [count, 1]),
            "num_detections": tf.ones([count], tf.int32),
        }
        return detections | ({"masks": tf.tile(left, [count, 1, 1, 1])} if self._masks else {})


def colour_classifier() -> tf_keras.Model:
    """Make a network whose logits for "class" are the means of the red, green and blue channel, divided by 32."""
    image = tf_keras.Input([32, 32, 3])
    means = tf_keras.layers.GlobalAveragePooling2D()(tf_keras.layers.Rescaling(1 / 32)(image))
    return tf_keras.Model(image, {"class": means})
