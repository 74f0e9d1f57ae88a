"""The image classifier: a zoo backbone, global average pooling and new heads."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf
import tf_keras


def build_classifier(backbone: tf_keras.Model, heads: Mapping[str, int], *, dropout: float) -> tf_keras.Model:
    """Put new heads on a backbone, whose old head is gone.

    Args:
        backbone: As :func:`pipeline.models.backbones.registry.build_backbone` gives it.
        heads: Name -> number of classes; one linear layer each.
        dropout: Share of the pooled features dropped in training.

    Returns:
        A model from float32 [B, H, W, 3], RGB in [0, 255], to a dict of class logits, float32 [B, K] a head.
    """
    features = tf_keras.layers.GlobalAveragePooling2D(name="pool")(backbone.output["5"])
    features = tf_keras.layers.Dropout(dropout, name="dropout")(features)
    logits = {
        name: tf_keras.layers.Dense(classes, dtype="float32", name=name)(features)
        for name, classes in heads.items()
    }
    return tf_keras.Model(backbone.input, logits, name="classifier")


def classification_loss(outputs: Mapping[str, Any], targets: Mapping[str, Any]) -> dict[str, tf.Tensor]:
    """Give softmax cross-entropy a head, averaged over the batch.

    Args:
        outputs: Head -> class logits, float32 [B, K].
        targets: Head -> class index, int [B], in [0, K).
    """
    return {
        f"{name}_loss": tf.reduce_mean(
            tf.nn.sparse_softmax_cross_entropy_with_logits(labels=targets[name], logits=logits)
        )
        for name, logits in outputs.items()
    }


def classification_scores(outputs: Mapping[str, Any], targets: Mapping[str, Any]) -> dict[str, tf.Tensor]:
    """Give each example's hits, float32 [B], a head: ``<head>_top1`` and, above five classes, ``<head>_top5``."""
    hits = {}
    for name, logits in outputs.items():
        for k in (1, 5):
            if k == 1 or logits.shape[-1] > k:
                hit = tf.math.in_top_k(tf.cast(targets[name], tf.int32), logits, k)
                hits[f"{name}_top{k}"] = tf.cast(hit, tf.float32)
    return hits
