"""YOLOv8, held to keras-cv's own detector."""

import keras_cv
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from pipeline.models.backbones.registry import build_backbone
from pipeline.models.detectors.yolo_v8 import YoloV8, YoloV8Targets
from pipeline.ops.nms import Suppression
from pipeline.ops.truth import Truth, concatenate_objects, select_objects
from pipeline.params import detectors as sections
from pipeline.training.precision import computing_in
from tests.support.detectors import batch_of

SETTINGS = {"width": 0.125, "fpn_depth": 1}
SETTINGS |= {"box_weight": 7.5, "class_weight": 0.5, "distance_weight": 1.5}
TRUTH = tf.constant([[0.1, 0.1, 0.5, 0.4], [0.45, 0.5, 0.95, 0.9]])
SCENE = Truth(boxes=TRUTH, labels=tf.constant([2, 1]), ignored=tf.constant([False, False]))
EMPTY = select_objects(SCENE, tf.zeros([0], tf.int64))
IMAGES = tf.constant(np.random.default_rng(0).uniform(0, 255, (2, 128, 128, 3)), tf.float32)


@pytest.fixture(scope="module")
def yolo() -> YoloV8:
    tf_keras.utils.set_random_seed(0)
    return YoloV8(build_backbone("mobilenet", 0.25), sections.YoloV8(**SETTINGS), classes=3, image_size=128)


def batch(yolo: YoloV8, *truths: Truth) -> YoloV8Targets:
    return batch_of(*(yolo.encode(truth) for truth in truths))


def perfect_outputs(yolo: YoloV8) -> dict[str, tf.Tensor]:
    """Each cell in an object tells its sides: the distributions' two nearest bins share its distance."""
    boxes = tf.gather(TRUTH, [1, 0, 3, 2], axis=1)[:, None] * 128.0 / yolo.strides
    sides = tf.concat([yolo.points - boxes[..., :2], boxes[..., 2:] - yolo.points], axis=-1)
    # the farthest side's bin is the 15th
    inside = tf.reduce_all((sides > 0) & (sides < 15), axis=-1)
    owner = tf.argmax(inside, axis=0)
    distance = tf.gather_nd(sides, tf.stack([owner, tf.range(len(yolo.points), dtype=tf.int64)], axis=1))
    shares = tf.maximum(1.0 - tf.abs(distance[..., None] - tf.range(16.0)), 1e-9)
    labels = tf.where(tf.reduce_any(inside, axis=0), tf.gather(SCENE.labels, owner) - 1, -1)
    return {
        "distances": tf.reshape(tf.math.log(shares), [1, -1, 64]),
        "class_logits": 20.0 * (2.0 * tf.one_hot(labels, 3) - 1.0)[None],
    }


def test_network_and_losses_are_those_of_keras_cv(yolo: YoloV8) -> None:
    """The oracle is keras-cv's class on the levels that our network hands to its pyramid."""
    inner = yolo.network
    tops = [inner.get_layer(f"lateral_{level}").output for level in "345"]
    named = [
        tf_keras.layers.Activation("linear", name=f"P{level}")(top)
        for level, top in zip("345", tops, strict=True)
    ]
    pyramid = tf_keras.Model(inner.input, named)
    pyramid.pyramid_level_inputs = {f"P{level}": f"P{level}" for level in "345"}
    oracle = keras_cv.models.YOLOV8Detector(pyramid, 3, "xyxy", fpn_depth=1)
    oracle.compile(box_loss="ciou", classification_loss="binary_crossentropy", optimizer="sgd")
    for layer in inner.layers:
        if layer.name.startswith(("pa_fpn", "yolo_v8_head")) and layer.weights:
            oracle.get_layer(layer.name).set_weights(layer.get_weights())

    outputs, expected = yolo.network(IMAGES), oracle(IMAGES)
    np.testing.assert_allclose(tf.sigmoid(outputs["class_logits"]), expected["classes"], atol=1e-5)
    np.testing.assert_allclose(outputs["distances"], expected["boxes"], atol=1e-4)

    losses = yolo.loss(outputs, batch(yolo, SCENE, EMPTY))
    padded = tf.pad(tf.gather(TRUTH, [1, 0, 3, 2], axis=1) * 128.0, [[0, 2], [0, 0]], constant_values=-1)
    truth = {
        "boxes": tf.stack([padded, -tf.ones([4, 4])]),
        "classes": tf.constant([[1.0, 0.0, -1.0, -1.0], [-1.0] * 4]),
    }
    total = oracle.compute_loss(IMAGES, truth, expected)
    # keras-cv takes the mean over the three classes, and the original the sum.
    np.testing.assert_allclose(losses["class_loss"] / 3.0 + losses["box_loss"], total, rtol=1e-4)
    assert float(losses["box_loss"]) > 0.1


