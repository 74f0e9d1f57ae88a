"""Networks built from lists of layers: grouped convolutions and local response normalisation by hand."""

import numpy as np
import tensorflow as tf
import tf_keras

from pipeline.models.backbones.layered import GroupedConv2D, LocalResponseNormalization
from pipeline.models.backbones.registry import build_backbone
from pipeline.params.layers import Conv, Dense, Pool


def test_each_group_of_filters_sees_its_own_channels() -> None:
    layer = GroupedConv2D(6, 3, groups=2, activation="relu")
    inputs = tf.random.stateless_normal([2, 5, 5, 4], [1, 2])
    outputs = layer(inputs)
    layer.bias.assign(tf.range(6.0) - 3.0)
    outputs = layer(inputs)
    for group in range(2):
        own = tf.nn.conv2d(
            inputs[..., 2 * group : 2 * group + 2], layer.kernel[..., 3 * group : 3 * group + 3], 1, "VALID"
        )
        expected = tf.nn.relu(own + layer.bias[3 * group : 3 * group + 3])
        np.testing.assert_allclose(outputs[..., 3 * group : 3 * group + 3], expected, atol=1e-5)


def test_the_local_response_normalisation_by_hand() -> None:
    inputs = np.random.default_rng(0).normal(0, 30, (1, 2, 2, 7)).astype(np.float32)
    outputs = LocalResponseNormalization()(inputs).numpy()
    expected = np.empty_like(inputs)
    for channel in range(7):  # Krizhevsky et al. 2012, section 3.3
        energy = (inputs[..., max(0, channel - 2) : channel + 3] ** 2).sum(-1)
        expected[..., channel] = inputs[..., channel] / (2.0 + 1e-4 * energy) ** 0.75
    np.testing.assert_allclose(outputs, expected, rtol=1e-5)


def test_a_network_of_ones_own_is_a_backbone() -> None:
    layers = [
        Conv(layer="conv", filters=4, kernel=3, stride=2, padding=1, activation="relu"),
        Pool(layer="pool", kind="average", kernel=2, stride=2, padding=0),
        Dense(layer="dense", units=8, activation="relu"),
    ]
    backbone = build_backbone("layers", 1.0, layers=layers)
    features = backbone(tf.zeros([1, 32, 32, 3]))
    assert {level: feature.shape for level, feature in features.items()} == {"2": (1, 8, 8, 4)}
    again = tf_keras.models.clone_model(backbone)
    assert [layer.name for layer in again.layers] == [layer.name for layer in backbone.layers]
