"""YOLO v1: the cells, the loss term by term, and the boxes."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from pipeline.models.backbones.registry import build_backbone
from pipeline.models.detectors.yolo_v1 import IGNORED, YoloV1, YoloV1Targets
from pipeline.ops.nms import Suppression
from pipeline.ops.truth import Truth, select_objects
from pipeline.params import detectors as sections
from tests.support.detectors import SCENE, assert_finds_scene, batch_of_one

SETTINGS = {"boxes": 2, "filters": 16, "dropout": 0.0, "coord_weight": 5.0, "no_object_weight": 0.5}


@pytest.fixture(scope="module")
def yolo() -> YoloV1:
    tf_keras.utils.set_random_seed(0)
    return YoloV1(build_backbone("mobilenet", 0.25), sections.YoloV1(**SETTINGS), classes=3, image_size=128)


def test_an_image_of_224_px_has_the_7_x_7_x_30_values_of_the_paper() -> None:
    detector = YoloV1(
        build_backbone("mobilenet", 0.25), sections.YoloV1(**SETTINGS), classes=20, image_size=224
    )
    outputs = detector.network(tf.zeros([1, 224, 224, 3]))
    assert outputs["boxes"].shape == (1, 49, 2, 5)
    assert outputs["classes"].shape == (1, 49, 20)
    assert detector.network.get_layer("values").output_shape == (None, 7, 7, 30)


def test_a_new_network_predicts_boxes_in_the_middle_of_their_cells(yolo: YoloV1) -> None:
    outputs = {
        "boxes": tf.constant([[[[0.5, 0.5, 0.5, 0.5, 0.0]] * 2] * 16]),
        "classes": tf.ones([1, 16, 3]) / 3,
    }
    boxes = yolo._boxes(outputs["boxes"])
    np.testing.assert_allclose(boxes[0, 0, 0], [0.0, 0.0, 0.25, 0.25])
    np.testing.assert_allclose(boxes[0, 15, 1], [0.75, 0.75, 1.0, 1.0])


def test_each_object_is_in_the_cell_of_its_center(yolo: YoloV1) -> None:
    targets = yolo.encode(SCENE)  # centers at 0.3, 0.25 and at 0.7, 0.7; cells of a quarter
    assert np.flatnonzero(targets.labels).tolist() == [1 * 4 + 1, 2 * 4 + 2]
    assert targets.labels.numpy()[[5, 10]].tolist() == [2, 1]
    np.testing.assert_array_equal(targets.boxes.numpy()[[5, 10]], SCENE.boxes)


def test_of_two_objects_in_a_cell_the_larger_one_counts(yolo: YoloV1) -> None:
    truth = Truth(
        boxes=tf.constant([[0.1, 0.1, 0.15, 0.15], [0.0, 0.0, 0.24, 0.24], [0.1, 0.1, 0.12, 0.12]]),
        labels=tf.constant([1, 2, 3]),
        ignored=tf.zeros([3], tf.bool),
    )
    targets = yolo.encode(truth)
    assert np.flatnonzero(targets.labels).tolist() == [0]
    assert int(targets.labels[0]) == 2


def test_an_object_at_the_border_is_in_the_last_cell(yolo: YoloV1) -> None:
    truth = Truth(
        boxes=tf.constant([[1.0, 1.0, 1.0, 1.0]]), labels=tf.constant([1]), ignored=tf.constant([False])
    )
    assert np.flatnonzero(yolo.encode(truth).labels).tolist() == [15]


def perfect_outputs(yolo: YoloV1, targets: YoloV1Targets) -> dict[str, tf.Tensor]:
    """Return the values of the true boxes in the first box of each cell, with the confidence 1."""
    has_object = tf.cast(targets.labels > 0, tf.float32)[:, None]
    values = tf.concat([yolo._values(targets.boxes[None])[0], has_object], axis=-1)
    empty = tf.constant([[0.5, 0.5, 0.0, 0.0, 0.0]] * 16)
    return {
        "boxes": tf.stack([values, empty], axis=1)[None],
        "classes": tf.one_hot(targets.labels - 1, 3)[None],
    }


def test_targets_decode_back_to_the_truth(yolo: YoloV1) -> None:
    outputs = perfect_outputs(yolo, yolo.encode(SCENE))
    assert_finds_scene(yolo.decode(outputs, Suppression(0.5, 0.45, 10)))


def test_perfect_outputs_cost_nothing(yolo: YoloV1) -> None:
    targets = yolo.encode(SCENE)
    losses = yolo.loss(perfect_outputs(yolo, targets), batch_of_one(targets))
    assert losses.keys() == {"center_loss", "size_loss", "object_loss", "no_object_loss", "class_loss"}
    for loss in losses.values():
        np.testing.assert_allclose(loss, 0.0, atol=1e-10)


def test_the_five_terms_by_hand() -> None:
    """One image of 2 x 2 cells. The object is in cell 0, and its first box has the higher IoU."""
    yolo = YoloV1(build_backbone("mobilenet", 0.25), sections.YoloV1(**SETTINGS), classes=2, image_size=64)
    object_box = [0.0, 0.0, 0.36, 0.49]  # yxyx; center at 0.18, 0.245, which is 0.36, 0.49 of the cell
    targets = YoloV1Targets(
        labels=tf.constant([[1, 0, 0, 0]]), boxes=tf.constant([[object_box, *[[0.0] * 4] * 3]])
    )
    first = [
        0.36 + 0.1,
        0.49 - 0.2,
        0.6,
        0.7 + 0.1,
        0.8,
    ]  # y, x, square roots of height and width, confidence
    second = [0.9, 0.9, 0.1, 0.1, 0.3]
    empty = [[0.5, 0.5, 0.2, 0.2, 0.4], [0.5, 0.5, 0.2, 0.2, -0.1]]
    outputs = {
        "boxes": tf.constant([[[first, second], empty, empty, empty]]),
        "classes": tf.constant([[[0.7, 0.2], [0.9, 0.9], [0.9, 0.9], [0.9, 0.9]]]),
    }
    losses = {name: float(value) for name, value in yolo.loss(outputs, targets).items()}
    # the first box in the image: center 0.23, 0.145, sides 0.36, 0.64
    height = min(0.36, 0.23 + 0.18) - max(0.0, 0.23 - 0.18)
    width = min(0.49, 0.145 + 0.32) - max(0.0, 0.145 - 0.32)
    iou = height * width / (0.36 * 0.49 + 0.36 * 0.64 - height * width)
    assert losses["center_loss"] == pytest.approx(5 * (0.1**2 + 0.2**2), rel=1e-5)
    assert losses["size_loss"] == pytest.approx(5 * 0.1**2, rel=1e-5)
    assert losses["object_loss"] == pytest.approx((0.8 - iou) ** 2, rel=1e-4)
    assert losses["no_object_loss"] == pytest.approx(0.5 * (0.3**2 + 3 * (0.4**2 + 0.1**2)), rel=1e-5)
    assert losses["class_loss"] == pytest.approx(0.3**2 + 0.2**2, rel=1e-5)


def test_ignored_objects_have_no_loss(yolo: YoloV1) -> None:
    targets = yolo.encode(SCENE._replace(ignored=tf.constant([True, False])))
    assert int(targets.labels[5]) == IGNORED
    outputs = perfect_outputs(yolo, yolo.encode(SCENE))
    for name, loss in yolo.loss(outputs, batch_of_one(targets)).items():
        np.testing.assert_allclose(loss, 0.0, atol=1e-10, err_msg=name)


def test_an_image_without_objects_has_finite_losses(yolo: YoloV1) -> None:
    targets = batch_of_one(yolo.encode(select_objects(SCENE, tf.zeros([0], tf.int64))))
    assert not targets.labels.numpy().any()
    losses = yolo.loss(yolo.network(tf.zeros([1, 128, 128, 3])), targets)
    assert all(np.isfinite(loss) for loss in losses.values())
