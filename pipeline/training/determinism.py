"""The same training from the same seed."""

import tensorflow as tf
import tf_keras


def make_deterministic(seed: int) -> None:
    """Seed Python, NumPy and TensorFlow, and make TensorFlow use its deterministic kernels."""
    tf_keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
