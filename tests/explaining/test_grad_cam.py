"""Grad-CAM: the evidence lies where the object is."""

import numpy as np
import pytest
import tensorflow as tf

from pipeline.explaining.grad_cam import grad_cam, heated
from pipeline.models.classifier import configured_classifier
from tests.support.classifiers import classifier_config


def classifier(head: str | None) -> tuple[tf.keras.Model, tf.keras.Model]:
    config = classifier_config(classes=["dark", "bright", "other"], head=head, mode="scratch")
    tf.keras.utils.set_random_seed(3)
    return configured_classifier(config)


@pytest.mark.parametrize("head", [None, "own"])
def test_the_classes_are_those_with_the_highest_scores(head: str | None) -> None:
    backbone, network = classifier(head)
    image = tf.random.stateless_uniform([32, 32, 3], [0, 1], 0.0, 255.0)
    found = grad_cam(network, backbone, image, 2)
    scores = tf.nn.softmax(network(image[None])["class"])[0].numpy()
    assert [evidence.label - 1 for evidence in found] == np.argsort(-scores)[:2].tolist()
    np.testing.assert_allclose([evidence.score for evidence in found], np.sort(scores)[::-1][:2], rtol=1e-4)
    assert all(evidence.heat.shape == (4, 4) and evidence.heat.min() >= 0 for evidence in found)


def test_the_heat_by_hand() -> None:
    backbone, network = classifier(None)
    kernel = np.zeros((128, 3), np.float32)
    kernel[5, 1] = 2.0  # one channel speaks for the class
    network.get_layer("class").set_weights([kernel, np.array([0.0, 1.0, 0.0], np.float32)])
    image = tf.random.stateless_uniform([32, 32, 3], [0, 1], 0.0, 255.0)
    maps = backbone(image[None])["3"][0].numpy()
    (best,) = grad_cam(network, backbone, image, 1)
    assert best.label == 2
    wanted = np.maximum(maps[..., 5], 0.0)
    np.testing.assert_allclose(best.heat, wanted / wanted.max(), rtol=1e-4, atol=1e-6)


def test_no_heat_leaves_the_picture_dark_and_heat_is_bright() -> None:
    image = np.full((8, 8, 3), 100.0, np.float32)
    dark = heated(image, np.zeros((2, 2), np.float32))
    bright = heated(image, np.ones((2, 2), np.float32))
    assert dark.dtype == np.uint8 and (dark == 40).all()
    assert bright[4, 4].tolist() == [193, 160, 64]
