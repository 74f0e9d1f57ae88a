"""Random windows on an image for augmentation; every draw takes its seed."""

import tensorflow as tf

from pipeline.ops import boxes as box_ops

IOU_CHOICES = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9)

WHOLE = tf.constant([0.0, 0.0, 1.0, 1.0])


def expand_window(seed: tf.Tensor, largest: float) -> tf.Tensor:
    """Draw a window around the image, so that its objects become smaller ("zoom out", section 3.6).

    Args:
        seed: int32 [2].
        largest: The window's greatest side as a multiple of the image's.

    Returns:
        float32 [4], yxyx, in the image's normalised coordinates; the image itself in half of the draws.
    """
    side, top, left, chance = tf.unstack(tf.random.stateless_uniform([4], seed))
    side = 1.0 + side * (largest - 1.0)
    origin = -tf.stack([top, left]) * (side - 1.0)
    return tf.where(chance < 0.5, WHOLE, tf.concat([origin, origin + side], axis=0))


def scale_window(seed: tf.Tensor, least: float, largest: float) -> tf.Tensor:
    """Draw a window in which objects have ``least`` to ``largest`` times their size (Ghiasi et al. 2021, scale jitter).

    Args:
        seed: int32 [2].
        least: Smallest factor.
        largest: Greatest factor.

    Returns:
        float32 [4], yxyx, in the picture's normalised coordinates: within it where the factor is above 1, around it
        where the factor is below.
    """
    factor, top, left = tf.unstack(tf.random.stateless_uniform([3], seed))
    side = 1.0 / (least + factor * (largest - least))
    origin = tf.stack([top, left]) * (1.0 - side)
    return tf.concat([origin, origin + side], axis=0)


def iou_window(seed: tf.Tensor, gt_boxes: tf.Tensor, trials: int = 50) -> tf.Tensor:
    """Draw a patch of the image that overlaps some object by a drawn least IoU (section 2.2, "Data augmentation").

    Each patch has 0.3 to 1 of the image's side and an aspect ratio between 1/2 and 2, and holds an object's center;
    the least IoU is one of 0 (any), 0.1, 0.3, 0.5, 0.7 and 0.9. The whole image is taken in half of the draws (in the
    paper one in seven: a short training learns more from whole objects), and when no trial fits. The paper asks for an
    area of 0.1 to 1; 0.3 of the side is about that 0.1.

    Args:
        seed: int32 [2].
        gt_boxes: float32 [G, 4], yxyx, normalised.
        trials: Patches tried.

    Returns:
        float32 [4], yxyx, in the coordinates of ``gt_boxes``.
    """
    choice_seed, patch_seed = tf.unstack(tf.random.split(seed, 2))
    choice = tf.random.stateless_uniform([], choice_seed, maxval=2 * len(IOU_CHOICES), dtype=tf.int32)
    whole = (2.0,) * len(IOU_CHOICES)  # an IoU that no patch reaches
    least_iou = tf.gather(tf.constant(IOU_CHOICES + whole), choice)

    draws = tf.random.stateless_uniform([trials, 4], patch_seed)
    sides = 0.3 + 0.7 * draws[:, :2]
    origins = draws[:, 2:] * (1.0 - sides)
    patches = tf.concat([origins, origins + sides], axis=1)

    ratio = sides[:, 1] / sides[:, 0]
    center = box_ops.centers(gt_boxes)[None]
    holds_center = tf.reduce_all((center > patches[:, None, :2]) & (center < patches[:, None, 2:]), axis=-1)
    overlaps = box_ops.pairwise_iou(patches, gt_boxes) >= least_iou
    fits = tf.reduce_any(holds_center & overlaps, axis=1) & (ratio >= 0.5) & (ratio <= 2.0)
    chosen = tf.gather(patches, tf.argmax(fits))
    return tf.where(tf.reduce_any(fits), chosen, WHOLE)
