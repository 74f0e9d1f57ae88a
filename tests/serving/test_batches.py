"""Batches as servers receive them: elements that are no images, and no element at all."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from pipeline.models.detectors.registry import build_detector
from pipeline.ops.nms import Suppression
from pipeline.serving.batches import decode_or_blank
from pipeline.serving.classifier import ClassifierService
from pipeline.serving.detector import DetectorService
from pipeline.serving.saved_model import load, save
from tests.support.detectors import config_of
from tests.support.networks import OneBox, colour_classifier

JPEG = tf.io.encode_jpeg(tf.constant(np.arange(40 * 60 * 3).reshape(40, 60, 3) % 251, tf.uint8)).numpy()
PNG = tf.io.encode_png(tf.fill([20, 30, 3], tf.constant(90, tf.uint8))).numpy()
BAD = {
    "empty": b"",
    "text": b"hello",
    "a truncated JPEG": JPEG[: len(JPEG) // 2],
    "a truncated PNG": PNG[:-20],
    "the beginning of a PNG": PNG[:12],
}


def served(service: Any, folder: Path) -> Any:
    """Return the signatures of a service that was saved and loaded again."""
    save(service, folder)
    return load(folder).signatures


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_what_cannot_be_decoded_is_a_black_pixel(bad: bytes) -> None:
    image, valid = decode_or_blank(tf.constant(bad))
    assert not valid and image.numpy().tolist() == [[[0, 0, 0]]]


def test_what_can_be_decoded_is_as_it_is() -> None:
    image, valid = decode_or_blank(tf.constant(PNG))
    assert valid
    np.testing.assert_array_equal(image, np.full([20, 30, 3], 90))


def test_a_bad_element_of_the_detector_s_batch_changes_no_other(tmp_path: Path) -> None:
    service = DetectorService(OneBox(masks=True), ["cat"], 32, Suppression(0.1, 0.5, 3))
    detect = served(service, tmp_path / "model")["serving_default"]
    outputs = {name: value.numpy() for name, value in detect(tf.constant([JPEG, *BAD.values(), PNG])).items()}
    assert outputs["valid"].tolist() == [True, *[False] * len(BAD), True]
    assert outputs["num_detections"].tolist() == [1, *[0] * len(BAD), 1]
    alone = {name: value.numpy() for name, value in detect(tf.constant([JPEG, PNG])).items()}
    for name, value in outputs.items():
        np.testing.assert_array_equal(value[[0, -1]], alone[name])
        assert not value[1:-1].astype(bool).any(), name


def test_a_bad_element_of_the_classifier_s_batch_changes_no_other(tmp_path: Path) -> None:
    service = ClassifierService(colour_classifier(), ["red", "green", "blue"], 32)
    classify = served(service, tmp_path / "model")["serving_default"]
    outputs = classify(tf.constant([JPEG, b"hello"]))
    assert outputs["valid"].numpy().tolist() == [True, False]
    assert outputs["class_names"].numpy()[1] == b"" and outputs["classes"].numpy()[1] == 0
    assert not outputs["scores"].numpy()[1].any()
    np.testing.assert_allclose(outputs["scores"][0], classify(tf.constant([JPEG]))["scores"][0], atol=1e-6)
    assert outputs["labels"].numpy().tolist() == [b"red", b"green", b"blue"]


@pytest.mark.parametrize("nms_per_class", [True, False])
def test_an_empty_batch_of_a_real_detector_has_empty_outputs(tmp_path: Path, nms_per_class: bool) -> None:
    detector = build_detector(config_of("ssd", classes=("a", "b")), None)
    service = DetectorService(detector, ["a", "b"], 128, Suppression(0.1, 0.5, 3, nms_per_class))
    signatures = served(service, tmp_path / "model")
    for outputs in (
        signatures["serving_default"](tf.zeros([0], tf.string)),
        signatures["from_tensor"](tf.zeros([0, 9, 7, 3], tf.uint8)),
    ):
        shapes = {name: tuple(value.shape) for name, value in outputs.items()}
        assert shapes == {
            "boxes": (0, 3, 4),
            "scores": (0, 3),
            "classes": (0, 3),
            "class_names": (0, 3),
            "num_detections": (0,),
            "sizes": (0, 2),
            "valid": (0,),
        }


def test_an_empty_batch_of_a_classifier_has_empty_outputs(tmp_path: Path) -> None:
    image = tf_keras.Input([32, 32, 3])
    features = tf_keras.layers.ReLU()(tf_keras.layers.Conv2D(4, 3, groups=1)(image))
    pooled = tf_keras.layers.GlobalAveragePooling2D()(features)
    network = tf_keras.Model(image, {"class": tf_keras.layers.Dense(2)(pooled)})
    signatures = served(ClassifierService(network, ["a", "b"], 32), tmp_path / "model")
    for outputs in (
        signatures["serving_default"](tf.zeros([0], tf.string)),
        signatures["from_tensor"](tf.zeros([0, 9, 7, 3], tf.uint8)),
    ):
        assert outputs["scores"].shape == (0, 2) and outputs["class_names"].shape == (0,)
        assert outputs["labels"].numpy().tolist() == [b"a", b"b"]
