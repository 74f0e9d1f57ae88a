"""Colour augmentation, which scenes and crops share."""

import tensorflow as tf


def photometric(image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Change brightness, contrast, saturation and hue, each in half of the draws.

    These distortions are those of Howard 2013, which SSD applies (Liu et al. 2016, section 2.2). Their ranges are
    those of SSD's released code.

    Args:
        image: float32 [H, W, 3], RGB in [0, 255].
        seed: int32 [2].

    Returns:
        float32 [H, W, 3], RGB in [0, 255].
    """
    seeds = tf.random.split(seed, 2)
    brightness, contrast, saturation, hue = tf.unstack(tf.random.stateless_uniform([4], seeds[0], -1.0, 1.0))
    applied = tf.random.stateless_uniform([4], seeds[1]) < 0.5
    unit = image / 255.0
    unit = tf.cond(applied[0], lambda: unit + brightness * 32.0 / 255.0, lambda: unit)
    unit = tf.cond(applied[1], lambda: unit * (1.0 + contrast * 0.5), lambda: unit)
    unit = tf.clip_by_value(unit, 0.0, 1.0)
    unit = tf.cond(applied[2], lambda: tf.image.adjust_saturation(unit, 1.0 + saturation * 0.5), lambda: unit)
    unit = tf.cond(applied[3], lambda: tf.image.adjust_hue(unit, hue * 0.05), lambda: unit)
    return tf.clip_by_value(unit, 0.0, 1.0) * 255.0
