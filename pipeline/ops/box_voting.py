"""Box voting: a detection gets the mean box of the candidates around it (Kim and Lee 2020, PAA, score voting)."""

import tensorflow as tf

from pipeline.ops.boxes import area, intersection

VOTERS = 1000
"""Candidates of an image that vote, those with the highest scores."""


def vote(
    detections: tf.Tensor, labels: tf.Tensor, boxes: tf.Tensor, scores: tf.Tensor, sigma: float
) -> tf.Tensor:
    """Return the mean of the candidates' boxes around each detection.

    A candidate counts with its score for the detection's class, times exp(-(1 - IoU) ** 2 / sigma) of its box with that
    of the detection. Candidates that do not overlap the detection do not count.

    Args:
        detections: float32 [B, D, 4], the boxes of the detections. They are candidates, too.
        labels: int32 [B, D], the classes of the detections, in 0..K-1.
        boxes: float32 [B, N, 1, 4] or [B, N, K, 4], the boxes of the candidates for all classes or for each.
        scores: float32 [B, N, K], in [0, 1].
        sigma: Above 0. With a small one, only the boxes that almost agree with the detection count.

    Returns:
        float32 [B, D, 4].
    """
    _, voters = tf.math.top_k(tf.reduce_max(scores, axis=-1), tf.minimum(VOTERS, tf.shape(scores)[1]))
    own_scores = tf.gather(_by_class(tf.gather(scores, voters, batch_dims=1)), labels, batch_dims=1)
    by_class = _by_class(tf.gather(boxes, voters, batch_dims=1))
    own_boxes = by_class if boxes.shape[2] == 1 else tf.gather(by_class, labels, batch_dims=1)
    common = intersection(detections[:, :, None], own_boxes)
    iou = tf.math.divide_no_nan(common, area(detections)[:, :, None] + area(own_boxes) - common)
    weights = tf.where(iou > 0.0, own_scores * tf.exp(-tf.square(1.0 - iou) / sigma), 0.0)
    total = tf.reduce_sum(weights, axis=-1, keepdims=True)
    mean = tf.reduce_sum(weights[..., None] * own_boxes, axis=2) / tf.maximum(total, 1e-12)
    return tf.where(total > 1e-12, mean, detections)


def _by_class(values: tf.Tensor) -> tf.Tensor:
    """Swap the axes of the candidates and of the classes: [B, N, K, ...] -> [B, K, N, ...]."""
    return tf.transpose(values, [0, 2, 1, *range(3, values.shape.rank)])
