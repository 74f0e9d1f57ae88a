"""The network of Faster R-CNN: the shapes of its outputs, and the sampling of proposals."""

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from pipeline.models.backbones.registry import build_backbone
from pipeline.models.detectors.two_stage_network import PaddedTruth, TwoStageNetwork
from tests.support.project import PARAMS

SIZE = 64
IMAGES = tf.constant(np.random.default_rng(0).uniform(0, 255, (1, SIZE, SIZE, 3)).astype(np.float32))
TRUTH = PaddedTruth(
    boxes=tf.constant([[[8.0, 8.0, 40.0, 40.0], [-1.0, -1.0, -1.0, -1.0]]]),
    classes=tf.constant([[2, -1]]),
    seed=tf.constant([[1, 2]]),
)


@pytest.fixture(scope="module")
def network() -> TwoStageNetwork:
    tf_keras.utils.set_random_seed(0)
    changes = {"filters": 8, "proposals": 20, "sampled_rois": 12, "head_units": 8}
    section = PARAMS.train.faster_rcnn.model_copy(update=changes)
    return TwoStageNetwork(build_backbone("mobilenet", 0.25), section, classes=3, image_size=SIZE)


def test_without_ground_truth_all_proposals_are_classified(network: TwoStageNetwork) -> None:
    outputs = network(IMAGES, training=False)
    assert outputs["rois"].shape == (1, 20, 4)
    assert outputs["class_logits"].shape == (1, 20, 4)
    assert outputs["box_codes"].shape == (1, 20, 16)
    assert "roi_classes" not in outputs


def test_the_levels_of_the_proposals_are_those_of_the_pyramid(network: TwoStageNetwork) -> None:
    outputs = network(IMAGES, training=False)
    assert set(outputs["rpn_scores"]) == set(outputs["rpn_codes"]) == set(outputs["features"])
    assert {level: value.shape[1] for level, value in outputs["rpn_scores"].items()} == {
        str(level): SIZE // 2**level for level in range(2, 7)
    }


def test_the_same_seed_gives_the_same_sample(network: TwoStageNetwork) -> None:
    first, second = (network(IMAGES, TRUTH, training=False) for _ in range(2))
    assert first["rois"].shape == (1, 12, 4)
    np.testing.assert_array_equal(first["rois"], second["rois"])


def test_a_sample_contains_the_true_box_with_its_class(network: TwoStageNetwork) -> None:
    outputs = network(IMAGES, TRUTH, training=False)
    is_true_box = np.all(np.isclose(outputs["rois"][0], TRUTH.boxes[0, 0]), axis=-1)
    assert is_true_box.any()
    assert set(outputs["roi_classes"].numpy()[0][is_true_box]) == {2}


def test_both_suppressions_choose_the_same_proposals_where_scores_are_equal(network: TwoStageNetwork) -> None:
    """The anchors of an even surface have exactly the same scores."""
    even = tf.fill([1, SIZE, SIZE, 3], 90.0)
    scores = network(even, training=False)["rpn_scores"]["2"].numpy().ravel()
    assert len(np.unique(scores)) < len(scores)
    for images in (even, IMAGES):
        own, portable = (network(images, training=False, portable=chosen)["rois"] for chosen in (False, True))
        np.testing.assert_allclose(own, portable, atol=1e-3)
