"""Non-maximum suppression, class by class: the last step of every detector."""

import tensorflow as tf


def class_wise_nms(
    boxes: tf.Tensor, scores: tf.Tensor, *, score_threshold: float, nms_iou: float, max_detections: int
) -> dict[str, tf.Tensor]:
    """Keep the best boxes of each class.

    Args:
        boxes: float32 [B, N, 1, 4], one a candidate for all classes, or [B, N, K, 4], one a class; yxyx, normalised.
        scores: float32 [B, N, K], without background.
        score_threshold: Candidates with less are dropped.
        nms_iou: Of two boxes of a class with more IoU than this the lesser is dropped.
        max_detections: D, an image.

    Returns:
        "boxes": float32 [B, D, 4], yxyx, normalised, within the image; "scores": float32 [B, D], descending;
        "classes": int32 [B, D], in 1..K; "num_detections": int32 [B]. Rows past that number are zeros.
    """
    kept = tf.image.combined_non_max_suppression(
        boxes,
        scores,
        max_output_size_per_class=max_detections,
        max_total_size=max_detections,
        iou_threshold=nms_iou,
        score_threshold=score_threshold,
        clip_boxes=True,
    )
    valid = tf.sequence_mask(kept.valid_detections, max_detections, dtype=tf.int32)
    return {
        "boxes": kept.nmsed_boxes,
        "scores": kept.nmsed_scores,
        "classes": (tf.cast(kept.nmsed_classes, tf.int32) + 1) * valid,
        "num_detections": kept.valid_detections,
    }
