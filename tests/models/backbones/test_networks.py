"""The networks of the backbones: those of Keras, and EfficientNet with its two divisions."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from tf_keras.src.applications import efficientnet

from pipeline.models.backbones.networks import Build, GardenResNet, basic_resnet, garden_resnet
from pipeline.models.backbones.registry import build_backbone
from pipeline.models.weights.keras_files import load_weights
from pipeline.training.precision import computing_in
from tests.support.official_networks import assert_same_activations, official, with_random_statistics

PIXELS = tf.constant(np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3)).astype(np.float32))


@pytest.mark.parametrize("build", [basic_resnet([1, 1, 1, 1]), garden_resnet(18)])
def test_networks_without_published_weights_refuse_imagenet(build: Build) -> None:
    with pytest.raises(ValueError, match="Keras publishes no ImageNet weights for this backbone"):
        build(tf_keras.Input([None, None, 3]), "imagenet", 1.0)


def test_a_basic_resnet_has_the_given_number_of_blocks() -> None:
    network = basic_resnet([1, 2, 1, 1])(tf_keras.Input([None, None, 3]), None, 1.0)
    names = [layer.name for layer in network.layers]
    assert "v2_stack_1_block2_out" in names
    assert "v2_stack_2_block2_out" not in names


def test_the_resnet_of_model_garden_contains_its_preprocessing() -> None:
    network = garden_resnet(18)(None, None, 1.0)
    assert isinstance(network, GardenResNet)
    assert network.layers[1].name == "preprocessing"


@pytest.fixture
def efficientnet_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file that replaces the published file of EfficientNet-B0."""
    tf_keras.utils.set_random_seed(1)
    path = tmp_path / "efficientnetb0_notop.h5"
    with_random_statistics(official("efficientnet_b0", 1.0)[0]).save_weights(path)
    monkeypatch.setattr(tf_keras.utils, "get_file", lambda *_, **__: str(path))
    monkeypatch.setattr(efficientnet.data_utils, "get_file", lambda *_, **__: str(path))
    return path


@pytest.mark.slow
def test_efficientnet_is_the_official_one_from_a_download_and_from_a_file(
    efficientnet_file: Path, tmp_path: Path
) -> None:
    expected, preprocess = official("efficientnet_b0", 1.0, "imagenet")
    from_file, reloaded = build_backbone("efficientnet_b0", 1.0), build_backbone("efficientnet_b0", 1.0)
    load_weights(from_file, efficientnet_file)
    assert_same_activations(from_file, expected, preprocess)
    assert_same_activations(build_backbone("efficientnet_b0", 1.0, "imagenet"), expected, preprocess)
    for layout in ("saved.weights.h5", "saved.h5"):
        from_file.save_weights(tmp_path / layout)
        reloaded.load_weights(tmp_path / layout)
        assert_same_activations(reloaded, expected, preprocess)
    by_path, _ = official("efficientnet_b0", 1.0, str(efficientnet_file))
    with pytest.raises(AssertionError):  # Keras reads the same file without the second division
        assert_same_activations(from_file, by_path, preprocess)


def test_efficientnet_sees_normalized_colours_with_random_weights_and_keeps_them_in_float32() -> None:
    with computing_in("mixed_bfloat16"):
        backbone = build_backbone("efficientnet_b0", 1.0)
    colours = tf_keras.Model(backbone.input, backbone.get_layer("stem_conv_pad").input)
    seen = colours(PIXELS)
    expected = (PIXELS / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    np.testing.assert_allclose(seen, expected, atol=1e-5)
    assert {variable.dtype.name for variable in backbone.variables} == {"float32", "int64"}
