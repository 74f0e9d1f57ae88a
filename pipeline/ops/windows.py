"""Random windows on an image, for the augmentation of SSD (Liu et al. 2016) and for scale jitter.

A window is float32 [4], yxyx, in normalised coordinates in which the image is [0, 0, 1, 1]. Equal seeds draw equal
windows.
"""

import tensorflow as tf

from pipeline.ops import boxes as box_ops

IOU_CHOICES = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9)
"""Least IoUs that a patch may be required to have with an object. 0 stands for any overlap."""

WHOLE = (0.0, 0.0, 1.0, 1.0)
"""The window that shows exactly the image."""


def expand_window(seed: tf.Tensor, largest: float) -> tf.Tensor:
    """Draw a window around the image, in which its objects become smaller ("zoom out", Liu et al. 2016, section 3.6).

    Args:
        seed: int32 [2].
        largest: Greatest side of the window, as a multiple of the image's; at least 1.

    Returns:
        float32 [4], a window that contains the image. In half of the draws it is the image itself.
    """
    side, top, left, chance = tf.unstack(tf.random.stateless_uniform([4], seed))
    side = 1.0 + side * (largest - 1.0)
    origin = -tf.stack([top, left]) * (side - 1.0)
    return tf.where(chance < 0.5, WHOLE, tf.concat([origin, origin + side], axis=0))


def scale_window(seed: tf.Tensor, least: float, largest: float, stretch: float = 1.0) -> tf.Tensor:
    """Draw a window in which objects have ``least`` to ``largest`` times their size (scale jitter, Ghiasi et al. 2021).

    The window may also be higher or wider than the image, so that objects are stretched when it becomes a square.

    Args:
        seed: int32 [2].
        least: Smallest factor of the size, above 0.
        largest: Greatest factor of the size.
        stretch: Greatest factor of the aspect ratio, at least 1; its reciprocal is the smallest.

    Returns:
        float32 [4], normalised. Along each axis, the window lies within the image if it is shorter, and contains the
        image if it is longer.
    """
    factor, top, left, ratio = tf.unstack(tf.random.stateless_uniform([4], seed))
    side = 1.0 / (least + factor * (largest - least))
    root = stretch ** (ratio - 0.5)  # of the aspect ratio
    sides = side * tf.stack([root, 1.0 / root])
    origin = tf.stack([top, left]) * (1.0 - sides)
    return tf.concat([origin, origin + sides], axis=0)


def iou_window(seed: tf.Tensor, gt_boxes: tf.Tensor, trials: int = 50) -> tf.Tensor:
    """Draw a patch of the image that overlaps an object (Liu et al. 2016, section 2.2, "Data augmentation").

    First a least IoU is drawn from :data:`IOU_CHOICES`. Then patches are drawn, and the first that fits is returned. A
    patch fits if it contains the center of an object with which it has at least that IoU, and its aspect ratio is
    between 1/2 and 2. Its sides are 0.3 to 1 of the image's. The paper requires an area of 0.1 to 1; a side of 0.3
    corresponds to an area of about 0.1.

    The whole image is returned if no patch fits, and in half of the draws. In the paper this is one draw in seven. In a
    short training the detector learns more from whole objects.

    Args:
        seed: int32 [2].
        gt_boxes: float32 [G, 4], yxyx, normalised; G may be 0.
        trials: Number of patches drawn.

    Returns:
        float32 [4], a window within the image.
    """
    choice_seed, patch_seed = tf.unstack(tf.random.split(seed, 2))
    choice = tf.random.stateless_uniform([], choice_seed, maxval=2 * len(IOU_CHOICES), dtype=tf.int32)
    unreachable = (2.0,) * len(IOU_CHOICES)  # no patch has an IoU of 2, so the whole image is returned
    least_iou = tf.gather(tf.constant(IOU_CHOICES + unreachable), choice)

    draws = tf.random.stateless_uniform([trials, 4], patch_seed)
    sides = 0.3 + 0.7 * draws[:, :2]
    origins = draws[:, 2:] * (1.0 - sides)
    patches = tf.concat([origins, origins + sides], axis=1)

    ratio = sides[:, 1] / sides[:, 0]
    center = box_ops.centers(gt_boxes)[None]
    holds_center = tf.reduce_all((center > patches[:, None, :2]) & (center < patches[:, None, 2:]), axis=-1)
    overlaps = box_ops.pairwise_iou(patches, gt_boxes) >= least_iou
    fits = tf.reduce_any(holds_center & overlaps, axis=1) & (ratio >= 0.5) & (ratio <= 2.0)
    first = tf.gather(patches, tf.argmax(fits))
    return tf.where(tf.reduce_any(fits), first, WHOLE)
