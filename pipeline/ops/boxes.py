"""Box arithmetic that Model Garden lacks, above all the change of coordinates between an image and a window on it.

Boxes are float32 and yxyx: y_min, x_min, y_max, x_max.
"""

import tensorflow as tf


def area(boxes: tf.Tensor) -> tf.Tensor:
    """Return the area of boxes: float32 [..., 4] -> float32 [...]. An inverted box has area 0."""
    sides = tf.maximum(boxes[..., 2:] - boxes[..., :2], 0.0)
    return sides[..., 0] * sides[..., 1]


def intersection(boxes: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """Return the area of intersection of boxes, float32 [..., 4] each, which are broadcast: float32 [...].

    Each coordinate has a tensor of its own: many pairs take a sixth of the time that slices of their corners take.
    """
    y_min, x_min, y_max, x_max = tf.unstack(boxes, axis=-1)
    top, left, bottom, right = tf.unstack(others, axis=-1)
    height = tf.maximum(tf.minimum(y_max, bottom) - tf.maximum(y_min, top), 0.0)
    width = tf.maximum(tf.minimum(x_max, right) - tf.maximum(x_min, left), 0.0)
    return height * width


def iou(boxes: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """Return the IoU of boxes, float32 [..., 4] each, which are broadcast: float32 [...]; 0 for empty unions."""
    common = intersection(boxes, others)
    return tf.math.divide_no_nan(common, area(boxes) + area(others) - common)


def pairwise_iou(boxes: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """Return the IoU of each pair of boxes: float32 [N, 4], [M, 4] -> float32 [N, M], in [0, 1]; 0 for empty unions."""
    return iou(boxes[:, None], others[None])


def iou_and_giou(boxes: tf.Tensor, others: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the IoU and the generalised IoU (Rezatofighi et al. 2019) of boxes with their counterparts.

    Args:
        boxes: float32 [..., 4].
        others: float32 [..., 4], in the same coordinates.

    Returns:
        Two tensors of float32 [...], in [0, 1] and in [-1, 1].
    """
    common = intersection(boxes, others)
    union = area(boxes) + area(others) - common
    corners = [tf.minimum(boxes[..., :2], others[..., :2]), tf.maximum(boxes[..., 2:], others[..., 2:])]
    hull = area(tf.concat(corners, axis=-1))
    iou = tf.math.divide_no_nan(common, union)
    return iou, iou - tf.math.divide_no_nan(hull - union, hull)


def contain(boxes: tf.Tensor, points: tf.Tensor) -> tf.Tensor:
    """Return whether points lie inside boxes.

    Args:
        boxes: float32 [..., G, 4], yxyx or xyxy.
        points: float32 [A, 2], in the order of the boxes' coordinates.

    Returns:
        bool [..., G, A], False on the border.
    """
    corners = boxes[..., None, :]
    return tf.reduce_all((points > corners[..., :2]) & (points < corners[..., 2:]), axis=-1)


def centers(boxes: tf.Tensor) -> tf.Tensor:
    """Return the centers of boxes: float32 [..., 4] -> float32 [..., 2], y and x."""
    return (boxes[..., :2] + boxes[..., 2:]) / 2.0


def into_window(boxes: tf.Tensor, window: tf.Tensor) -> tf.Tensor:
    """Transform boxes from the image's coordinates to those of a window, without clipping.

    Args:
        boxes: float32 [G, 4], yxyx, in the image's normalised coordinates.
        window: float32 [4], yxyx, in the same coordinates. It may reach outside the image.

    Returns:
        float32 [G, 4], yxyx, in coordinates in which the window is [0, 0, 1, 1].
    """
    origin, size = tf.tile(window[:2], [2]), tf.tile(window[2:] - window[:2], [2])
    return (boxes - origin) / size


def out_of_window(boxes: tf.Tensor, window: tf.Tensor) -> tf.Tensor:
    """Transform boxes, float32 [G, 4], from a window to the image: the inverse of :func:`into_window`."""
    origin, size = tf.tile(window[:2], [2]), tf.tile(window[2:] - window[:2], [2])
    return boxes * size + origin


def flip_left_right(boxes: tf.Tensor) -> tf.Tensor:
    """Mirror normalised boxes horizontally: float32 [G, 4] -> float32 [G, 4]."""
    y_min, x_min, y_max, x_max = tf.unstack(boxes, axis=-1)
    return tf.stack([y_min, 1.0 - x_max, y_max, 1.0 - x_min], axis=-1)


def enlarged(boxes: tf.Tensor, factor: float) -> tf.Tensor:
    """Scale the sides of boxes by ``factor`` about their centers: float32 [..., 4] -> float32 [..., 4]."""
    half = (boxes[..., 2:] - boxes[..., :2]) * factor / 2.0
    middle = centers(boxes)
    return tf.concat([middle - half, middle + half], axis=-1)
