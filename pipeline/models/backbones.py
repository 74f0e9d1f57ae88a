"""The zoo: backbones of the field, each with its own preprocessing, its feature levels and its weight files."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import tf_keras
from keras_cv.models import ResNetBackbone
from tf_keras.src.saving.legacy import hdf5_format

from pipeline.errors import PipelineError

BATCHNORM_MOMENTUM = 0.9
"""Of the running statistics where BatchNorm learns: Keras' 0.99 would lag behind a training of few steps."""


@dataclass(frozen=True)
class Backbone:
    """One architecture of the zoo.

    Attributes:
        build: ``build(pixels, weights, alpha)`` -> the network of Keras without its top, on an input tensor
            that is already preprocessed; ``weights`` is None or "imagenet".
        preprocess: RGB pixels in [0, 255] -> what the published weights were trained on.
        levels: Level l -> the layer whose output has stride 2**l ("C2" to "C5" of the FPN paper).
        has_imagenet: Whether Keras publishes ImageNet weights for it.
        full_convolutions: Whether its convolutions mix all channels; depthwise ones do not.
    """

    build: Callable[[Any, str | None, float], tf_keras.Model]
    preprocess: Callable[[Any], Any]
    levels: dict[int, str]
    has_imagenet: bool
    full_convolutions: bool = True


@tf_keras.utils.register_keras_serializable("pipeline")
class CaffePreprocessing(tf_keras.layers.Layer):
    """RGB in [0, 255] -> BGR less ImageNet's mean colour, as the ResNet and VGG weights of Keras expect."""

    def call(self, pixels: Any) -> Any:
        """Map float32 [B, H, W, 3] RGB to the same shape, BGR, zero-centered."""
        return pixels[..., ::-1] - [103.939, 116.779, 123.68]


def _build_resnet18(pixels: Any, weights: str | None, alpha: float) -> tf_keras.Model:
    if weights:
        raise ValueError("Keras publishes no ImageNet weights for resnet18")
    return ResNetBackbone(
        stackwise_filters=[64, 128, 256, 512],
        stackwise_blocks=[2, 2, 2, 2],
        stackwise_strides=[1, 2, 2, 2],
        include_rescaling=False,
        block_type="basic_block",
        input_tensor=pixels,
    )


def _build_resnet50(pixels: Any, weights: str | None, alpha: float) -> tf_keras.Model:
    return tf_keras.applications.ResNet50(include_top=False, weights=weights, input_tensor=pixels)


def _build_mobilenet(pixels: Any, weights: str | None, alpha: float) -> tf_keras.Model:
    return tf_keras.applications.MobileNet(
        include_top=False, weights=weights, input_tensor=pixels, alpha=alpha
    )


def _to_plus_minus_one(pixels: Any) -> Any:
    return tf_keras.layers.Rescaling(1 / 127.5, offset=-1.0, dtype="float32", name="preprocessing")(pixels)


def _caffe(pixels: Any) -> Any:
    return CaffePreprocessing(dtype="float32", name="preprocessing")(pixels)


BACKBONES: dict[str, Backbone] = {
    "resnet18": Backbone(
        build=_build_resnet18,
        preprocess=_to_plus_minus_one,
        levels={level: f"v2_stack_{level - 2}_block2_out" for level in (2, 3, 4, 5)},
        has_imagenet=False,
    ),
    "resnet50": Backbone(
        build=_build_resnet50,
        preprocess=_caffe,
        levels={2: "conv2_block3_out", 3: "conv3_block4_out", 4: "conv4_block6_out", 5: "conv5_block3_out"},
        has_imagenet=True,
    ),
    "mobilenet": Backbone(
        build=_build_mobilenet,
        preprocess=_to_plus_minus_one,
        levels={2: "conv_pw_3_relu", 3: "conv_pw_5_relu", 4: "conv_pw_11_relu", 5: "conv_pw_13_relu"},
        has_imagenet=True,
        full_convolutions=False,
    ),
}


def build_backbone(name: str, alpha: float, weights: str | None = None) -> tf_keras.Model:
    """Build a backbone of the zoo.

    Args:
        name: A key of :data:`BACKBONES`.
        alpha: MobileNet's width; 1.0 for the others.
        weights: None (random), or "imagenet": downloaded by Keras, or taken from its cache.

    Returns:
        A model from float32 [B, H, W, 3], RGB in [0, 255], to a dict of feature maps "2" to "5", where "l" is
        float32 [B, H / 2**l, W / 2**l, C_l]. It carries ``output_specs``, each map's shape, as Model Garden's
        detectors want. Preprocessing is inside.

    Raises:
        PipelineError: the ImageNet weights cannot be had.
    """
    entry = BACKBONES[name]
    pixels = tf_keras.Input([None, None, 3], name="image")
    try:
        network = entry.build(entry.preprocess(pixels), weights, alpha)
    except Exception as error:
        # Keras raises a bare Exception for a failed download, ValueError for a wrong checksum
        if weights is None:
            raise
        raise PipelineError(
            f"zoo.weights imagenet: {name}: {_one_line(error)}; offline, give zoo.weights=file"
        ) from None
    for layer in network.layers:
        if isinstance(layer, tf_keras.layers.BatchNormalization):
            layer.momentum = BATCHNORM_MOMENTUM
    features = {str(level): network.get_layer(layer).output for level, layer in entry.levels.items()}
    backbone = tf_keras.Model(pixels, features, name=name)
    backbone.output_specs = {level: output.shape for level, output in features.items()}
    return backbone


def load_weights(backbone: tf_keras.Model, path: Path) -> None:
    """Load a Keras weights file without top: the official ``.h5`` layout, or ``.weights.h5`` of a Keras 2 model.

    Raises:
        PipelineError: the file is absent, not HDF5, or of another network; the line says which layer disagrees.
    """
    if not path.is_file():
        raise PipelineError(
            f"weights file {path}: {'is a folder; give the file' if path.is_dir() else 'not found'}"
        )
    try:
        with h5py.File(path, "r") as file:
            # files of whole models keep their weights one group deeper
            group = file.get("model_weights", file)
            if "layer_names" in group.attrs:
                hdf5_format.load_weights_from_hdf5_group(group, backbone)
                return
        backbone.load_weights(path)
    except (OSError, ValueError, KeyError) as error:
        raise PipelineError(f"weights file {path} does not fit {backbone.name}: {_one_line(error)}") from None


def freeze_stages(backbone: tf_keras.Model, stages: int) -> None:
    """Keep the first stages of a backbone from training: 1 is all up to C2, 2 up to C3, ... 4 the whole; 0 none.

    The stem counts with the first stage. Gradients are not even computed for what is frozen, which saves time.
    """
    if stages:
        last = backbone.get_layer(BACKBONES[backbone.name].levels[stages + 1])
        for layer in backbone.layers[: backbone.layers.index(last) + 1]:
            layer.trainable = False


def set_batchnorm_trainable(model: tf_keras.Model, trainable: bool) -> None:
    """Let a model's BatchNorm learn, or keep it in inference mode and out of training.

    It takes effect when the step is traced next.
    """
    for layer in model.layers:
        if isinstance(layer, tf_keras.layers.BatchNormalization):
            layer.trainable = trainable


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
