"""Augmentation of the classifier's crops."""

import tensorflow as tf

from pipeline.inputs.colours import photometric
from pipeline.inputs.crops import Crop
from pipeline.ops import boxes as box_ops
from pipeline.ops.images import sample_encoded_window

CROP_JITTER = 0.1
"""Greatest shift of a window, and greatest change of the length of its sides, as a share of the side."""


def augment_crop(crop: Crop, seed: tf.Tensor, *, size: int) -> tf.Tensor:
    """Cut an object out with a jittered window, mirror it in half of the draws, and change its colours.

    Args:
        crop: The object and its image.
        seed: int32 [2].
        size: Side of the result, px.

    Returns:
        float32 [size, size, 3], RGB in [0, 255].
    """
    seeds = tf.random.split(seed, 3)
    jitter = tf.random.stateless_uniform([4], seeds[0], -CROP_JITTER, CROP_JITTER)
    half = (crop.window_px[2:] - crop.window_px[:2]) / 2.0
    center = box_ops.centers(crop.window_px) + 2.0 * half * jitter[:2]
    half *= 1.0 + jitter[2:]
    window_px = tf.concat([center - half, center + half], axis=0)
    view = sample_encoded_window(crop.encoded, crop.size_px, window_px, size)
    mirrored = tf.random.stateless_uniform([], seeds[1]) < 0.5
    return photometric(tf.cond(mirrored, lambda: view[:, ::-1], lambda: view), seeds[2])
