"""The BatchNorm layers of a model: their momentum, and whether they are trained."""

import tf_keras

from pipeline.models.upstream import all_layers

BATCHNORM_MOMENTUM = 0.9
"""Momentum of the moving mean and variance. The default of Keras, 0.99, adapts too slowly for a short training."""

HEAD_MOMENTUM = 0.97
"""The momentum in the layers that a detector adds to its backbone."""


def set_batchnorm_trainable(model: tf_keras.Model, trainable: bool) -> None:
    """Train the BatchNorm layers of a model, or freeze them and keep them in inference mode.

    The change takes effect when the training step is traced the next time.
    """
    for layer in batchnorms(model):
        layer.trainable = trainable


def batchnorms(model: tf_keras.Model) -> list[tf_keras.layers.Layer]:
    """Return the BatchNorm layers of a model, including those inside the blocks of Model Garden."""
    return [layer for layer in all_layers(model) if isinstance(layer, tf_keras.layers.BatchNormalization)]
