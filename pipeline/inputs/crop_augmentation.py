"""Augmentation of the classifier's crops."""

import tensorflow as tf

from pipeline.inputs.colours import photometric
from pipeline.inputs.crops import Crop, unaugmented_crop, window_of
from pipeline.ops import boxes as box_ops
from pipeline.params.finetune import CropAugment


def augment_crop(crop: Crop, seed: tf.Tensor, augment: CropAugment, *, size: int) -> tf.Tensor:
    """Cut an object out with a jittered window, mirror it in half of the draws, and change its colours.

    Args:
        crop: The object and its image.
        seed: int32 [2].
        augment: The section ``finetune.augment``, which can leave out each of the three.
        size: Side of the result, px.

    Returns:
        float32 [size, size, 3], RGB in [0, 255].
    """
    seeds = tf.random.split(seed, 3)
    if augment.jitter:
        crop = crop._replace(window_px=_jittered(window_of(crop), seeds[0], augment.jitter))
    view = unaugmented_crop(crop, size)
    if augment.flip:
        mirrored = tf.random.stateless_uniform([], seeds[1]) < 0.5
        view = tf.cond(mirrored, lambda: tf.reverse(view, [1]), lambda: view)
    return photometric(view, seeds[2]) if augment.photometric else view


def _jittered(window_px: tf.Tensor, seed: tf.Tensor, jitter: float) -> tf.Tensor:
    """Shift a window and change its sides by up to ``jitter`` of the side: float32 [4], yxyx, px."""
    draws = tf.random.stateless_uniform([4], seed, -jitter, jitter)
    half = (window_px[2:] - window_px[:2]) / 2.0
    center = box_ops.centers(window_px) + 2.0 * half * draws[:2]
    half *= 1.0 + draws[2:]
    return tf.concat([center - half, center + half], axis=0)
