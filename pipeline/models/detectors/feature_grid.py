"""The grid of a feature map: level l has exactly S / 2**l cells a side, as pyramids and anchors expect."""

from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras

from pipeline.errors import PipelineError


def on_grid(backbone: tf_keras.Model, image_size: int) -> tf_keras.Model:
    """Fix a backbone's image size, and pad with zeros the maps that are smaller than their grid.

    The unpadded ("valid") convolutions of InceptionV3 lose a few cells at the border. For an image of 128 px, C3 has
    13 cells a side instead of 16, and a pyramid could not add the upsampled C4 to it. The maps of all other backbones
    already fill the grid and are not padded.

    Args:
        backbone: A model as :func:`pipeline.models.backbones.registry.build_backbone` returns it. The result shares
            its layers.
        image_size: S, px; a multiple of 32.

    Returns:
        A model from float32 [B, S, S, 3], RGB in [0, 255], to a dict of feature maps "2" to "5", where "l" is
        float32 [B, S / 2**l, S / 2**l, C_l]. Its attribute ``output_specs`` has the shape of
            each map.
    """
    image = tf_keras.Input([image_size, image_size, 3], name="image")
    features = {
        level: _padded(feature, image_size // 2 ** int(level), f"grid_{level}")
        for level, feature in backbone(image).items()
    }
    model = tf_keras.Model(image, features, name=f"{backbone.name}_on_grid")
    model.output_specs = {level: feature.shape for level, feature in features.items()}
    return model


def cell_centers(cells: int, stride: float) -> tf.Tensor:
    """Return the centers of a square grid's cells, row by row: float32 [cells ** 2, 2], y and x, px."""
    places = (np.arange(cells, dtype=np.float32) + 0.5) * stride
    return tf.constant(np.stack(np.meshgrid(places, places, indexing="ij"), axis=-1).reshape(-1, 2))


def _padded(feature: Any, cells: int, name: str) -> Any:
    """Pad a map, [B, H, W, C], to [B, cells, cells, C]: equally on both sides, an odd cell after the map."""
    padding = []
    if max(feature.shape[1:3]) > cells:
        raise PipelineError(
            f"zoo.layers: {name} needs a feature map of at most {cells} cells, but it has {max(feature.shape[1:3])}; "
            "reduce the padding"
        )
    for side in feature.shape[1:3]:
        before = (cells - side) // 2
        padding.append((before, cells - side - before))
    if padding == [(0, 0), (0, 0)]:
        return feature
    return tf_keras.layers.ZeroPadding2D(padding, name=name)(feature)
