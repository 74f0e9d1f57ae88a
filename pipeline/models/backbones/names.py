"""The names of the backbones and what is known of each, without TensorFlow: the schema of ``params.yaml`` reads them."""

from typing import Literal

# what the zoo can do, said again here because its own module imports TensorFlow; a test holds the two equal
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

IMAGENET_ALPHAS = {
    "mobilenet": (0.25, 0.5, 0.75, 1.0),
    "mobilenet_v2": (0.35, 0.5, 0.75, 1.0, 1.3, 1.4),
}
"""Of the backbones that have a width."""

MIN_SIZES = {"inception_v3": 75}
"""Least side of an image, px, where it is above 32."""
