import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from pipeline.models.backbones.registry import build_backbone
from pipeline.models.detectors.retinanet import RetinaNet, RetinaNetTargets
from pipeline.ops.nms import Suppression
from pipeline.ops.truth import select_objects
from pipeline.params import detectors as sections
from tests.support.detectors import SCENE, assert_finds_scene, batch_of_one

SETTINGS = {
    "filters": 16,
    "convolutions": 1,
    "max_level": 7,
    "anchor_size": 4.0,
    "aspect_ratios": [0.5, 1.0, 2.0],
    "scales": 3,
    "match_iou": 0.5,
    "unmatched_iou": 0.4,
    "focal_alpha": 0.25,
    "focal_gamma": 2.0,
}


@pytest.fixture(scope="module")
def retinanet() -> RetinaNet:
    tf_keras.utils.set_random_seed(0)
    return RetinaNet(
        build_backbone("mobilenet", 0.25), sections.RetinaNet(**SETTINGS), classes=3, image_size=128
    )


def perfect_outputs(targets: RetinaNetTargets) -> dict[str, tf.Tensor]:
    return {
        "class_logits": (40.0 * tf.one_hot(targets.labels, 4) - 20.0)[None],
        "box_codes": targets.box_codes[None],
    }


def test_outputs_match_the_anchors(retinanet: RetinaNet) -> None:
    anchors = 9 * sum((128 // 2**level) ** 2 for level in range(3, 8))
    outputs = retinanet.network(tf.zeros([1, 128, 128, 3]))
    assert retinanet.anchors.shape == (anchors, 4)
    assert outputs["class_logits"].shape == (1, anchors, 4)
    assert outputs["box_codes"].shape == (1, anchors, 4)


def test_targets_decode_back_to_the_truth(retinanet: RetinaNet) -> None:
    targets = retinanet.encode(SCENE)
    found = retinanet.decode(perfect_outputs(targets), Suppression(0.5, 0.45, 10))
    assert_finds_scene(found)


def test_perfect_outputs_cost_next_to_nothing(retinanet: RetinaNet) -> None:
    targets = retinanet.encode(SCENE)
    losses = retinanet.loss(perfect_outputs(targets), batch_of_one(targets))
    assert float(losses["class_loss"]) < 1e-6
    assert float(losses["box_loss"]) == 0.0


def test_the_focal_loss_by_hand(retinanet: RetinaNet) -> None:
    targets = retinanet.encode(SCENE)
    positives = float(tf.reduce_sum(targets.box_weights))
    counted = float(tf.reduce_sum(targets.class_weights))
    even = {
        "class_logits": tf.zeros([1, len(retinanet.anchors), 4]),
        "box_codes": targets.box_codes[None],
    }
    # every probability is 1/2: (1/2)^2 log 2, a quarter of it for positives and three quarters for the rest
    cell = 0.25 * np.log(2)
    expected = cell * (0.25 * positives + 0.75 * (4 * counted - positives)) / (positives + 1)
    losses = retinanet.loss(even, batch_of_one(targets))
    np.testing.assert_allclose(losses["class_loss"], expected, rtol=1e-4)


def test_ignored_truth_counts_neither_way(retinanet: RetinaNet) -> None:
    whole = retinanet.encode(SCENE)
    targets = retinanet.encode(SCENE._replace(ignored=tf.constant([True, False])))
    of_the_ignored = whole.labels.numpy() == 2
    assert of_the_ignored.any()
    assert not targets.class_weights.numpy()[of_the_ignored].any()
    assert not targets.box_weights.numpy()[of_the_ignored].any()
    np.testing.assert_array_equal(
        targets.class_weights.numpy()[~of_the_ignored], whole.class_weights.numpy()[~of_the_ignored]
    )


def test_an_image_without_objects_is_all_background(retinanet: RetinaNet) -> None:
    targets = retinanet.encode(select_objects(SCENE, tf.zeros([0], tf.int64)))
    assert (targets.labels.numpy() < 0).all()
    assert (targets.class_weights.numpy() == 1).all()
    losses = retinanet.loss(retinanet.network(tf.zeros([1, 128, 128, 3])), batch_of_one(targets))
    assert np.isfinite(float(losses["class_loss"]))
    assert float(losses["box_loss"]) == 0.0


def test_encoding_in_tf_data_is_encoding_eagerly(retinanet: RetinaNet) -> None:
    eager = retinanet.encode(SCENE)
    (mapped,) = tf.data.Dataset.from_tensors(SCENE).map(retinanet.encode)
    for name, value in mapped._asdict().items():
        np.testing.assert_allclose(value, getattr(eager, name), atol=1e-5)
