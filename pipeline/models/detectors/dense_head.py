"""A feature pyramid and a head that is shared by its levels, with group normalisation.

Group normalisation (Wu and He 2018) computes the same in training and in inference, whatever the batch size. The moving
statistics of BatchNorm lag behind the weights in a short training.
"""

from collections.abc import Mapping
from typing import Any

import tf_keras

from pipeline.models.detectors.group_norm import GroupNorm

GROUPS = 16
"""Groups of channels. Channels that are not a multiple of it form one group."""

KERNEL_STDDEV = 0.01
"""Standard deviation of the initial kernels of the outputs (Lin et al. 2017, RetinaNet, section 4.1)."""


def feature_pyramid(
    features: Mapping[str, Any], *, min_level: int, max_level: int, filters: int
) -> dict[str, Any]:
    """Add a feature pyramid (Lin et al. 2017, FPN, section 3; the coarse levels as in RetinaNet, section 4).

    Args:
        features: Level, as text -> feature map of the backbone, [B, S / 2**l, S / 2**l, C_l], up to level 5.
        min_level: The finest level of the pyramid.
        max_level: The coarsest level of the pyramid, at least 5.
        filters: Channels of each level.

    Returns:
        Level, as text -> [B, ceil(S / 2**l), ceil(S / 2**l), filters], finest first.
    """
    levels = {}
    top = None
    for level in range(5, min_level - 1, -1):
        lateral = tf_keras.layers.Conv2D(filters, 1, name=f"lateral_{level}")(features[str(level)])
        if top is not None:
            upsampled = tf_keras.layers.UpSampling2D(2, name=f"upsampled_{level}")(top)
            lateral = tf_keras.layers.Add(name=f"sum_{level}")([lateral, upsampled])
        top = lateral
        levels[str(level)] = _conv_norm(lateral, filters, f"pyramid_{level}")
    for level in range(6, max_level + 1):
        levels[str(level)] = _conv_norm(levels[str(level - 1)], filters, f"pyramid_{level}", stride=2)
    return {level: levels[level] for level in sorted(levels)}


class Tower:
    """Convolutions with group normalisation, and an output. All levels share their weights."""

    def __init__(
        self, name: str, *, filters: int, convolutions: int, outputs: int, bias: float = 0.0
    ) -> None:
        """Create the layers.

        Args:
            name: Prefix of the layers' names.
            filters: Channels of the convolutions.
            convolutions: Number of 3x3 convolutions before the output.
            outputs: Channels of the output.
            bias: Initial bias of the output.
        """
        self._hidden = [
            layer
            for number in range(1, convolutions + 1)
            for layer in (
                tf_keras.layers.Conv2D(
                    filters, 3, padding="same", use_bias=False, name=f"{name}_{number}_conv"
                ),
                _group_norm(filters, f"{name}_{number}_norm"),
                tf_keras.layers.ReLU(name=f"{name}_{number}_relu"),
            )
        ]
        self._output = tf_keras.layers.Conv2D(
            outputs,
            3,
            padding="same",
            kernel_initializer=tf_keras.initializers.RandomNormal(stddev=KERNEL_STDDEV),
            bias_initializer=tf_keras.initializers.Constant(bias),
            dtype="float32",
            name=f"{name}_output",
        )

    def __call__(self, feature: Any) -> Any:
        """Return the output for one level: [B, H, W, filters] -> float32 [B, H, W, outputs]."""
        for layer in self._hidden:
            feature = layer(feature)
        return self._output(feature)


def _conv_norm(x: Any, filters: int, name: str, stride: int = 1) -> Any:
    x = tf_keras.layers.Conv2D(filters, 3, stride, padding="same", use_bias=False, name=f"{name}_conv")(x)
    return _group_norm(filters, f"{name}_norm")(x)


def _group_norm(filters: int, name: str) -> GroupNorm:
    groups = GROUPS if filters % GROUPS == 0 else 1
    return GroupNorm(groups, epsilon=1e-5, name=name)
