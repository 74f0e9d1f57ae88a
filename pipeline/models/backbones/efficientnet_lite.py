"""EfficientNet-Lite 0, 1 and 2 (Tan and Le 2019; the Lite variants by Liu 2020), with their ImageNet weights.

The Lite variants leave out squeeze-and-excitation, use ReLU6, and keep the width of the first and the last convolution.
The weights are files of installed packages, so they need no network.
"""

import hashlib
import math
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import tf_keras

from pipeline.errors import PipelineError
from pipeline.models.backbones.depthwise import DepthwiseConv2D
from pipeline.models.backbones.names import INSTALLED_WEIGHTS
from pipeline.models.weights.torch_file import read_tensors

STAGES = (
    # kernel, stride, expansion, channels, blocks
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
"""The stages of EfficientNet-B0 (Tan and Le 2019, table 1)."""

STEM_CHANNELS = 32
HEAD_CHANNELS = 1280
BATCHNORM_EPSILON = 1e-3

MULTIPLIERS = {
    "efficientnet_lite0": (1.0, 1.0),
    "efficientnet_lite1": (1.0, 1.1),
    "efficientnet_lite2": (1.1, 1.2),
}
"""Network -> the multipliers of its channels and of its blocks in a stage."""


def lite_levels(name: str) -> dict[int, str | int]:
    """Return the layers of C2 to C5 of a network. C5 is the last convolution, of 1,280 channels."""
    counts = [blocks for *_, blocks in scaled_stages(name)]
    return {
        2: f"stage2_block{counts[1]}",
        3: f"stage3_block{counts[2]}",
        4: f"stage5_block{counts[4]}",
        5: "head_relu6",
    }


def scaled_stages(name: str) -> list[tuple[int, int, int, int, int]]:
    """Return the stages of a network: kernel, stride, expansion, channels and number of blocks of each."""
    width, depth = MULTIPLIERS[name]
    last = len(STAGES) - 1
    return [
        (
            kernel,
            stride,
            expansion,
            _channels(channels * width),
            blocks if index in (0, last) else math.ceil(blocks * depth),
        )
        for index, (kernel, stride, expansion, channels, blocks) in enumerate(STAGES)
    ]


def build_efficientnet_lite(name: str, pixels: Any, weights: str | None) -> tf_keras.Model:
    """Build a network without its classification layer.

    Args:
        name: A key of :data:`MULTIPLIERS`.
        pixels: float32 [B, H, W, 3], preprocessed.
        weights: None for random weights, or "imagenet".

    Raises:
        PipelineError: The file of the ImageNet weights is not installed, or has another checksum.
    """
    x = _conv_bn(pixels, STEM_CHANNELS, "stem", kernel=3, stride=2)
    for number, (kernel, stride, expansion, channels, blocks) in enumerate(scaled_stages(name), start=1):
        for block in range(1, blocks + 1):
            x = _block(
                x,
                f"stage{number}_block{block}",
                kernel=kernel,
                stride=stride if block == 1 else 1,
                expansion=expansion,
                channels=channels,
            )
    x = _conv_bn(x, HEAD_CHANNELS, "head")
    network = tf_keras.Model(tf_keras.utils.get_source_inputs(pixels), x, name=name)
    if weights:
        load_imagenet(network)
    return network


def load_imagenet(network: tf_keras.Model) -> None:
    """Load the ImageNet weights of a network that :func:`build_efficientnet_lite` built.

    Raises:
        PipelineError: The file is not installed, or has another checksum.
    """
    weights = INSTALLED_WEIGHTS[network.name]
    distribution = weights.package.replace("_", "-")
    try:
        path = Path(str(files(weights.package))) / "models" / weights.file
        content = path.read_bytes()
    except (ModuleNotFoundError, FileNotFoundError):
        raise PipelineError(
            f"the weights of {network.name} are not installed; install the package {distribution}"
        ) from None
    if hashlib.sha256(content).hexdigest() != weights.sha256:
        raise PipelineError(f"weights file {path}: wrong checksum; install {distribution} again")
    groups = _by_layer(read_tensors(path))
    layers = [layer for layer in network.layers if layer.weights]
    for layer, tensors in zip(layers, groups, strict=False):  # the file ends with the classification layer
        layer.set_weights([_in_order_of_keras(layer, tensor) for tensor in tensors])


def _channels(channels: float) -> int:
    """Round a number of channels to a multiple of 8, by at most 10 % downwards (Tan and Le's released code)."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


def _conv_bn(
    x: Any, channels: int, name: str, *, kernel: int = 1, stride: int = 1, relu6: bool = True
) -> Any:
    x = tf_keras.layers.Conv2D(channels, kernel, stride, padding="same", use_bias=False, name=f"{name}_conv")(
        x
    )
    return _bn(x, name, relu6=relu6)


def _bn(x: Any, name: str, *, relu6: bool = True) -> Any:
    x = tf_keras.layers.BatchNormalization(epsilon=BATCHNORM_EPSILON, name=f"{name}_bn")(x)
    return tf_keras.layers.ReLU(6.0, name=f"{name}_relu6")(x) if relu6 else x


def _block(x: Any, name: str, *, kernel: int, stride: int, expansion: int, channels: int) -> Any:
    """Apply an inverted residual block (Sandler et al. 2018, section 3.3)."""
    shortcut = x
    if expansion > 1:
        x = _conv_bn(x, x.shape[-1] * expansion, f"{name}_expand")
    x = DepthwiseConv2D(kernel, stride, padding="same", use_bias=False, name=f"{name}_depthwise_conv")(x)
    x = _bn(x, f"{name}_depthwise")
    x = _conv_bn(x, channels, f"{name}_project", relu6=False)
    if stride == 1 and shortcut.shape[-1] == channels:
        return tf_keras.layers.Add(name=name)([x, shortcut])
    return tf_keras.layers.Activation("linear", name=name)(x)


def _by_layer(tensors: dict[str, np.ndarray]) -> list[list[np.ndarray]]:
    """Group the tensors by layer, in the order of the network. BatchNorm's count of batches is left out."""
    groups: dict[str, list[np.ndarray]] = {}
    for name, tensor in tensors.items():
        layer, _, kind = name.rpartition(".")
        if kind != "num_batches_tracked":
            groups.setdefault(layer, []).append(tensor)
    return list(groups.values())


def _in_order_of_keras(layer: tf_keras.layers.Layer, tensor: np.ndarray) -> np.ndarray:
    """Turn a kernel of PyTorch, [out, in, height, width], into that of a layer of Keras."""
    if tensor.ndim != 4:
        return tensor
    is_depthwise = isinstance(layer, tf_keras.layers.DepthwiseConv2D)
    return tensor.transpose([2, 3, 0, 1] if is_depthwise else [2, 3, 1, 0])
