import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from pipeline.models.backbones.registry import build_backbone
from pipeline.models.detectors.ssd import Ssd, SsdTargets
from pipeline.ops.nms import Suppression
from pipeline.ops.truth import select_objects
from pipeline.params import detectors as sections
from tests.support.detectors import SCENE, assert_finds_scene, batch_of_one

SETTINGS = {
    "variant": "standard",
    "min_scale": 0.2,
    "max_scale": 0.9,
    "match_iou": 0.5,
    "negatives_per_positive": 3,
}


@pytest.fixture(scope="module")
def ssd() -> Ssd:
    tf_keras.utils.set_random_seed(0)
    return Ssd(build_backbone("mobilenet", 0.25), sections.Ssd(**SETTINGS), classes=3, image_size=128)


def perfect_outputs(ssd: Ssd, targets: SsdTargets) -> dict[str, tf.Tensor]:
    logits = 20.0 * tf.one_hot(tf.maximum(targets.labels, 0), 4)
    return {"class_logits": logits[None], "box_codes": targets.box_codes[None]}


def test_the_levels_go_down_to_one_cell_and_match_the_heads(ssd: Ssd) -> None:
    anchors = 16 * 16 * 4 + 8 * 8 * 6 + 4 * 4 * 6 + 2 * 2 * 4 + 1 * 4
    outputs = ssd.network(tf.zeros([1, 128, 128, 3]))
    assert ssd.anchors.shape == (anchors, 4)
    assert outputs["class_logits"].shape == (1, anchors, 4)
    assert outputs["box_codes"].shape == (1, anchors, 4)


def test_targets_decode_back_to_the_truth(ssd: Ssd) -> None:
    targets = ssd.encode(SCENE)
    found = ssd.decode(perfect_outputs(ssd, targets), Suppression(0.5, 0.45, 10))
    assert_finds_scene(found)
    np.testing.assert_array_equal(found["classes"].numpy()[0, 2:], 0)


def test_perfect_outputs_cost_next_to_nothing(ssd: Ssd) -> None:
    targets = ssd.encode(SCENE)
    batched = batch_of_one(targets)
    losses = ssd.loss(perfect_outputs(ssd, targets), batched)
    assert float(losses["class_loss"]) < 1e-6
    assert float(losses["box_loss"]) == 0.0


def test_the_loss_by_hand(ssd: Ssd) -> None:
    targets = ssd.encode(SCENE)
    positives = int(tf.reduce_sum(tf.cast(targets.labels > 0, tf.int32)))
    outputs = {
        "class_logits": tf.zeros([1, len(ssd.anchors), 4]),
        "box_codes": targets.box_codes[None] + tf.constant([2.0, 0.0, 0.5, 0.0]),
    }
    losses = ssd.loss(outputs, batch_of_one(targets))
    assert positives >= 2
    np.testing.assert_allclose(
        losses["class_loss"], 4 * np.log(4), rtol=1e-5
    )  # a positive and three negatives
    np.testing.assert_allclose(losses["box_loss"], 1.5 + 0.125, rtol=1e-4)


def test_ignored_truth_counts_neither_way(ssd: Ssd) -> None:
    targets = ssd.encode(SCENE._replace(ignored=tf.constant([True, False])))
    labels = targets.labels.numpy()
    assert set(labels) == {-1, 0, 1}
    wrong = {
        "class_logits": tf.where(
            (targets.labels == -1)[None, :, None],
            [[[0.0, 0.0, 0.0, 50.0]]],
            20.0 * tf.one_hot(tf.maximum(targets.labels, 0), 4)[None],
        ),
        "box_codes": targets.box_codes[None],
    }
    assert float(ssd.loss(wrong, batch_of_one(targets))["class_loss"]) < 1e-6


def test_an_image_without_objects_teaches_its_hardest_background(ssd: Ssd) -> None:
    targets = ssd.encode(select_objects(SCENE, tf.zeros([0], tf.int64)))
    assert not targets.labels.numpy().any()
    losses = ssd.loss(ssd.network(tf.zeros([1, 128, 128, 3])), batch_of_one(targets))
    assert float(losses["class_loss"]) > 0.0
    assert float(losses["box_loss"]) == 0.0


def test_encoding_in_tf_data_is_encoding_eagerly(ssd: Ssd) -> None:
    eager = ssd.encode(SCENE)
    dataset = tf.data.Dataset.from_tensors(SCENE).map(ssd.encode)
    for name, value in next(iter(dataset))._asdict().items():
        np.testing.assert_allclose(value, getattr(eager, name), atol=1e-6)
