import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from tf_keras import applications
from tf_keras.src.applications import efficientnet, mobilenet, resnet

from pipeline.errors import PipelineError
from pipeline.models.backbones import names
from pipeline.models.backbones.batchnorm import set_batchnorm_trainable
from pipeline.models.backbones.freezing import freeze_stages
from pipeline.models.backbones.registry import BACKBONES, build_backbone
from pipeline.models.detectors.feature_grid import on_grid
from pipeline.models.detectors.ssd import Ssd
from pipeline.models.weights.keras_files import load_weights
from pipeline.training.precision import computing_in
from tests.support.detectors import sections_of

PIXELS = tf.constant(np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3)).astype(np.float32))
MORE_PIXELS = np.random.default_rng(1).uniform(0, 255, (1, 96, 96, 3)).astype(np.float32)
SLOW = {"resnet101", "resnet152", "resnet101v2", "resnet152v2"}
ALL = [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in BACKBONES]


def test_params_say_what_the_zoo_has() -> None:
    assert set(get_args(names.BackboneName)) == set(BACKBONES)
    assert set(names.WITHOUT_IMAGENET) == {
        name for name, entry in BACKBONES.items() if not entry.imagenet_alphas
    }
    assert {name: entry.imagenet_alphas for name, entry in BACKBONES.items() if entry.has_width} == (
        names.IMAGENET_ALPHAS
    )
    assert {name: entry.min_size for name, entry in BACKBONES.items() if entry.min_size > 32} == (
        names.MIN_SIZES
    )


