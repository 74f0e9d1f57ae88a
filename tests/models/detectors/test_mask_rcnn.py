import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from pipeline.models.backbones.registry import build_backbone
from pipeline.models.detectors.mask_rcnn import MaskRcnn
from pipeline.ops.nms import Suppression
from pipeline.ops.truth import Truth, select_objects
from pipeline.params import detectors as sections
from tests.support.detectors import SMALL_FASTER_RCNN, batch_of_one

MASK_SETTINGS = {"mask_filters": 16, "mask_convolutions": 1, "sampled_masks": 8}
IMAGE = tf.constant(np.random.default_rng(0).uniform(0, 255, (1, 128, 128, 3)).astype(np.float32))


def half(size: int) -> np.ndarray:
    """The upper half of a box."""
    mask = np.zeros((size, size), np.float32)
    mask[: size // 2] = 1.0
    return mask


SCENE = Truth(
    boxes=tf.constant([[0.1, 0.1, 0.5, 0.4], [0.45, 0.5, 0.95, 0.9]]),
    labels=tf.constant([2, 1]),
    ignored=tf.constant([False, False]),
    masks=tf.constant(np.stack([half(MaskRcnn.mask_crop)] * 2)),
    has_mask=tf.constant([True, False]),
)


@pytest.fixture(scope="module")
def mask_rcnn() -> MaskRcnn:
    tf_keras.utils.set_random_seed(0)
    return MaskRcnn(
        build_backbone("mobilenet", 0.25),
        sections.FasterRcnn(**SMALL_FASTER_RCNN),
        sections.MaskRcnn(**MASK_SETTINGS),
        classes=3,
        image_size=128,
    )


def test_masks_are_learnt_only_from_objects_that_have_one(mask_rcnn: MaskRcnn) -> None:
    outputs = mask_rcnn.forward(IMAGE, batch_of_one(mask_rcnn.encode(SCENE)), training=False)
    classes = set(outputs["mask_classes"].numpy().ravel())
    assert 2 in classes  # the first object's
    assert 1 not in classes  # the second has no mask


def test_masks_of_crowds_are_not_learnt(mask_rcnn: MaskRcnn) -> None:
    crowds = SCENE._replace(ignored=tf.constant([True, True]), has_mask=tf.constant([True, True]))
    targets = batch_of_one(mask_rcnn.encode(crowds))
    outputs = mask_rcnn.forward(IMAGE, targets, training=True)
    assert not outputs["mask_classes"].numpy().any()
    assert float(mask_rcnn.loss(outputs, targets)["mask_loss"]) == 0.0


def test_a_region_that_is_the_box_gets_the_mask_itself(mask_rcnn: MaskRcnn) -> None:
    outputs = mask_rcnn.forward(IMAGE, batch_of_one(mask_rcnn.encode(SCENE)), training=False)
    rois = outputs["rois"][0].numpy() / 128.0
    exact = np.abs(rois - SCENE.boxes[0].numpy()).max(axis=1) < 1e-5
    assert exact.any()  # the truth is among the proposals
    targets = outputs["roi_masks"][0].numpy()[outputs["mask_classes"][0].numpy() == 2]
    assert np.abs(targets - half(28)).mean(axis=(1, 2)).min() < 0.01


def test_the_mask_loss_falls_to_nothing_when_the_mask_is_right(mask_rcnn: MaskRcnn) -> None:
    targets = batch_of_one(mask_rcnn.encode(SCENE))
    outputs = mask_rcnn.forward(IMAGE, targets, training=False)
    right = outputs | {"mask_logits": 40.0 * tf.round(outputs["roi_masks"]) - 20.0}
    wrong = outputs | {"mask_logits": 20.0 - 40.0 * tf.round(outputs["roi_masks"])}
    assert float(mask_rcnn.loss(right, targets)["mask_loss"]) < 0.3  # soft where the edge is
    assert float(mask_rcnn.loss(wrong, targets)["mask_loss"]) > 10.0


def test_detections_have_masks(mask_rcnn: MaskRcnn) -> None:
    outputs = mask_rcnn.network(IMAGE, training=False)
    found = mask_rcnn.decode(outputs, Suppression(0.01, 0.5, 7))
    assert found["masks"].shape == (1, 7, 28, 28)
    assert 0.0 <= float(tf.reduce_min(found["masks"])) <= float(tf.reduce_max(found["masks"])) <= 1.0


def test_an_image_without_objects_has_no_mask_loss(mask_rcnn: MaskRcnn) -> None:
    targets = batch_of_one(mask_rcnn.encode(select_objects(SCENE, tf.zeros([0], tf.int64))))
    losses = mask_rcnn.loss(mask_rcnn.forward(IMAGE, targets, training=True), targets)
    assert float(losses["mask_loss"]) == 0.0
