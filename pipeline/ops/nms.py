"""Non-maximum suppression, the last step of every detector."""

import tensorflow as tf


def class_wise_nms(
    boxes: tf.Tensor, scores: tf.Tensor, *, score_threshold: float, nms_iou: float, max_detections: int
) -> dict[str, tf.Tensor]:
    """Suppress the boxes that overlap a box of the same class with a higher score.

    Args:
        boxes: float32, yxyx, normalised; [B, N, 1, 4] if a candidate has one box for all classes, or [B, N, K, 4] if it
            has one for each class.
        scores: float32 [B, N, K], in [0, 1], without background.
        score_threshold: Candidates of lower scores are dropped.
        nms_iou: If two boxes of a class have a higher IoU than this, the one with the lower score is dropped.
        max_detections: D, the most detections of an image.

    Returns:
        "boxes": float32 [B, D, 4], yxyx, normalised, clipped to the image; "scores": float32 [B, D], descending;
        "classes": int32 [B, D], in 1..K; "num_detections": int32 [B]. Rows past that number are zeros.
    """
    nms = tf.image.combined_non_max_suppression(
        boxes,
        scores,
        max_output_size_per_class=max_detections,
        max_total_size=max_detections,
        iou_threshold=nms_iou,
        score_threshold=score_threshold,
        clip_boxes=True,
    )
    valid = tf.sequence_mask(nms.valid_detections, max_detections, dtype=tf.int32)
    return {
        "boxes": nms.nmsed_boxes,
        "scores": nms.nmsed_scores,
        "classes": (tf.cast(nms.nmsed_classes, tf.int32) + 1) * valid,
        "num_detections": nms.valid_detections,
    }
