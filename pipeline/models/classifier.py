"""The image classifier: a backbone, a head of its own or global average pooling, and one linear layer for each task."""

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf
import tf_keras

from pipeline.models.backbones.layered import apply_layers
from pipeline.models.backbones.registry import build_backbone, head_layers
from pipeline.models.weights.config import ClassifierConfig
from pipeline.params.layers import Layer


def build_classifier(backbone: tf_keras.Model, heads: Mapping[str, int], *, dropout: float) -> tf_keras.Model:
    """Build a classifier that pools the last feature map of a backbone.

    Args:
        backbone: A model that :func:`pipeline.models.backbones.registry.build_backbone` returned.
        heads: Name of the head -> K, its number of classes.
        dropout: Dropout rate of the pooled features in training, in [0, 1).

    Returns:
        A model from float32 [B, H, W, 3], RGB in [0, 255], to a dict of class logits: head -> float32 [B, K].
    """
    features = tf_keras.layers.GlobalAveragePooling2D(name="pool")(last_map(backbone.output))
    features = tf_keras.layers.Dropout(dropout, name="dropout")(features)
    return tf_keras.Model(backbone.input, _logits(features, heads), name="classifier")


def build_layered_classifier(
    backbone: tf_keras.Model, hidden: Sequence[Layer], heads: Mapping[str, int], *, image_size: int
) -> tf_keras.Model:
    """Build a classifier with the hidden layers of the backbone's own head, which read all cells of the last map.

    Args:
        backbone: A model that :func:`pipeline.models.backbones.registry.build_backbone` returned.
        hidden: The layers between the last feature map and the class logits.
        heads: Name of the head -> K, its number of classes.
        image_size: S, the side of the images, px. The number of weights depends on it.

    Returns:
        A model from float32 [B, S, S, 3], RGB in [0, 255], to a dict of class logits: head -> float32 [B, K].
    """
    image = tf_keras.Input([image_size, image_size, 3], name="image")
    features = apply_layers(last_map(backbone(image)), hidden)[-1]
    return tf_keras.Model(image, _logits(features, heads), name="classifier")


def last_map(features: Mapping[str, Any]) -> Any:
    """Return the feature map of the coarsest level.

    Args:
        features: Level, as text -> feature map.
    """
    return features[max(features, key=int)]


def configured_classifier(
    config: ClassifierConfig, *, dropout: float = 0.0
) -> tuple[tf_keras.Model, tf_keras.Model]:
    """Build a backbone and the classifier on it, with random weights.

    Args:
        config: The configuration of the classifier.
        dropout: Dropout rate of the pooled features in training, in [0, 1). A head of its own has its own dropout.
    """
    backbone = build_backbone(config.backbone, config.alpha, layers=config.layers)
    heads = {"class": len(config.classes)}
    if config.head is None:
        return backbone, build_classifier(backbone, heads, dropout=dropout)
    hidden = head_layers(config.backbone, config.layers)
    return backbone, build_layered_classifier(backbone, hidden, heads, image_size=config.image_size)


def _logits(features: Any, heads: Mapping[str, int]) -> dict[str, Any]:
    return {
        name: tf_keras.layers.Dense(classes, dtype="float32", name=name)(features)
        for name, classes in heads.items()
    }


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
