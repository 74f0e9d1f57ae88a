"""Freezing the first stages of a backbone."""

import tf_keras

from pipeline.models.backbones.registry import layer_at


def freeze_stages(backbone: tf_keras.Model, stages: int) -> None:
    """Freeze the first stages of a backbone, and leave the other layers as they are.

    A frozen layer is not updated, and no gradient is computed for it, which saves time.

    Args:
        backbone: A model that :func:`pipeline.models.backbones.registry.build_backbone` returned.
        stages: 0 freezes nothing; 1 freezes the stem and all layers up to C2; 2, 3 and 4 freeze all layers up to C3,
            C4 and C5, or all layers if the backbone lacks that level.
    """
    if stages:
        level = min((level for level in backbone.levels if level > stages), default=max(backbone.levels))
        last = layer_at(backbone, backbone.levels[level])
        # Keras lists the layers by their distance from the output. In these networks, the layers up to the last one
        # of a level are exactly those that the level depends on. A test checks this for each backbone and each level.
        for layer in backbone.layers[: backbone.layers.index(last) + 1]:
            layer.trainable = False
