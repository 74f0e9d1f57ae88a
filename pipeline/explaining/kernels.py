"""The kernels of a backbone's first convolution, as pictures."""

import numpy as np
import tf_keras

from pipeline.models.backbones.preprocessing import caffe
from pipeline.models.backbones.registry import backbone_entry
from pipeline.models.upstream import all_layers
from pipeline.models.weights.config import BackboneConfig, ClassifierConfig


def first_kernels(backbone: tf_keras.Model, config: BackboneConfig | ClassifierConfig) -> np.ndarray:
    """Return the kernels of the first convolution, each with its own contrast. Grey is 0.

    Args:
        backbone: The backbone with its weights.
        config: Its configuration, which says in which order its channels are.

    Returns:
        uint8 [N, H, W, 3], RGB.
    """
    first = next(layer for layer in all_layers(backbone) if isinstance(layer, tf_keras.layers.Conv2D))
    kernels = np.moveaxis(first.get_weights()[0], -1, 0)
    if backbone_entry(config.backbone, config.layers).preprocess is caffe:
        kernels = kernels[..., ::-1]  # these networks take BGR
    greatest = np.abs(kernels).max(axis=(1, 2, 3), keepdims=True)
    return np.round(127.5 + 127.5 * kernels / np.maximum(greatest, 1e-12)).astype(np.uint8)
