"""Reproducible training: a seed always gives the same weights."""

import tensorflow as tf
import tf_keras


def make_deterministic(seed: int) -> None:
    """Seed Python, NumPy and TensorFlow, and make TensorFlow use deterministic kernels only.

    Deterministic kernels stay selected until the process ends.
    """
    tf_keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