@pytest.mark.parametrize("name", ALL)
def test_levels_have_their_strides_and_frozen_stages_are_what_a_level_is_made_of(name: str) -> None:
    backbone = build_backbone(name, 1.0)
    grid = on_grid(backbone, 96)
    assert {level: tuple(shape)[1:3] for level, shape in grid.output_specs.items()} == {
        str(level): (96 // 2**level,) * 2 for level in (2, 3, 4, 5)
    }
    assert set(backbone.output_specs) == {"2", "3", "4", "5"}
    padded = [layer.name for layer in grid.layers if layer.name.startswith("grid")]
    assert padded == ([f"grid_{level}" for level in (2, 3, 4, 5)] if name == "inception_v3" else [])
    for stages in (1, 2, 3, 4):
        freeze_stages(backbone, stages)
        frozen = {layer.name for layer in backbone.layers if not layer.trainable}
        assert frozen == made_of(backbone, str(stages + 1))


def made_of(backbone: tf_keras.Model, level: str) -> set[str]:
    """Name the layers that a feature map depends on, by the links between layers in the model's configuration."""
    config = backbone.get_config()
    inbound = {layer["name"]: inbound_names(layer["inbound_nodes"]) for layer in config["layers"]}
    found: set[str] = set()
    waiting = {config["output_layers"][level][0]}
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= inbound[name] - found
    return found


def inbound_names(nodes: Any) -> set[str]:
    """Collect the names from [[[name, node, tensor, arguments], ...], ...]; an operation's node is its first entry."""
    if isinstance(nodes, list) and nodes and isinstance(nodes[0], str):
        return {nodes[0]} | {name for value in nodes[3].values() for name in inbound_names(value)}
    return {name for node in nodes for name in inbound_names(node)} if isinstance(nodes, list) else set()


def test_c2_of_inception_is_what_the_second_max_pooling_takes() -> None:
    backbone = build_backbone("inception_v3", 1.0)
    place = BACKBONES["inception_v3"].levels[2]
    following = backbone.layers[place + 1]
    poolings = [layer for layer in backbone.layers if isinstance(layer, tf_keras.layers.MaxPooling2D)]
    assert following is poolings[1]
    assert made_of(backbone, "2") == {layer.name for layer in backbone.layers[: place + 1]}


@pytest.mark.parametrize("name", ["resnet18", "vgg16", "inception_v3", "efficientnet_b0"])
def test_batchnorm_learns_at_our_pace_and_only_trainable_layers_are_left(name: str) -> None:
    backbone = build_backbone(name, 1.0)
    norms = [layer for layer in backbone.layers if isinstance(layer, tf_keras.layers.BatchNormalization)]
    assert {layer.momentum for layer in norms} == (set() if name == "vgg16" else {0.9})
    freeze_stages(backbone, 4)
    assert not backbone.trainable_variables


def test_the_grid_holds_the_maps_in_its_middle() -> None:
    backbone = build_backbone("inception_v3", 1.0)
    grid = on_grid(backbone, 96)
    maps = backbone(MORE_PIXELS)
    for level, map_ in grid(MORE_PIXELS).items():
        cells, size = map_.shape[1], maps[level].shape[1]
        before = (cells - size) // 2
        inner = slice(before, before + size)
        np.testing.assert_allclose(map_[:, inner, inner], maps[level], atol=1e-6)
        outside = np.ones(map_.shape, bool)
        outside[:, inner, inner] = False
        assert not map_.numpy()[outside].any()


@pytest.mark.parametrize("image_size", [128, 256])
def test_ssd_stands_on_inception(image_size: int) -> None:
    (section,) = sections_of("ssd")
    backbone = build_backbone("inception_v3", 1.0)
    detector = Ssd(backbone, section, classes=2, image_size=image_size)
    outputs = detector.network(tf.zeros([1, image_size, image_size, 3]))
    assert outputs["box_codes"].shape == (1, *detector.anchors.shape)


def official(name: str, alpha: float, weights: str | None = None) -> tuple[tf_keras.Model, Any]:
    """Build the plain network of Keras for 96 px, and give its own preprocessing."""
    classes, module = {
        "resnet50": (applications.ResNet50, applications.resnet),
        "resnet101": (applications.ResNet101, applications.resnet),
        "resnet152": (applications.ResNet152, applications.resnet),
        "resnet50v2": (applications.ResNet50V2, applications.resnet_v2),
        "resnet101v2": (applications.ResNet101V2, applications.resnet_v2),
        "resnet152v2": (applications.ResNet152V2, applications.resnet_v2),
        "inception_v3": (applications.InceptionV3, applications.inception_v3),
        "vgg16": (applications.VGG16, applications.vgg16),
        "vgg19": (applications.VGG19, applications.vgg19),
        "mobilenet": (applications.MobileNet, applications.mobilenet),
        "mobilenet_v2": (applications.MobileNetV2, applications.mobilenet_v2),
        "efficientnet_b0": (applications.EfficientNetB0, applications.efficientnet),
    }[name]
    width = {"alpha": alpha} if BACKBONES[name].has_width else {}
    model = classes(include_top=False, weights=weights, input_shape=(96, 96, 3), **width)
    return model, module.preprocess_input


def with_random_statistics(model: tf_keras.Model) -> tf_keras.Model:
    """Give BatchNorm and biases values of a trained network, of which none is 0 or 1; EfficientNet its colours."""
    generator = np.random.default_rng(2)
    for variable in model.weights:
        if variable.shape.rank == 1:
            positive = any(kind in variable.name for kind in ("variance", "gamma"))
            variable.assign(generator.uniform(0.5, 1.5, variable.shape) - (0.0 if positive else 1.0))
    for layer in model.layers:
        if isinstance(layer, tf_keras.layers.Normalization):
            # the published file has the standard deviation for a variance
            layer.adapt_mean.assign([0.485, 0.456, 0.406])
            layer.adapt_variance.assign([0.229, 0.224, 0.225])
            layer.finalize_state()
    return model


def assert_same_activations(backbone: tf_keras.Model, model: tf_keras.Model, preprocess: Any) -> None:
    expected = model(preprocess(MORE_PIXELS.copy()), training=False).numpy()
    actual = backbone(MORE_PIXELS, training=False)["5"]
    assert expected.std() > 0
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


CASES = [
    ("mobilenet", 0.25, ".h5"),
    ("mobilenet", 0.6, ".weights.h5"),
    ("mobilenet_v2", 0.35, ".h5"),
    ("mobilenet_v2", 1.4, ".h5"),
    ("resnet50", 1.0, ".weights.h5"),
    *[
        pytest.param(name, 1.0, ".h5", marks=pytest.mark.slow if name in SLOW else ())
        for name in BACKBONES
        if not name.startswith("garden")
        and name not in ("resnet18", "resnet34", "mobilenet", "mobilenet_v2", "efficientnet_b0")
    ],
]


@pytest.mark.parametrize(("name", "alpha", "suffix"), CASES)
def test_official_files_give_the_official_activations(
    name: str, alpha: float, suffix: str, tmp_path: Path
) -> None:
    tf_keras.utils.set_random_seed(1)
    model, preprocess = official(name, alpha)
    with_random_statistics(model).save_weights(tmp_path / f"weights{suffix}")
    backbone = build_backbone(name, alpha)
    load_weights(backbone, tmp_path / f"weights{suffix}")
    assert_same_activations(backbone, model, preprocess)


@pytest.fixture
def efficientnet_file(tmp_path: Path, monkeypatch) -> Path:
    """Stand in for the published file of EfficientNet-B0."""
    tf_keras.utils.set_random_seed(1)
    path = tmp_path / "efficientnetb0_notop.h5"
    with_random_statistics(official("efficientnet_b0", 1.0)[0]).save_weights(path)
    monkeypatch.setattr(tf_keras.utils, "get_file", lambda *_, **__: str(path))
    monkeypatch.setattr(efficientnet.data_utils, "get_file", lambda *_, **__: str(path))
    return path


def test_efficientnet_is_that_of_imagenet_however_the_weights_come(efficientnet_file, tmp_path) -> None:
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
    with pytest.raises(AssertionError):  # Keras' own reading of the same file differs
        assert_same_activations(from_file, by_path, preprocess)


def test_efficientnet_sees_normalized_colours_with_random_weights_and_keeps_them_in_float32() -> None:
    with computing_in("mixed_bfloat16"):
        backbone = build_backbone("efficientnet_b0", 1.0)
    colours = tf_keras.Model(backbone.input, backbone.get_layer("stem_conv_pad").input)
    seen = colours(PIXELS)
    expected = (PIXELS / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    np.testing.assert_allclose(seen, expected, atol=1e-5)
    assert {variable.dtype.name for variable in backbone.variables} == {"float32", "int64"}


def test_a_file_that_does_not_fit_says_so_in_one_line(tmp_path: Path) -> None:
    backbone = build_backbone("mobilenet", 0.25)
    for suffix in (".h5", ".weights.h5"):
        applications.MobileNet(
            alpha=0.5, include_top=False, weights=None, input_shape=(64, 64, 3)
        ).save_weights(tmp_path / f"half{suffix}")
        short = tf_keras.Model(backbone.input, backbone.get_layer("conv_pw_13").output)
        short.save_weights(tmp_path / f"short{suffix}")
    applications.MobileNet(alpha=0.25, weights=None, classes=3).save_weights(tmp_path / "top.h5")
    (tmp_path / "text.h5").write_text("not weights")
    shapes = "layer conv1: the file has (3, 3, 3, 16), mobilenet needs (3, 3, 3, 8)"
    short_of = (
        "the file has 53 layers with weights, mobilenet needs 54; the first that is missing is conv_pw_13_bn"
    )
    for file, said in {
        "half.h5": shapes,
        "half.weights.h5": shapes,
        "short.h5": short_of,
        "short.weights.h5": short_of,
        "top.h5": "the file has 55 layers with weights, mobilenet needs 54; give one without top",
        "text.h5": "does not fit",
        "no.h5": "not found",
        "": "no checkpoint in this folder",
    }.items():
        with pytest.raises(PipelineError) as raised:
            load_weights(backbone, tmp_path / file)
        assert said in str(raised.value)
        assert "\n" not in str(raised.value)


@pytest.fixture
def server(tmp_path: Path):
    folder = tmp_path / "served"
    folder.mkdir()
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{running.server_address[1]}/"
        running.shutdown()


def test_imagenet_weights_are_downloaded_checked_and_loaded(server, tmp_path: Path, monkeypatch) -> None:
    folder, address = server
    name = "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"
    official = tf_keras.applications.ResNet50(include_top=False, weights=None)
    official.save_weights(folder / name)
    digest = hashlib.md5((folder / name).read_bytes()).hexdigest()
    monkeypatch.setattr(resnet, "BASE_WEIGHTS_PATH", address)
    monkeypatch.setitem(resnet.WEIGHTS_HASHES, "resnet50", ("", digest))
    monkeypatch.setenv("HOME", str(tmp_path))
    backbone = build_backbone("resnet50", 1.0, "imagenet")
    np.testing.assert_array_equal(
        backbone.get_layer("conv1_conv").kernel, official.get_layer("conv1_conv").kernel
    )
    monkeypatch.setitem(resnet.WEIGHTS_HASHES, "resnet50", ("", "0" * 32))
    with pytest.raises(PipelineError, match=r"zoo\.weights imagenet: resnet50: .*hash"):
        build_backbone("resnet50", 1.0, "imagenet")


def test_imagenet_weights_that_cannot_be_had_are_one_line(server, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(mobilenet, "BASE_WEIGHT_PATH", server[1])
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(PipelineError, match=r"404.*offline, give zoo\.weights=file"):
        build_backbone("mobilenet", 0.25, "imagenet")


def test_frozen_batchnorm_stays_as_it_is_in_training() -> None:
    backbone = build_backbone("mobilenet", 0.25)
    set_batchnorm_trainable(backbone, False)
    before = backbone.get_layer("conv1_bn").moving_mean.numpy().copy()
    inference = backbone(PIXELS, training=False)["5"]
    np.testing.assert_allclose(backbone(PIXELS, training=True)["5"], inference, atol=1e-6)
    np.testing.assert_array_equal(backbone.get_layer("conv1_bn").moving_mean, before)
    assert not any("gamma" in variable.name for variable in backbone.trainable_variables)


@pytest.mark.real
def test_the_real_imagenet_file_loads(real_data: Path) -> None:
    backbone = build_backbone("mobilenet", 0.25)
    before = backbone.get_layer("conv1").kernel.numpy().copy()
    load_weights(backbone, real_data / "weights" / "mobilenet_2_5_224_tf_no_top.h5")
    assert np.abs(backbone.get_layer("conv1").kernel - before).max() > 0.1