def test_perfect_outputs_decode_back_to_the_truth_and_cost_next_to_nothing(yolo: YoloV8) -> None:
    outputs = perfect_outputs(yolo)
    detections = yolo.decode(outputs, Suppression(0.5, 0.45, 10))
    assert int(detections["num_detections"][0]) == 2
    order = np.argsort(detections["classes"][0, :2])[::-1]
    np.testing.assert_array_equal(detections["classes"].numpy()[0, order], SCENE.labels)
    np.testing.assert_allclose(detections["boxes"].numpy()[0, order], TRUTH, atol=1e-4)
    losses = yolo.loss(outputs, batch(yolo, SCENE))
    assert float(losses["box_loss"]) < 1e-3
    # The distributions of the true distances have the least loss: their own entropy, at most log 2.
    assert float(losses["distance_loss"]) < 1.5 * np.log(2)
    moved = outputs | {"distances": tf.roll(outputs["distances"], 1, axis=-1)}
    assert float(yolo.loss(moved, batch(yolo, SCENE))["distance_loss"]) > 2 * float(losses["distance_loss"])


def test_an_image_without_objects_has_only_negatives(yolo: YoloV8) -> None:
    outputs = yolo.network(IMAGES)
    losses = yolo.loss(outputs, batch(yolo, EMPTY, EMPTY))
    entropy = tf.nn.softplus(outputs["class_logits"])
    np.testing.assert_allclose(losses["class_loss"], 0.5 * tf.reduce_sum(entropy), rtol=1e-5)
    assert float(losses["box_loss"]) == float(losses["distance_loss"]) == 0.0


def test_ignored_truth_counts_neither_way(yolo: YoloV8) -> None:
    """Nobody answers for an ignored object, and what is predicted on it does not matter."""
    outputs = perfect_outputs(yolo)
    on_first = outputs["class_logits"][..., 1:2] > 0
    blind = outputs | {"class_logits": tf.where(on_first, -20.0, outputs["class_logits"])}
    ignored = batch(yolo, SCENE._replace(ignored=tf.constant([True, False])))
    absent = batch(yolo, select_objects(SCENE, tf.constant([1], tf.int64)))
    expected = yolo.loss(blind, absent)
    for name, value in expected.items():
        np.testing.assert_allclose(yolo.loss(outputs, ignored)[name], value, rtol=1e-5)
        np.testing.assert_allclose(yolo.loss(blind, ignored)[name], value, rtol=1e-5)
    assert float(yolo.loss(outputs, absent)["class_loss"]) > float(expected["class_loss"]) + 1.0


def test_targets_in_tf_data_hold_every_object(yolo: YoloV8) -> None:
    many = concatenate_objects([SCENE] * 150)
    for scene, counted in ((SCENE, 2), (EMPTY, 0), (many, 300)):
        eager = yolo.encode(scene)
        dataset = tf.data.Dataset.from_tensors(scene).map(yolo.encode)
        assert int(tf.reduce_sum(tf.cast(eager.counted, tf.int32))) == counted
        for name, value in next(iter(dataset))._asdict().items():
            np.testing.assert_array_equal(value, getattr(eager, name))


def test_it_computes_in_bfloat16_and_gives_float32(yolo: YoloV8) -> None:
    with computing_in("mixed_bfloat16"):
        mixed = YoloV8(
            build_backbone("mobilenet", 0.25), sections.YoloV8(**SETTINGS), classes=3, image_size=128
        )
    mixed.network.set_weights(yolo.network.get_weights())
    expected, got = yolo.network(IMAGES), mixed.network(IMAGES)
    assert mixed.network.get_layer("pa_fpn_p4p5_pre_conv").compute_dtype == "bfloat16"
    for name, value in expected.items():
        assert got[name].dtype == tf.float32
        assert np.abs(got[name] - value).max() < 0.05 * np.abs(value).max()
    losses = mixed.loss(got, batch(mixed, SCENE, EMPTY))
    assert all(np.isfinite(value) and value.dtype == tf.float32 for value in losses.values())
