"""The detector with generalized focal loss: its targets, its losses by hand, and its boxes."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from pipeline.models.backbones.registry import build_backbone
from pipeline.models.detectors.gfl import (
    BINS,
    IGNORED,
    Gfl,
    GflTargets,
)
from pipeline.ops.nms import Suppression
from pipeline.ops.truth import select_objects
from pipeline.params import detectors as sections
from tests.support.detectors import SCENE, assert_finds_scene, batch_of_one

SETTINGS = {"filters": 16, "convolutions": 1, "min_level": 3, "max_level": 6, "anchor_size": 5.0}
CELLS = 16**2 + 8**2 + 4**2 + 2**2


@pytest.fixture(scope="module")
def gfl() -> Gfl:
    tf_keras.utils.set_random_seed(0)
    return Gfl(build_backbone("mobilenet", 0.25), sections.Gfl(**SETTINGS), classes=3, image_size=128)


def perfect_outputs(gfl: Gfl, targets: GflTargets) -> dict[str, tf.Tensor]:
    """Return logits that are sure of the true class, and distributions with the true distances as their means."""
    sides = tf.concat([gfl.centers - targets.boxes[:, :2], targets.boxes[:, 2:] - gfl.centers], axis=1)
    steps = sides / gfl.strides
    shares = tf.maximum(1.0 - tf.abs(steps[..., None] - tf.range(BINS, dtype=tf.float32)), 1e-12)
    return {
        "class_logits": (40.0 * tf.one_hot(targets.labels - 1, 3) - 20.0)[None],
        "distances": tf.reshape(tf.math.log(shares), [1, -1, 4 * BINS]),
    }


def test_each_cell_has_an_output(gfl: Gfl) -> None:
    outputs = gfl.network(tf.zeros([1, 128, 128, 3]))
    assert outputs["class_logits"].shape == (1, CELLS, 3)
    assert outputs["distances"].shape == (1, CELLS, 4 * BINS)
    assert gfl.centers.shape == (CELLS, 2) and gfl.strides.shape == (CELLS, 1)


def test_a_level_that_does_not_divide_the_image_has_its_cells() -> None:
    detector = Gfl(build_backbone("mobilenet", 0.25), sections.Gfl(**SETTINGS), classes=1, image_size=96)
    assert len(detector.centers) == 12**2 + 6**2 + 3**2 + 2**2
    assert detector.network(tf.zeros([1, 96, 96, 3]))["class_logits"].shape[1] == len(detector.centers)


def test_targets_decode_back_to_the_truth(gfl: Gfl) -> None:
    outputs = perfect_outputs(gfl, gfl.encode(SCENE))
    found = gfl.decode(outputs, Suppression(0.5, 0.45, 10))
    assert_finds_scene(found, atol=1e-4)


def test_perfect_outputs_cost_next_to_nothing(gfl: Gfl) -> None:
    targets = gfl.encode(SCENE)
    losses = gfl.loss(perfect_outputs(gfl, targets), batch_of_one(targets))
    assert float(losses["class_loss"]) < 1e-6
    assert float(losses["box_loss"]) < 1e-4


def test_the_quality_focal_loss_by_hand(gfl: Gfl) -> None:
    targets = gfl.encode(SCENE)
    positives = int(tf.reduce_sum(tf.cast(targets.labels > 0, tf.int32)))
    even = perfect_outputs(gfl, targets) | {"class_logits": tf.zeros([1, CELLS, 3])}
    # every score is 1/2, and the target 1 or 0: (1/2)^2 log 2 for each class of each cell
    expected = CELLS * 3 * 0.25 * np.log(2) / positives
    losses = gfl.loss(even, batch_of_one(targets))
    np.testing.assert_allclose(losses["class_loss"], expected, rtol=1e-3)


def test_ignored_objects_are_neither_found_nor_background(gfl: Gfl) -> None:
    ignored = gfl.encode(SCENE._replace(ignored=tf.constant([True, False])))
    all_counted = gfl.encode(SCENE)
    first = SCENE.boxes[0] * 128.0
    inside = tf.reduce_all((gfl.centers > first[:2]) & (gfl.centers < first[2:]), axis=1).numpy()
    assert (ignored.labels.numpy()[all_counted.labels == 2] == IGNORED).all()
    assert (ignored.labels.numpy()[inside] != 0).all()
    np.testing.assert_array_equal(ignored.labels[~inside], all_counted.labels[~inside])


def test_an_image_without_objects_has_finite_losses(gfl: Gfl) -> None:
    targets = batch_of_one(gfl.encode(select_objects(SCENE, tf.zeros([0], tf.int64))))
    assert not targets.labels.numpy().any()
    outputs = gfl.network(tf.zeros([1, 128, 128, 3]))
    for loss in gfl.loss(outputs, targets).values():
        assert np.isfinite(loss)
