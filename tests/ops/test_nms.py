import numpy as np
import pytest
import tensorflow as tf

from pipeline.ops.nms import Suppression, suppress

SUPPRESSION = Suppression(0.3, 0.5, 4)
BOXES = tf.constant([[0.0, 0.0, 0.5, 0.5], [0.0, 0.0, 0.5, 0.45], [0.6, 0.6, 1.2, 1.0]])[None, :, None]


def test_a_box_is_suppressed_by_a_better_one_of_its_class_alone() -> None:
    """The first two boxes have an IoU of 0.9. Both score for class 1, and the second one also for class 2."""
    scores = tf.constant([[[0.9, 0.1], [0.8, 0.5], [0.2, 0.4]]])
    found = suppress(BOXES, scores, SUPPRESSION)
    assert int(found["num_detections"][0]) == 3
    np.testing.assert_array_equal(found["classes"], [[1, 2, 2, 0]])
    np.testing.assert_allclose(found["scores"], [[0.9, 0.5, 0.4, 0.0]])
    np.testing.assert_allclose(found["boxes"][0, 1], [0.0, 0.0, 0.5, 0.45])
    np.testing.assert_allclose(found["boxes"][0, 2], [0.6, 0.6, 1.0, 1.0])  # clipped to the image
    np.testing.assert_array_equal(found["boxes"][0, 3], [0.0] * 4)


def test_scores_below_the_threshold_leave_only_zeros() -> None:
    found = suppress(BOXES, tf.fill([1, 3, 2], 0.2), SUPPRESSION)
    assert not any(value.numpy().any() for value in found.values())
    assert found["boxes"].shape == (1, 4, 4)


def test_a_box_is_suppressed_by_a_better_one_of_any_class() -> None:
    scores = tf.constant([[[0.9, 0.1], [0.8, 0.5], [0.2, 0.4]]])
    found = suppress(BOXES, scores, SUPPRESSION._replace(nms_per_class=False))
    assert int(found["num_detections"][0]) == 2
    np.testing.assert_array_equal(found["classes"], [[1, 2, 0, 0]])
    np.testing.assert_allclose(found["boxes"][0, 1], [0.6, 0.6, 1.0, 1.0])


def test_soft_nms_lowers_the_score_of_an_overlapped_box_of_the_same_class() -> None:
    """The second box has an IoU of 0.9 with the first, so its score for class 1 becomes 0.8 * exp(-0.81 / 0.5)."""
    scores = tf.constant([[[0.9, 0.0], [0.8, 0.5], [0.2, 0.4]]])
    found = suppress(BOXES, scores, Suppression(0.1, 0.5, 6, soft_nms_sigma=0.5))
    np.testing.assert_allclose(
        found["scores"][0], [0.9, 0.5, 0.4, 0.2, 0.8 * np.exp(-0.81 / 0.5), 0.0], rtol=1e-5
    )
    np.testing.assert_array_equal(found["classes"], [[1, 2, 2, 1, 1, 0]])


def test_candidates_with_one_box_for_each_class_keep_the_box_of_their_class() -> None:
    boxes = tf.concat([BOXES, BOXES[..., ::-1] * 0.5], axis=2)
    scores = tf.constant([[[0.9, 0.1], [0.1, 0.8], [0.1, 0.1]]])
    expected = suppress(boxes, scores, SUPPRESSION)
    found = suppress(boxes, scores, SUPPRESSION._replace(nms_per_class=False))
    np.testing.assert_allclose(found["boxes"], expected["boxes"])


def test_both_ways_of_suppression_agree() -> None:
    """Soft-NMS with a very small sigma leaves nothing of the scores of overlapping boxes."""
    draws = np.random.default_rng(0).uniform(size=(2, 30, 4)).astype(np.float32)
    corners = np.concatenate(
        [np.minimum(draws[..., :2], draws[..., 2:]), np.maximum(draws[..., :2], draws[..., 2:])], -1
    )
    boxes, scores = tf.constant(corners)[:, :, None], tf.constant(draws[..., :3] ** 2)
    hard = suppress(boxes, scores, Suppression(0.05, 1e-6, 50))
    soft = suppress(boxes, scores, Suppression(0.05, 0.5, 50, soft_nms_sigma=1e-12))
    for name, value in hard.items():
        np.testing.assert_allclose(soft[name], value, rtol=1e-6)


def test_voting_moves_the_boxes_only() -> None:
    """The box that is suppressed moves the one that suppressed it. The rows of padding remain zeros."""
    scores = tf.constant([[[0.9, 0.0], [0.8, 0.0], [0.0, 0.4]]])
    plain = suppress(BOXES, scores, SUPPRESSION)
    found = suppress(BOXES, scores, SUPPRESSION._replace(voting_sigma=0.05))
    for name in ("scores", "classes", "num_detections"):
        np.testing.assert_array_equal(found[name], plain[name])
    weight = 0.8 * np.exp(-0.01 / 0.05)
    right = (0.9 * 0.5 + weight * 0.45) / (0.9 + weight)
    np.testing.assert_allclose(found["boxes"][0, 0], [0.0, 0.0, 0.5, right], rtol=1e-5)
    np.testing.assert_allclose(found["boxes"][0, 1:], plain["boxes"][0, 1:])


@pytest.mark.parametrize(
    "suppression",
    [
        SUPPRESSION,
        SUPPRESSION._replace(voting_sigma=0.05),
        SUPPRESSION._replace(nms_per_class=False),
        SUPPRESSION._replace(soft_nms_sigma=0.5),
    ],
)
def test_eager_and_graph_agree(suppression: Suppression) -> None:
    scores = tf.constant([[[0.9, 0.1], [0.8, 0.5], [0.2, 0.4]]])
    eager = suppress(BOXES, scores, suppression)
    graph = tf.function(lambda boxes, scores: suppress(boxes, scores, suppression))(BOXES, scores)
    for name, value in eager.items():
        np.testing.assert_array_equal(graph[name], value)
