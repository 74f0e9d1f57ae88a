import hashlib
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tf_keras
from tf_keras.src.applications import mobilenet, resnet

from pipeline.errors import PipelineError
from pipeline.models.backbones import BACKBONES, build_backbone, load_weights, set_batchnorm_trainable

PIXELS = tf.constant(np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3)).astype(np.float32))


@pytest.mark.parametrize("name", BACKBONES)
def test_levels_have_their_strides(name: str) -> None:
    backbone = build_backbone(name, 1.0)
    features = backbone(PIXELS)
    assert {level: tuple(value.shape[1:3]) for level, value in features.items()} == {
        str(level): (64 // 2**level,) * 2 for level in (2, 3, 4, 5)
    }
    assert set(backbone.output_specs) == set(features)


OFFICIAL = {
    "mobilenet": (
        lambda: tf_keras.applications.MobileNet(
            input_shape=(64, 64, 3), alpha=0.25, include_top=False, weights=None
        ),
        tf_keras.applications.mobilenet.preprocess_input,
        0.25,
    ),
    "resnet50": (
        lambda: tf_keras.applications.ResNet50(input_shape=(64, 64, 3), include_top=False, weights=None),
        tf_keras.applications.resnet.preprocess_input,
        1.0,
    ),
}


@pytest.mark.parametrize("suffix", [".h5", ".weights.h5"])
@pytest.mark.parametrize("name", OFFICIAL)
def test_official_files_give_the_official_activations(name: str, suffix: str, tmp_path: Path) -> None:
    build, preprocess, alpha = OFFICIAL[name]
    tf_keras.utils.set_random_seed(1)
    official = build()
    official.save_weights(tmp_path / f"weights{suffix}")
    expected = official(preprocess(PIXELS.numpy().copy()), training=False)
    backbone = build_backbone(name, alpha)
    load_weights(backbone, tmp_path / f"weights{suffix}")
    actual = backbone(PIXELS, training=False)["5"]
    np.testing.assert_allclose(actual, expected, atol=1e-5 * max(1.0, float(tf.reduce_max(tf.abs(expected)))))


def test_a_file_that_does_not_fit_says_so_in_one_line(tmp_path: Path) -> None:
    tf_keras.applications.MobileNet(
        alpha=0.5, include_top=False, weights=None, input_shape=(64, 64, 3)
    ).save_weights(tmp_path / "half.h5")
    (tmp_path / "text.h5").write_text("not weights")
    backbone = build_backbone("mobilenet", 0.25)
    for file, said in (
        ("half.h5", "does not fit mobilenet"),
        ("text.h5", "does not fit"),
        ("no.h5", "not found"),
        ("", "is a folder"),
    ):
        with pytest.raises(PipelineError, match=said) as raised:
            load_weights(backbone, tmp_path / file)
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
