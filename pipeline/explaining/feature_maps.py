"""The feature maps of an image at some layers of a backbone."""

from collections.abc import Sequence

import numpy as np
import tf_keras

from pipeline.errors import PipelineError
from pipeline.models.backbones.registry import layer_at


def level_layers(backbone: tf_keras.Model) -> list[str]:
    """Return the names of the layers whose outputs are the levels of a backbone, finest first."""
    return [layer_at(backbone, layer).name for _, layer in sorted(backbone.levels.items())]


def layer_outputs(backbone: tf_keras.Model, names: Sequence[str]) -> tf_keras.Model:
    """Return a model with the outputs of some layers.

    Args:
        backbone: A model as :func:`pipeline.models.backbones.registry.build_backbone` returns it.
        names: Names of its layers.

    Returns:
        float32 [B, H, W, 3], RGB in [0, 255] -> {name: float32 [B, H', W', C]}.

    Raises:
        PipelineError: There is no such layer, or its output is no feature map.
    """
    known = {layer.name: layer for layer in backbone.layers}
    for name in names:
        if name not in known:
            raise PipelineError(
                f"{name} is no layer of the backbone {backbone.name}; its levels are "
                f"{', '.join(level_layers(backbone))}"
            )
        if len(known[name].output.shape) != 4:
            raise PipelineError(f"the output of the layer {name} is no feature map; choose another layer")
    return tf_keras.Model(backbone.input, {name: known[name].output for name in names})


def strongest_channels(feature_map: np.ndarray, count: int) -> np.ndarray:
    """Return the channels of a feature map with the greatest values.

    Args:
        feature_map: float32 [H, W, C].
        count: The number of channels.

    Returns:
        int64 [count], or fewer if the map has fewer, in descending order of their greatest values.
    """
    return np.argsort(-feature_map.max(axis=(0, 1)), kind="stable")[:count]


def as_grey(values: np.ndarray) -> np.ndarray:
    """Return one channel of a feature map as grey values, uint8 [H, W, 3], from its least value to its greatest."""
    low, high = float(values.min()), float(values.max())
    grey = np.round(255.0 * (values - low) / max(high - low, 1e-12)).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=-1)
