"""Box arithmetic that Model Garden does not have: windows on an image, and boxes seen through them."""

import tensorflow as tf


def area(boxes: tf.Tensor) -> tf.Tensor:
    """Give the area of boxes: float32 [..., 4], yxyx -> float32 [...]; an inverted box has area 0."""
    sides = tf.maximum(boxes[..., 2:] - boxes[..., :2], 0.0)
    return sides[..., 0] * sides[..., 1]


def pairwise_intersection(boxes: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """Give the common area of each of N boxes with each of M: float32 [N, 4], [M, 4], yxyx -> [N, M]."""
    top_left = tf.maximum(boxes[:, None, :2], others[None, :, :2])
    bottom_right = tf.minimum(boxes[:, None, 2:], others[None, :, 2:])
    return area(tf.concat([top_left, bottom_right], axis=-1))


def pairwise_iou(boxes: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
    """Give the intersection over union of each of N boxes with each of M: yxyx -> float32 [N, M] in [0, 1]."""
    common = pairwise_intersection(boxes, others)
    union = area(boxes)[:, None] + area(others)[None, :] - common
    return tf.math.divide_no_nan(common, union)


def centers(boxes: tf.Tensor) -> tf.Tensor:
    """Give the centers (y, x) of boxes: float32 [..., 4], yxyx -> float32 [..., 2]."""
    return (boxes[..., :2] + boxes[..., 2:]) / 2.0


def into_window(boxes: tf.Tensor, window: tf.Tensor) -> tf.Tensor:
    """Express boxes in a window's own coordinates, unclipped.

    Args:
        boxes: float32 [G, 4], yxyx, in the image's normalised coordinates.
        window: float32 [4], yxyx, in the same; it may reach outside the image.

    Returns:
        float32 [G, 4], yxyx, where the window is [0, 0, 1, 1].
    """
    origin, size = tf.tile(window[:2], [2]), tf.tile(window[2:] - window[:2], [2])
    return (boxes - origin) / size


def out_of_window(boxes: tf.Tensor, window: tf.Tensor) -> tf.Tensor:
    """Undo :func:`into_window`: from the window's coordinates, float32 [G, 4], back to the image's."""
    origin, size = tf.tile(window[:2], [2]), tf.tile(window[2:] - window[:2], [2])
    return boxes * size + origin


def flip_left_right(boxes: tf.Tensor) -> tf.Tensor:
    """Mirror normalised boxes as the image is mirrored: float32 [G, 4], yxyx -> the same."""
    y_min, x_min, y_max, x_max = tf.unstack(boxes, axis=-1)
    return tf.stack([y_min, 1.0 - x_max, y_max, 1.0 - x_min], axis=-1)


def enlarged(boxes: tf.Tensor, factor: float) -> tf.Tensor:
    """Scale boxes about their centers: float32 [..., 4], yxyx -> the same, each side ``factor`` times as long."""
    half = (boxes[..., 2:] - boxes[..., :2]) * factor / 2.0
    middle = centers(boxes)
    return tf.concat([middle - half, middle + half], axis=-1)
