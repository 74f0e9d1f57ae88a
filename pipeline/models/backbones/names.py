"""The names, widths and image sizes of the backbones, for the schema of ``params.yaml``. No TensorFlow is imported."""

from typing import Literal

# These values repeat the registry's, because the registry imports TensorFlow. A test checks that they are equal.
BackboneName = Literal[
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnet50v2",
    "resnet101v2",
    "resnet152v2",
    "garden_resnet18",
    "garden_resnet50",
    "garden_resnet101",
    "inception_v3",
    "vgg16",
    "vgg19",
    "mobilenet",
    "mobilenet_v2",
    "efficientnet_b0",
]

WITHOUT_IMAGENET = ("resnet18", "resnet34", "garden_resnet18", "garden_resnet50", "garden_resnet101")
"""Backbones for which Keras publishes no ImageNet weights."""

IMAGENET_ALPHAS = {
    "mobilenet": (0.25, 0.5, 0.75, 1.0),
    "mobilenet_v2": (0.35, 0.5, 0.75, 1.0, 1.3, 1.4),
}
"""Backbone -> the values of alpha, its width multiplier, for which Keras publishes ImageNet weights.

Backbones that are not listed have one width.
"""

MIN_SIZES = {"inception_v3": 75}
"""Backbone -> the smallest side of an image, px. It is 32 px for backbones that are not listed."""
