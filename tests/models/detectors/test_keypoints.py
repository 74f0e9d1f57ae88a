"""The detector of keypoints: its targets decode back, and its losses are those worked out by hand."""

from typing import Any

import numpy as np
import tensorflow as tf

from pipeline.models.backbones.registry import build_backbone
from pipeline.models.detectors.keypoints import Keypoints
from pipeline.ops.nms import Suppression
from pipeline.ops.truth import Truth, select_objects
from pipeline.params import detectors as sections
from tests.support.detectors import batch_of_one

SUPPRESSION = Suppression(0.5, 0.45, 2)
TRUTH = Truth(
    boxes=tf.constant([[0.0, 0.0, 0.1, 0.1], [0.2, 0.2, 0.8, 0.8]]),
    labels=tf.constant([1, 2]),
    ignored=tf.constant([False, False]),
    keypoints=tf.constant([[[0.05, 0.05, 2.0], [0.0, 0.0, 0.0]], [[0.3, 0.4, 2.0], [0.7, 0.6, 1.0]]]),
)


def detector(**changes: Any) -> Keypoints:
    settings = {
        "level": 3,
        "filters": 16,
        "convolutions": 1,
        "mirrored": "auto",
        "place_weight": 5.0,
        "heat_weight": 2.0,
        "visible_weight": 0.5,
    }
    section = sections.Keypoints(**(settings | changes))
    return Keypoints(build_backbone("mobilenet", 0.25), section, classes=2, image_size=128, keypoints=2)


def perfect(model: Keypoints) -> dict[str, tf.Tensor]:
    """Return outputs whose heat maps are exactly those that are wanted of the larger object."""
    wanted = model._wanted(TRUTH.keypoints[1:, :, :2])
    return {
        "heat_logits": tf.math.log(wanted + 1e-12),
        "visible_logits": tf.constant([[9.0, -9.0]]),
        "class_logits": tf.constant([[0.0, 9.0]]),
    }


def test_the_wanted_heat_maps_decode_back() -> None:
    model = detector()
    found = model.decode(perfect(model), SUPPRESSION)
    np.testing.assert_allclose(found["keypoints"][0, 0, :, :2], TRUTH.keypoints[1, :, :2], atol=1e-3)
    np.testing.assert_allclose(found["keypoints"][0, 0, :, 2], [1.0, 0.0], atol=1e-3)
    np.testing.assert_allclose(found["boxes"][0, 0], [0.3, 0.4, 0.7, 0.6], atol=1e-3)
    assert found["classes"].numpy().tolist() == [[2, 0]]
    assert found["num_detections"].numpy().tolist() == [1]
    assert 0.8 < found["scores"][0, 0] <= 1.0


def test_the_losses_of_perfect_outputs_are_zero() -> None:
    model = detector()
    losses = model.loss(perfect(model), batch_of_one(model.encode(TRUTH)))
    for name, value in losses.items():
        assert float(value) < 5e-3, name


def test_the_losses_by_hand() -> None:
    model = detector()
    outputs = {
        "heat_logits": tf.zeros([1, model.cells**2, 2]),  # even maps, whose mean is the middle
        "visible_logits": tf.zeros([1, 2]),
        "class_logits": tf.zeros([1, 2]),
    }
    losses = model.loss(outputs, batch_of_one(model.encode(TRUTH)))
    distance = 2.0 * np.hypot(0.2, 0.1)  # both keypoints are as far from the middle, in halves of the side
    np.testing.assert_allclose(losses["place_loss"], 5.0 * distance, rtol=1e-5)
    np.testing.assert_allclose(losses["visible_loss"], 0.5 * np.log(2.0), rtol=1e-5)
    np.testing.assert_allclose(losses["class_loss"], np.log(2.0), rtol=1e-5)
    wanted = model._wanted(TRUTH.keypoints[1:, :, :2]).numpy()[0]
    even = np.full_like(wanted, 1.0 / len(wanted))
    mean = (wanted + even) / 2.0
    divergence = sum(
        0.5 * (part * np.log((part + 1e-12) / mean)).sum(axis=0).mean() for part in (wanted, even)
    )
    np.testing.assert_allclose(losses["heat_loss"], 2.0 * divergence, rtol=1e-4)


def test_an_absent_keypoint_has_no_loss() -> None:
    model = detector()
    outputs = perfect(model)
    absent = TRUTH._replace(keypoints=TRUTH.keypoints * tf.constant([[[1.0], [0.0]]]))
    shifted = {**outputs, "heat_logits": outputs["heat_logits"] * tf.constant([1.0, -1.0])}
    assert float(model.loss(shifted, batch_of_one(model.encode(absent)))["place_loss"]) < 5e-3


def test_an_image_without_keypoints_has_no_loss() -> None:
    model = detector()
    none = select_objects(TRUTH, tf.zeros([0], tf.int64))
    losses = model.loss(perfect(model), batch_of_one(model.encode(none)))
    assert {name: float(value) for name, value in losses.items()} == dict.fromkeys(losses, 0.0)
