"""Where a classifier sees the evidence for a class: Grad-CAM (Selvaraju et al. 2017)."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf
import tf_keras

from pipeline.models.classifier import last_map

HEAT = np.array([[0, 0, 0], [120, 0, 110], [235, 60, 20], [255, 200, 40]], np.float32)
"""Colours of the heat from none to the most, RGB."""

OPACITY = 0.6


class Evidence(NamedTuple):
    """The evidence for a class.

    Attributes:
        label: The label, in 1..K.
        score: The probability of the class.
        heat: float32 [H, W], in [0, 1], in the cells of the last feature map; all 0 if nothing speaks for the class.
    """

    label: int
    score: float
    heat: np.ndarray


def grad_cam(
    network: tf_keras.Model, backbone: tf_keras.Model, image: tf.Tensor, count: int
) -> list[Evidence]:
    """Return the evidence for the classes with the highest scores.

    Args:
        network: A classifier as :func:`pipeline.models.classifier.configured_classifier` returns it.
        backbone: Its backbone.
        image: float32 [S, S, 3], RGB in [0, 255].
        count: The number of classes.
    """
    inner = next((layer for layer in network.layers if layer is backbone), None)
    features = last_map(backbone.output if inner is None else inner.get_output_at(-1))
    model = tf_keras.Model(network.input, [features, network.output["class"]])
    with tf.GradientTape(persistent=True) as tape:
        maps, logits = model(image[None], training=False)
        probabilities = tf.nn.softmax(logits)[0].numpy()
        best = np.argsort(-probabilities, kind="stable")[:count]
        chosen = [logits[0, int(index)] for index in best]
    found = []
    for index, logit in zip(best, chosen, strict=True):
        weights = tf.reduce_mean(tape.gradient(logit, maps), axis=[1, 2])  # equation 1
        heat = tf.nn.relu(tf.reduce_sum(weights[:, None, None] * maps, axis=-1))[0].numpy()  # equation 2
        found.append(
            Evidence(int(index) + 1, float(probabilities[index]), heat / max(float(heat.max()), 1e-12))
        )
    return found


def heated(image: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Lay the evidence over an image.

    Args:
        image: float32 [S, S, 3], RGB in [0, 255].
        heat: float32 [H, W], in [0, 1].

    Returns:
        uint8 [S, S, 3].
    """
    large = tf.image.resize(heat[..., None], image.shape[:2], "bicubic").numpy()[..., 0].clip(0.0, 1.0)
    places = large * (len(HEAT) - 1)
    lower = np.minimum(places.astype(int), len(HEAT) - 2)
    share = (places - lower)[..., None]
    colours = (1.0 - share) * HEAT[lower] + share * HEAT[lower + 1]
    return np.round((1.0 - OPACITY) * image + OPACITY * colours).astype(np.uint8)
