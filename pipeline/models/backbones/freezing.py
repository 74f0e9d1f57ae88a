"""Which stages of a backbone stay frozen."""

import tf_keras

from pipeline.models.backbones.registry import BACKBONES, layer_at


def freeze_stages(backbone: tf_keras.Model, stages: int) -> None:
    """Keep the first stages of a backbone from training: 1 is all up to C2, 2 up to C3, ... 4 the whole; 0 none.

    The stem counts with the first stage. Gradients are not even computed for what is frozen, which saves time.
    """
    if stages:
        last = layer_at(backbone, BACKBONES[backbone.name].levels[stages + 1])
        # Keras lists layers by their distance from the end. These networks have nothing that is as far from it as what
        # a level is made of and goes past the level, so the slice is what the level is made of, branches and all
        for layer in backbone.layers[: backbone.layers.index(last) + 1]:
            layer.trainable = False
