"""Adaptive training sample selection (Zhang et al. 2020, ATSS, algorithm 1): which cells learn which object."""

from collections.abc import Sequence

import tensorflow as tf

from pipeline.ops import boxes as box_ops

CANDIDATES = 9
"""Cells of each level that are candidates for an object: those whose centers are nearest to the object's."""


def select_samples(
    centers: Sequence[tf.Tensor], sides: Sequence[float], gt_boxes: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Assign objects to the cells of one image.

    The candidates for an object are the nearest cells of each level. Of these, the cells become positive whose anchor
    has an IoU with the object of at least the mean plus the standard deviation over the candidates, and whose center
    lies in the object. A cell that would learn several objects learns the one with the highest IoU.

    Unlike in the paper, an object without a positive cell, such as one that is smaller than the cells, gets one: of the
    candidates with the highest IoU the nearest.

    Args:
        centers: For each level, the centers of its cells, float32 [A_l, 2], y and x.
        sides: For each level, the side of the square anchor that stands for a cell.
        gt_boxes: float32 [G, 4], yxyx, in the coordinates of the cells. G may be 0.

    Returns:
        int32 [A], the index of the cell's object, in [0, G), which has a meaning only for positive cells; and
        bool [A], whether the cell is positive. A is the number of cells of all levels.
    """
    points = tf.concat(list(centers), axis=0)
    distances = tf.norm(box_ops.centers(gt_boxes)[:, None] - points, axis=-1)
    levels = tf.split(distances, [len(level) for level in centers], axis=1)
    near = tf.concat([_nearest(level) for level in levels], axis=1)
    halves = tf.concat(
        [tf.fill([len(level), 1], side / 2) for level, side in zip(centers, sides, strict=True)], axis=0
    )
    iou = box_ops.pairwise_iou(gt_boxes, tf.concat([points - halves, points + halves], axis=1))

    weights = tf.cast(near, tf.float32)
    count = tf.reduce_sum(weights, axis=1, keepdims=True)
    mean = tf.reduce_sum(iou * weights, axis=1, keepdims=True) / count
    variance = tf.reduce_sum(weights * (iou - mean) ** 2, axis=1, keepdims=True) / (count - 1.0)
    positive = near & box_ops.contain(gt_boxes, points) & (iou >= mean + tf.sqrt(variance))
    positive |= ~tf.reduce_any(positive, axis=1, keepdims=True) & _best(iou, near, distances)
    # One more row, because an image may have no objects.
    quality = tf.pad(tf.where(positive, iou, -1.0), [[0, 1], [0, 0]], constant_values=-1.0)
    return tf.argmax(quality, axis=0, output_type=tf.int32), tf.reduce_any(positive, axis=0)


def _best(iou: tf.Tensor, near: tf.Tensor, distances: tf.Tensor) -> tf.Tensor:
    """Return the best candidate of each object: bool [G, A], with one True in each row."""
    best = near & (iou >= tf.reduce_max(tf.where(near, iou, 0.0), axis=1, keepdims=True) - 1e-6)
    index = tf.argmin(tf.where(best, distances, tf.float32.max), axis=1)
    return tf.one_hot(index, distances.shape[1], on_value=True, off_value=False)


def _nearest(distances: tf.Tensor) -> tf.Tensor:
    """Return which cells of a level are candidates: float32 [G, A_l] -> bool [G, A_l]."""
    cells = distances.shape[1]
    _, indices = tf.math.top_k(-distances, min(CANDIDATES, cells))
    return tf.reduce_any(tf.one_hot(indices, cells, on_value=True, off_value=False), axis=1)
