"""The BatchNorm layers of a model: their momentum, and whether they learn."""

import tf_keras

BATCHNORM_MOMENTUM = 0.9
"""Of the running statistics where BatchNorm learns: Keras' 0.99 would lag behind a training of few steps."""


def set_batchnorm_trainable(model: tf_keras.Model, trainable: bool) -> None:
    """Let a model's BatchNorm learn, or keep it in inference mode and out of training.

    It takes effect when the step is traced next.
    """
    for layer in batchnorms(model):
        layer.trainable = trainable


def batchnorms(model: tf_keras.Model) -> list[tf_keras.layers.Layer]:
    """List the BatchNorm of a model, also those within the blocks of Model Garden."""
    # not `submodules`, which takes minutes for a network of 500 layers
    layers = model._flatten_layers(include_self=False)
    return [layer for layer in layers if isinstance(layer, tf_keras.layers.BatchNormalization)]
