"""A network of two layers, its loss and its data: the network must learn the sum of three numbers."""

import numpy as np
import tensorflow as tf
import tf_keras


def network() -> tf_keras.Model:
    tf_keras.utils.set_random_seed(0)
    inputs = tf_keras.Input([3])
    hidden = tf_keras.layers.Dense(4, name="hidden")(inputs)
    return tf_keras.Model(inputs, {"y": tf_keras.layers.Dense(1, name="head")(hidden)})


def losses(outputs: dict[str, tf.Tensor], targets: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    return {"square": tf.reduce_mean((outputs["y"] - targets["y"]) ** 2)}


def data() -> tf.data.Dataset:
    x = np.random.default_rng(0).normal(size=(32, 3)).astype(np.float32)
    return tf.data.Dataset.from_tensor_slices((x, {"y": x.sum(axis=1, keepdims=True)})).batch(8)
