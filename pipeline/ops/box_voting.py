"""Box voting: a detection gets the mean box of the candidates around it (Kim and Lee 2020, PAA, score voting)."""

import tensorflow as tf

from pipeline.ops.boxes import iou

VOTERS = 5
"""Candidates of an image that vote, those with the highest scores, for each detection."""

LEAST_WEIGHT = 1e-12
"""Of a detection whose candidates weigh less in sum, such as a row of padding, the box stays as it is."""


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
    count = tf.minimum(VOTERS * tf.shape(detections)[1], tf.shape(scores)[1])
    _, voters = tf.math.top_k(tf.reduce_max(scores, axis=-1), count)
    own_scores = tf.gather(_by_class(tf.gather(scores, voters, batch_dims=1)), labels, batch_dims=1)
    own_boxes = _by_class(tf.gather(boxes, voters, batch_dims=1))
    if boxes.shape[2] > 1:
        own_boxes = tf.gather(own_boxes, labels, batch_dims=1)
    overlap = iou(detections[:, :, None], own_boxes)
    weights = tf.where(overlap > 0.0, own_scores * tf.exp(-tf.square(1.0 - overlap) / sigma), 0.0)
    total = tf.reduce_sum(weights, axis=-1, keepdims=True)
    mean = tf.matmul(weights[:, :, None], own_boxes)[:, :, 0] / tf.maximum(total, LEAST_WEIGHT)
    return tf.where(total > LEAST_WEIGHT, mean, detections)


def _by_class(values: tf.Tensor) -> tf.Tensor:
    """Swap the axes of the candidates and of the classes: [B, N, K, ...] -> [B, K, N, ...]."""
    return tf.transpose(values, [0, 2, 1, *range(3, values.shape.rank)])
