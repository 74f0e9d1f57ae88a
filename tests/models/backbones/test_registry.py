"""The backbones of the registry: strides, channels, and ImageNet weights."""

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import tf_keras
from tf_keras.src.applications import mobilenet, resnet

from pipeline.errors import PipelineError
from pipeline.models.backbones.registry import BACKBONES, build_backbone, layer_at
from pipeline.models.detectors.feature_grid import on_grid
from tests.support.layer_graph import layers_of_level

DEEP = {"resnet101", "resnet152", "resnet101v2", "resnet152v2"}
ALL = [pytest.param(name, marks=pytest.mark.slow if name in DEEP else ()) for name in BACKBONES]


@pytest.mark.parametrize("name", ALL)
def test_the_levels_have_their_strides(name: str) -> None:
    backbone = build_backbone(name, 1.0)
    levels = (2, 3) if name == "simple_cnn" else (2, 3, 4, 5)
    grid = on_grid(backbone, 96)
    assert {level: tuple(shape)[1:3] for level, shape in grid.output_specs.items()} == {
        str(level): (96 // 2**level,) * 2 for level in levels
    }
    assert set(backbone.output_specs) == set(map(str, levels))
    padded = [layer.name for layer in grid.layers if layer.name.startswith("grid")]
    unpadded_convolutions = name in ("inception_v3", "alexnet")
    assert padded == ([f"grid_{level}" for level in (2, 3, 4, 5)] if unpadded_convolutions else [])


def test_a_layer_is_found_by_its_name_and_by_its_index() -> None:
    network = tf_keras.Sequential([tf_keras.Input([3]), tf_keras.layers.Dense(2, name="dense")])
    assert layer_at(network, "dense") is layer_at(network, 0) is network.layers[0]


def test_c2_of_inception_is_the_input_of_the_second_max_pooling() -> None:
    backbone = build_backbone("inception_v3", 1.0)
    index = BACKBONES["inception_v3"].levels[2]
    next_layer = backbone.layers[index + 1]
    poolings = [layer for layer in backbone.layers if isinstance(layer, tf_keras.layers.MaxPooling2D)]
    assert next_layer is poolings[1]
    assert layers_of_level(backbone, "2") == {layer.name for layer in backbone.layers[: index + 1]}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    folder = tmp_path / "served"
    folder.mkdir()
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{running.server_address[1]}/"
        running.shutdown()


def test_imagenet_weights_are_downloaded_checked_and_loaded(
    server: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_a_failed_download_of_imagenet_weights_is_one_line(
    server: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mobilenet, "BASE_WEIGHT_PATH", server[1])
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(PipelineError, match=r"404.*without a network, set zoo\.weights to file"):
        build_backbone("mobilenet", 0.25, "imagenet")
