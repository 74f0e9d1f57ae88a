import numpy as np
import pytest
import tensorflow as tf
from official.vision.ops.anchor import Anchor

from pipeline.ops.anchors import (
    MOST_BOXES,
    balanced_boxes,
    cluster_sizes,
    fit_anchors,
    fit_default_boxes,
    mean_best_iou,
    pyramid_anchors,
    shape_iou,
)
from pipeline.ops.boxes import pairwise_iou
from pipeline.ops.default_boxes import default_anchors, default_boxes


def test_iou_of_shapes_by_hand() -> None:
    iou = shape_iou(np.array([[2.0, 2.0]]), np.array([[2.0, 2.0], [1.0, 4.0], [1.0, 1.0]]))
    np.testing.assert_allclose(iou, [[1.0, 2 / 6, 1 / 4]])


def test_the_best_iou_is_that_with_the_anchors_laid_over_the_image() -> None:
    rng = np.random.default_rng(0)
    corners = rng.uniform(0, 0.6, [40, 2])
    boxes = np.concatenate([corners, corners + rng.uniform(0.05, 0.4, [40, 2])], axis=1)
    laid = tf.constant(default_boxes([(8, 8), (4, 4), (2, 2), (1, 1)], 0.2, 0.9))
    best = tf.reduce_max(pairwise_iou(tf.constant(boxes, tf.float32), laid), axis=1)
    ours = mean_best_iou(boxes, default_anchors([8, 4, 2, 1], 0.2, 0.9))
    np.testing.assert_allclose(ours, tf.reduce_mean(best), rtol=1e-5)


def test_clusters_are_the_means_of_what_gathers() -> None:
    small, wide, tall = [(0.1, 0.1), (0.12, 0.12)], [(0.2, 0.6), (0.2, 0.64)], [(0.8, 0.3)]
    sizes = np.array([*tall, *small, *wide])
    np.testing.assert_allclose(cluster_sizes(sizes, 3), [[0.11, 0.11], [0.2, 0.62], [0.8, 0.3]])
    np.testing.assert_array_equal(cluster_sizes(sizes, 3), cluster_sizes(sizes[::-1], 3))


def test_there_are_no_more_clusters_than_different_boxes() -> None:
    np.testing.assert_allclose(cluster_sizes(np.array([[0.2, 0.3]] * 5), 3), [[0.2, 0.3]])


def test_a_rare_class_counts_as_much_as_a_frequent_one() -> None:
    many = np.array([[0.0, 0.0, side, side] for side in np.linspace(0.5, 0.9, 20)])
    few = np.array([[0.0, 0.0, 0.1, 0.1], [0.0, 0.0, 0.05, 0.05]])
    chosen = balanced_boxes(np.concatenate([few, many]), np.array([2] * 2 + [1] * 20))
    np.testing.assert_array_equal(chosen[:20], many)
    np.testing.assert_array_equal(chosen[20:], np.repeat(few[::-1], 10, axis=0))


def test_many_boxes_are_sampled_over_their_areas() -> None:
    sides = np.random.default_rng(0).permutation(np.arange(1, 12_001)) / 12_000
    boxes = np.stack([np.zeros(12_000), np.zeros(12_000), sides, sides], axis=1)
    chosen = balanced_boxes(boxes, np.ones(12_000, int))
    assert len(chosen) == MOST_BOXES
    np.testing.assert_allclose(chosen[:, 2], (np.arange(MOST_BOXES) + 0.5) / MOST_BOXES, atol=1e-3)


def test_more_clusters_fit_better() -> None:
    sizes = np.random.default_rng(0).uniform(0.05, 0.9, [500, 2])
    fits = [shape_iou(sizes, cluster_sizes(sizes, count)).max(axis=1).mean() for count in (1, 2, 4, 8)]
    assert sorted(fits) == fits
    assert fits[-1] > 0.65


def test_pyramid_anchors_are_those_of_model_garden() -> None:
    laid = Anchor(3, 5, 2, [0.5, 1.0, 2.0], 4.0, (256, 256)).multilevel_boxes
    corners = np.concatenate([np.reshape(boxes, [-1, 4]) for boxes in laid.values()])
    theirs = np.unique(np.round((corners[:, 2:] - corners[:, :2]) / 256, 4), axis=0)
    anchors = pyramid_anchors(256, range(3, 6), 4.0, [0.5, 1.0, 2.0], 2)
    np.testing.assert_allclose(np.unique(np.round(anchors[:, :2], 4), axis=0), theirs, atol=2e-4)
    np.testing.assert_allclose(np.unique(anchors[:, 2]), [8 / 256, 16 / 256, 32 / 256])


def in_cells(anchors: np.ndarray) -> np.ndarray:
    """Put a box of each anchor's own size on the middle of the first cell of its grid."""
    middle, half = anchors[:, 2:] / 2, anchors[:, :2] / 2
    return np.concatenate([middle - half, middle + half], axis=1)


def test_anchors_are_found_again() -> None:
    boxes = in_cells(pyramid_anchors(256, range(3, 8), 2.0, [0.4, 1.2, 3.0], 1))
    found = fit_anchors(boxes, 256, range(3, 8), ratios=3, scales=1)
    np.testing.assert_allclose(found["aspect_ratios"], [0.4, 1.2, 3.0], rtol=1e-2)
    assert found["anchor_size"] == pytest.approx(2.0)


def test_default_boxes_are_found_again() -> None:
    boxes = in_cells(default_anchors([16, 8, 4, 2, 1], 0.3, 0.7))
    assert fit_default_boxes(boxes, [16, 8, 4, 2, 1]) == pytest.approx({"min_scale": 0.3, "max_scale": 0.7})


def test_equal_boxes_still_give_as_many_ratios_as_the_heads_have() -> None:
    found = fit_anchors(np.array([[0.1, 0.1, 0.3, 0.5]] * 4), 128, range(3, 8), ratios=3, scales=3)
    assert len(found["aspect_ratios"]) == 3
    assert 2.0 in found["aspect_ratios"]
