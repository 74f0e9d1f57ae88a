"""Augmentation of the classifier's crops."""

import tensorflow as tf

from pipeline.inputs.colours import photometric
from pipeline.ops import boxes as box_ops
from pipeline.ops.images import sample_window

CROP_JITTER = 0.1
"""Greatest shift of a window, and greatest change of the length of its sides, as a share of the side."""


def augment_crop(image: tf.Tensor, window_px: tf.Tensor, seed: tf.Tensor, *, size: int) -> tf.Tensor:
    """Cut an object out with a jittered window, mirror it in half of the draws, and change its colours.

    Args:
        image: uint8 [H, W, 3], RGB.
        window_px: float32 [4], yxyx, in pixels.
        seed: int32 [2].
        size: Side of the result, px.

    Returns:
        float32 [size, size, 3], RGB in [0, 255].
    """
    seeds = tf.random.split(seed, 3)
    jitter = tf.random.stateless_uniform([4], seeds[0], -CROP_JITTER, CROP_JITTER)
    half = (window_px[2:] - window_px[:2]) / 2.0
    center = box_ops.centers(window_px) + 2.0 * half * jitter[:2]
    half *= 1.0 + jitter[2:]
    crop = sample_window(image, tf.concat([center - half, center + half], axis=0), size)
    mirrored = tf.random.stateless_uniform([], seeds[1]) < 0.5
    return photometric(tf.cond(mirrored, lambda: crop[:, ::-1], lambda: crop), seeds[2])
