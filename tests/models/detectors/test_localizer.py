"""The localizer: its targets, its losses by hand, and its box."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from pipeline.models.backbones.registry import build_backbone
from pipeline.models.detectors.localizer import Localizer, _attended
from pipeline.ops.nms import Suppression
from pipeline.ops.truth import Truth, select_objects
from pipeline.params import detectors as sections
from tests.support.detectors import SCENE, batch_of_one

SUPPRESSION = Suppression(0.5, 0.45, 3)
OBJECT = Truth(
    boxes=tf.constant([[0.2, 0.1, 0.6, 0.4]]), labels=tf.constant([2]), ignored=tf.constant([False])
)


def localizer(**changes: Any) -> Localizer:
    settings = {
        "target": "corners",
        "classify": True,
        "units": 8,
        "dropout": 0.0,
        "box_weight": 10.0,
        "class_weight": 2.0,
    }
    section = sections.Localizer(**(settings | changes))
    return Localizer(build_backbone("mobilenet", 0.25), section, classes=3, image_size=64)


@pytest.mark.parametrize("target", ["corners", "corner_size"])
def test_a_new_network_gives_a_box_in_the_middle(target: str) -> None:
    detector = localizer(target=target, classify=False)
    even = tf.fill([1, 64, 64, 3], 128.0)
    found = detector.decode(detector.network(even), SUPPRESSION)
    np.testing.assert_allclose(found["boxes"][0, 0], [0.25, 0.25, 0.75, 0.75], atol=0.15)


def test_the_attended_place_is_that_of_the_cell_that_stands_out() -> None:
    cells = np.zeros((1, 4, 4, 2), np.float32)
    cells[0, 3, 1] = [50.0, 7.0]
    image = tf_keras.Input([4, 4, 2])
    model = tf_keras.Model(image, _attended(image))
    model.get_layer("attention").set_weights([np.array([[[[1.0], [0.0]]]]), np.zeros(1)])
    place, features = model(cells)
    np.testing.assert_allclose(place[0], [1.5 / 4, 3.5 / 4], atol=1e-6)
    np.testing.assert_allclose(features[0], [50.0, 7.0], rtol=1e-5)


@pytest.mark.parametrize(
    ("target", "numbers"), [("corners", [0.1, 0.2, 0.4, 0.6]), ("corner_size", [0.1, 0.2, 0.3, 0.4])]
)
def test_the_four_numbers_decode_back_to_the_box(target: str, numbers: list[float]) -> None:
    detector = localizer(target=target)
    outputs = {"box": tf.constant([numbers]), "class_logits": tf.constant([[0.0, 9.0, 0.0]])}
    found = detector.decode(outputs, SUPPRESSION)
    np.testing.assert_allclose(found["boxes"][0, 0], OBJECT.boxes[0], atol=1e-6)
    assert found["classes"].numpy().tolist() == [[2, 0, 0]]
    assert found["num_detections"].numpy().tolist() == [1]
    losses = detector.loss(outputs, batch_of_one(detector.encode(OBJECT)))
    np.testing.assert_allclose(losses["box_loss"], 0.0, atol=1e-10)


def test_the_losses_by_hand() -> None:
    detector = localizer()
    outputs = {
        "box": tf.constant([[0.2, 0.2, 0.4, 0.7], [0.0, 0.0, 1.0, 1.0]]),
        "class_logits": tf.zeros([2, 3]),
    }
    empty = detector.encode(select_objects(OBJECT, tf.zeros([0], tf.int64)))
    targets = tf.nest.map_structure(lambda *rows: tf.stack(rows), detector.encode(OBJECT), empty)
    losses = detector.loss(outputs, targets)
    np.testing.assert_allclose(losses["box_loss"], 10 * (0.1**2 + 0.1**2), rtol=1e-5)
    np.testing.assert_allclose(losses["class_loss"], 2 * np.log(3), rtol=1e-5)


def test_only_boxes_without_classes() -> None:
    detector = localizer(classify=False)
    outputs = detector.network(tf.zeros([2, 64, 64, 3]))
    assert outputs.keys() == {"box"}
    assert detector.loss(outputs, batch_of_one(detector.encode(OBJECT))).keys() == {"box_loss"}
    assert detector.decode(outputs, SUPPRESSION)["scores"].numpy().tolist() == [[1.0, 0.0, 0.0]] * 2


def test_the_largest_object_that_counts_is_the_target() -> None:
    targets = localizer().encode(SCENE)
    assert int(targets.label) == 1
    assert int(localizer().encode(SCENE._replace(ignored=tf.constant([False, True]))).label) == 2
    assert int(localizer().encode(SCENE._replace(ignored=tf.constant([True, True]))).label) == 0


def test_a_box_is_never_inverted() -> None:
    found = localizer(classify=False).decode({"box": tf.constant([[0.5, 0.5, 0.3, 0.3]])}, SUPPRESSION)
    np.testing.assert_allclose(found["boxes"][0, 0], [0.5, 0.5, 0.5, 0.5])
