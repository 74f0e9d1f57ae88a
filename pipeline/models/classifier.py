"""The image classifier: a backbone, global average pooling and one linear head for each task."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf
import tf_keras


def build_classifier(backbone: tf_keras.Model, heads: Mapping[str, int], *, dropout: float) -> tf_keras.Model:
    """Build a classifier with new heads on a backbone.

    Args:
        backbone: A model that :func:`pipeline.models.backbones.registry.build_backbone` returned.
        heads: Name of the head -> K, its number of classes.
        dropout: Dropout rate of the pooled features in training, in [0, 1).

    Returns:
        A model from float32 [B, H, W, 3], RGB in [0, 255], to a dict of class logits: head -> float32 [B, K].
    """
    features = tf_keras.layers.GlobalAveragePooling2D(name="pool")(backbone.output["5"])
    features = tf_keras.layers.Dropout(dropout, name="dropout")(features)
    logits = {
        name: tf_keras.layers.Dense(classes, dtype="float32", name=name)(features)
        for name, classes in heads.items()
    }
    return tf_keras.Model(backbone.input, logits, name="classifier")


def classification_loss(outputs: Mapping[str, Any], targets: Mapping[str, Any]) -> dict[str, tf.Tensor]:
    """Return the softmax cross-entropy of each head, averaged over the batch.

    Args:
        outputs: Head -> class logits, float32 [B, K].
        targets: Head -> class indices, int [B], in [0, K).

    Returns:
        ``<head>_loss`` -> float32 scalar.
    """
    return {
        f"{name}_loss": tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets[name], logits=logits)
        )
        for name, logits in outputs.items()
    }


def classification_scores(outputs: Mapping[str, Any], targets: Mapping[str, Any]) -> dict[str, tf.Tensor]:
    """Return whether the true class of each example is among the k classes with the highest logits.

    Args:
        outputs: Head -> class logits, float32 [B, K].
        targets: Head -> class indices, int [B], in [0, K).

    Returns:
        ``<head>_top1``, and ``<head>_top5`` if K > 5 -> float32 [B], 1 for yes and 0 for no.
    """
    hits = {}
    for name, logits in outputs.items():
        for k in (1, 5):
            if k == 1 or logits.shape[-1] > k:
                hit = tf.math.in_top_k(tf.cast(targets[name], tf.int32), logits, k)
                hits[f"{name}_top{k}"] = tf.cast(hit, tf.float32)
    return hits
