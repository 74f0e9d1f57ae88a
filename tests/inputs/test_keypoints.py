"""Keypoints in training: which change places in a mirrored image, and what a view shows of them."""

import numpy as np
import pytest
import tensorflow as tf

from pipeline.errors import PipelineError
from pipeline.inputs.keypoints import IBUG_68, KeypointLayout, keypoint_layout, keypoints_in_view
from pipeline.inputs.scene_augmentation import View


def test_pairs_are_recognised_by_their_names() -> None:
    layout = keypoint_layout(["left_eye", "right_eye", "nose_tip", "mouth_left", "mouth_right"], None)
    assert layout == KeypointLayout(5, (1, 0, 2, 4, 3))


@pytest.mark.parametrize(
    "names",
    [
        ["Left_Eye", "Right_Eye"],
        ["left-eye", "right-eye"],
        ["lefteye", "righteye"],
        ["leftEye", "rightEye"],
        ["eye L", "eye R"],
        ["L_eye", "R_eye"],
    ],
)
def test_sides_are_recognised_in_any_spelling(names: list[str]) -> None:
    assert keypoint_layout(names, None).mirrored == (1, 0)


def test_a_side_without_its_counterpart_leaves_the_mirror_image_unknown() -> None:
    assert keypoint_layout(["left_eye", "right_eye", "left_ear"], None).mirrored is None


def test_numbered_keypoints_have_an_unknown_mirror_image_unless_they_are_a_face() -> None:
    assert keypoint_layout(["0", "1"], None).mirrored is None
    assert keypoint_layout([f"part_{number}" for number in range(68)], None).mirrored == IBUG_68


def test_a_face_mirrored_twice_is_the_same() -> None:
    assert sorted(IBUG_68) == list(range(68))
    assert [IBUG_68[other] for other in IBUG_68] == list(range(68))
    # Sagonas et al. 2013, figure 1: the chin, the bridge of the nose and the middle of the lips stay
    assert [place for place in range(68) if IBUG_68[place] == place] == [
        8,
        27,
        28,
        29,
        30,
        33,
        51,
        57,
        62,
        66,
    ]
    assert (IBUG_68[36], IBUG_68[39], IBUG_68[48], IBUG_68[60]) == (45, 42, 54, 64)


def test_pairs_that_the_user_names() -> None:
    assert keypoint_layout(["a", "b", "c"], [["a", "c"]]).mirrored == (2, 1, 0)
    with pytest.raises(
        PipelineError, match=r"train.keypoints.mirrored names d, but the keypoints are a, b, c"
    ):
        keypoint_layout(["a", "b", "c"], [["a", "d"]])


def view(*, mirrored: bool) -> View:
    return View(
        image=tf.zeros([4, 4, 3]),
        boxes=tf.zeros([1, 4]),
        kept=tf.constant([1], tf.int64),
        window=tf.constant([0.5, 0.0, 1.0, 0.5]),
        mirrored=tf.constant(mirrored),
    )


KEYPOINTS = tf.constant([[[0.0, 0.0, 2.0]] * 3, [[0.75, 0.1, 2.0], [0.6, 0.4, 1.0], [0.2, 0.2, 2.0]]])


def test_a_view_moves_and_hides_keypoints() -> None:
    found = keypoints_in_view(KEYPOINTS, view(mirrored=False), KeypointLayout(3, (1, 0, 2)))
    np.testing.assert_allclose(found[0, :2], [[0.5, 0.2, 2], [0.2, 0.8, 1]], atol=1e-6)
    assert found[0, 2, 2] == 0


def test_a_mirrored_view_swaps_the_pairs() -> None:
    found = keypoints_in_view(KEYPOINTS, view(mirrored=True), KeypointLayout(3, (1, 0, 2)))
    np.testing.assert_allclose(found[0, :2], [[0.2, 0.2, 1], [0.5, 0.8, 2]], atol=1e-6)
