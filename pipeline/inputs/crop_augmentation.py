"""Augmentation of the classifier's crops."""

import tensorflow as tf

from pipeline.inputs.colours import photometric
from pipeline.ops import boxes as box_ops
from pipeline.ops.images import sample_window

CROP_JITTER = 0.1
"""Greatest shift of a crop, and greatest change of each of its sides, as a share of the side."""


def augment_crop(image: tf.Tensor, window_px: tf.Tensor, seed: tf.Tensor, *, size: int) -> tf.Tensor:
    """Cut an object out with a shaken window, mirror it in half of the draws, and change its colours.

    Args:
        image: uint8 [H, W, 3], RGB.
        window_px: float32 [4], yxyx, in pixels.
        seed: int32 [2].
        size: Side of the result, px.

    Returns:
        float32 [size, size, 3] in [0, 255].
    """
    seeds = tf.random.split(seed, 3)
    shake = tf.random.stateless_uniform([4], seeds[0], -CROP_JITTER, CROP_JITTER)
    half = (window_px[2:] - window_px[:2]) / 2.0
    middle = box_ops.centers(window_px) + 2.0 * half * shake[:2]
    half *= 1.0 + shake[2:]
    crop = sample_window(image, tf.concat([middle - half, middle + half], axis=0), size)
    mirrored = tf.random.stateless_uniform([], seeds[1]) < 0.5
    return photometric(tf.cond(mirrored, lambda: crop[:, ::-1], lambda: crop), seeds[2])
