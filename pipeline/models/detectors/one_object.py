"""What detectors of one object in each image have in common: the object that they learn, and their one detection."""

from collections.abc import Sequence

import tensorflow as tf

from pipeline.models.detectors.base import Candidates, Detector
from pipeline.ops import boxes as box_ops
from pipeline.ops.nms import Suppression


class OneObjectDetector(Detector):
    """A detector with one candidate for each image, which is a detection whatever its score."""

    objects_per_image = 1

    @staticmethod
    def select(candidates: Candidates, suppression: Suppression) -> dict[str, tf.Tensor]:
        """Return the one detection of each image, with its best class and, if the detector finds them, its keypoints.

        Returns:
            The detections in the form of :func:`pipeline.ops.nms.suppress`, and of a detector of keypoints also
            "keypoints": float32 [B, D, P, 3], y and x, normalised, and the probability that it is visible.
        """
        scores = candidates.scores[:, 0]
        values = {
            "boxes": candidates.boxes[:, 0, 0],
            "scores": tf.reduce_max(scores, axis=-1),
            "classes": tf.argmax(scores, axis=-1, output_type=tf.int32) + 1,
        }
        if candidates.keypoints is not None:
            values["keypoints"] = candidates.keypoints[:, 0]
        return one_detection(values, suppression.max_detections)


def of_largest(boxes: tf.Tensor, chosen: tf.Tensor, values: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """Return the values of the largest object among the chosen ones; zeros if none is chosen.

    Args:
        boxes: float32 [G, 4], the boxes of the objects.
        chosen: bool [G].
        values: Tensors [G, ...], of which only G may be unknown.

    Returns:
        Of each tensor the entry of that object, [...].
    """
    indices = tf.where(chosen)[:, 0]

    def with_none(value: tf.Tensor) -> tf.Tensor:
        return tf.concat([tf.gather(value, indices), tf.zeros([1, *value.shape[1:]], value.dtype)], axis=0)

    largest = tf.argmax(box_ops.area(with_none(boxes)))
    return [with_none(value)[largest] for value in values]


def one_detection(values: dict[str, tf.Tensor], max_detections: int) -> dict[str, tf.Tensor]:
    """Return detections of which each image has one, in the form of :func:`pipeline.ops.nms.suppress`.

    Args:
        values: Name -> tensor [B, ...], the one detection of each image: "boxes", "scores", "classes" and others.
        max_detections: D, the number of detections to which zeros fill up.

    Returns:
        Name -> tensor [B, D, ...], and "num_detections": int32 [B], all 1.
    """

    def padded(value: tf.Tensor) -> tf.Tensor:
        return tf.pad(value[:, None], [[0, 0], [0, max_detections - 1], *[[0, 0]] * (value.shape.rank - 1)])

    detections = {name: padded(value) for name, value in values.items()}
    return detections | {"num_detections": tf.ones(tf.shape(values["boxes"])[:1], tf.int32)}
