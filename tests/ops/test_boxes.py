from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from official.vision.ops import box_ops as model_garden

from pipeline.ops import boxes

ONE = tf.constant([[0.0, 0.0, 0.5, 0.5]])


def test_iou_of_a_quarter_overlap() -> None:
    other = tf.constant([[0.25, 0.25, 0.75, 0.75], [0.5, 0.5, 1.0, 1.0], [0.0, 0.0, 0.5, 0.5]])
    np.testing.assert_allclose(boxes.pairwise_iou(ONE, other), [[0.0625 / 0.4375, 0.0, 1.0]], atol=1e-6)


def test_iou_agrees_with_model_garden() -> None:
    corners = np.sort(np.random.default_rng(0).uniform(0, 1, (20, 2, 2)), axis=1).astype(np.float32)
    these = tf.constant(corners.reshape(20, 4))
    theirs = model_garden.bbox_overlap(these[None, :12], these[None, 12:])[0]
    np.testing.assert_allclose(boxes.pairwise_iou(these[:12], these[12:]), theirs, atol=1e-5)


def test_inverted_and_empty_boxes_have_no_area() -> None:
    degenerate = tf.constant([[0.5, 0.5, 0.2, 0.9], [0.3, 0.3, 0.3, 0.8]])
    np.testing.assert_array_equal(boxes.area(degenerate), [0.0, 0.0])
    assert boxes.pairwise_iou(tf.zeros([0, 4]), ONE).shape == (0, 1)


@settings(max_examples=30, deadline=None)
@given(st.tuples(st.floats(-1, 0.4), st.floats(-1, 0.4), st.floats(0.2, 2), st.floats(0.2, 2)))
def test_out_of_window_undoes_into_window(window: tuple[float, float, float, float]) -> None:
    y, x, height, width = window
    frame = tf.constant([y, x, y + height, x + width], tf.float32)
    back = boxes.out_of_window(boxes.into_window(ONE, frame), frame)
    np.testing.assert_allclose(back, ONE, atol=1e-4)


def test_flipping_twice_changes_nothing() -> None:
    box = tf.constant([[0.1, 0.2, 0.4, 0.9]])
    np.testing.assert_allclose(boxes.flip_left_right(box), [[0.1, 0.1, 0.4, 0.8]], atol=1e-6)
    np.testing.assert_allclose(boxes.flip_left_right(boxes.flip_left_right(box)), box, atol=1e-6)


def test_enlarging_keeps_the_center() -> None:
    larger = boxes.enlarged(tf.constant([[10.0, 20.0, 20.0, 60.0]]), 1.5)
    np.testing.assert_allclose(larger, [[7.5, 10.0, 22.5, 70.0]], atol=1e-4)


@pytest.mark.parametrize("function", [boxes.area, boxes.centers, boxes.flip_left_right])
def test_eager_and_graph_agree(function: Callable[[tf.Tensor], tf.Tensor]) -> None:
    box = tf.constant([[0.1, 0.2, 0.4, 0.9], [0.0, 0.0, 1.0, 1.0]])
    np.testing.assert_allclose(function(box), tf.function(function)(box), atol=0)


def test_iou_and_generalised_iou_by_hand() -> None:
    box = tf.constant([[0.0, 0.0, 2.0, 2.0]] * 3)
    others = tf.constant([[0.0, 0.0, 2.0, 2.0], [1.0, 0.0, 3.0, 2.0], [0.0, 3.0, 2.0, 4.0]])
    iou, giou = boxes.iou_and_giou(box, others)
    np.testing.assert_allclose(iou, [1, 1 / 3, 0], atol=1e-6)
    np.testing.assert_allclose(giou, [1, 1 / 3, -2 / 8], atol=1e-6)


def test_points_on_the_border_are_not_inside() -> None:
    box = tf.constant([[0.0, 1.0, 4.0, 3.0], [2.0, 2.0, 3.0, 9.0]])
    points = tf.constant([[1.0, 2.0], [0.0, 2.0], [2.5, 2.5], [9.0, 9.0]])
    expected = [[True, False, True, False], [False, False, True, False]]
    np.testing.assert_array_equal(boxes.contain(box, points), expected)
    np.testing.assert_array_equal(boxes.contain(box[None], points), [expected])
    assert boxes.contain(box[:0], points).shape == (0, 4)
