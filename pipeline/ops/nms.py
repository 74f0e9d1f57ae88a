"""Non-maximum suppression, the last step of every detector."""

from typing import NamedTuple

import tensorflow as tf

from pipeline.ops.box_voting import vote

CANDIDATES = 1000
"""Candidates of an image that are compared with each other, those with the highest scores, except where TensorFlow's
combined suppression is used."""


class Suppression(NamedTuple):
    """How candidates become detections.

    Attributes:
        score_threshold: Candidates of lower scores are dropped.
        nms_iou: Of two boxes with a higher IoU than this, the one with the lower score is dropped.
        max_detections: D, the most detections of an image.
        nms_per_class: Whether only boxes of the same class are compared.
        soft_nms_sigma: If it is not 0, no box is dropped for its overlap. Its score is multiplied by
            exp(-IoU ** 2 / sigma) instead (Bodla et al. 2017, Soft-NMS, equation 3).
        voting_sigma: If it is not 0, the box of a detection is averaged over the candidates around it;
            :func:`pipeline.ops.box_voting.vote` says how.
    """

    score_threshold: float
    nms_iou: float
    max_detections: int
    nms_per_class: bool = True
    soft_nms_sigma: float = 0.0
    voting_sigma: float = 0.0


def suppress(boxes: tf.Tensor, scores: tf.Tensor, suppression: Suppression) -> dict[str, tf.Tensor]:
    """Suppress the boxes that overlap a box with a higher score, and let the others vote on the boxes that remain.

    Args:
        boxes: float32, yxyx, normalised; [B, N, 1, 4] if a candidate has one box for all classes, or [B, N, K, 4] if it
            has one for each class.
        scores: float32 [B, N, K], in [0, 1], without background.

    Returns:
        "boxes": float32 [B, D, 4], yxyx, normalised, clipped to the image; "scores": float32 [B, D], descending;
        "classes": int32 [B, D], in 1..K; "num_detections": int32 [B]. Rows past that number are zeros.
    """
    if suppression.nms_per_class and not suppression.soft_nms_sigma:
        nms = tf.image.combined_non_max_suppression(
            boxes,
            scores,
            max_output_size_per_class=suppression.max_detections,
            max_total_size=suppression.max_detections,
            iou_threshold=suppression.nms_iou,
            score_threshold=suppression.score_threshold,
            clip_boxes=True,
        )
        found, kept_scores, classes, count = nms
    else:
        found, kept_scores, classes, count = _suppress_candidates(boxes, scores, suppression)
    valid = tf.sequence_mask(count, suppression.max_detections, dtype=tf.int32)
    if suppression.voting_sigma:
        clipped = tf.clip_by_value(boxes, 0.0, 1.0)
        found = vote(found, tf.cast(classes, tf.int32), clipped, scores, suppression.voting_sigma)
    return {
        "boxes": found,
        "scores": kept_scores,
        "classes": (tf.cast(classes, tf.int32) + 1) * valid,
        "num_detections": count,
    }


def _suppress_candidates(
    boxes: tf.Tensor, scores: tf.Tensor, suppression: Suppression
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
    """Suppress the best candidates of each image in turn.

    Returns:
        float32 [B, D, 4], float32 [B, D] and int32 [B, D] with the classes in 0..K-1, filled with zeros; int32 [B].
    """
    class_count, limit = tf.shape(scores)[-1], suppression.max_detections
    flat_scores = tf.reshape(scores, [tf.shape(scores)[0], -1])
    best, places = tf.math.top_k(flat_scores, tf.minimum(CANDIDATES, tf.shape(flat_scores)[1]))
    classes = places % class_count
    if boxes.shape[2] == 1:
        candidates = tf.gather(boxes[:, :, 0], places // class_count, batch_dims=1)
    else:
        candidates = tf.gather(tf.reshape(boxes, [tf.shape(boxes)[0], -1, 4]), places, batch_dims=1)
    candidates = tf.clip_by_value(candidates, 0.0, 1.0)

    def of_image(image: tuple[tf.Tensor, tf.Tensor, tf.Tensor]) -> tuple[tf.Tensor, ...]:
        own, own_scores, own_classes = image
        # Boxes that are moved apart by class never overlap a box of another class.
        apart = 2.0 * tf.cast(own_classes, tf.float32)[:, None] if suppression.nms_per_class else 0.0
        chosen, chosen_scores = tf.image.non_max_suppression_with_scores(
            own + apart,
            own_scores,
            limit,
            iou_threshold=1.0 if suppression.soft_nms_sigma else suppression.nms_iou,
            score_threshold=suppression.score_threshold,
            soft_nms_sigma=suppression.soft_nms_sigma / 2,  # TensorFlow divides by twice its sigma
        )
        count = tf.size(chosen)
        rows = [[0, limit - count]]
        return (
            tf.ensure_shape(tf.pad(tf.gather(own, chosen), [*rows, [0, 0]]), [limit, 4]),
            tf.ensure_shape(tf.pad(chosen_scores, rows), [limit]),
            tf.ensure_shape(tf.pad(tf.gather(own_classes, chosen), rows), [limit]),
            count,
        )

    signature = (
        tf.TensorSpec([limit, 4], tf.float32),
        tf.TensorSpec([limit], tf.float32),
        tf.TensorSpec([limit], tf.int32),
        tf.TensorSpec([], tf.int32),
    )
    return tf.map_fn(of_image, (candidates, best, classes), fn_output_signature=signature)
