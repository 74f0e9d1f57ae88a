"""The checks of keypoints: the turn of a photograph, and keypoints outside."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from pipeline.datasets.checks.keypoints import check_keypoints, turn_keypoints
from pipeline.datasets.table.faults import Action
from tests.support.project import PARAMS

CHECKS = PARAMS.convert.checks


@pytest.mark.parametrize("orientation", range(1, 9))
def test_keypoints_turn_with_the_photograph(orientation: int) -> None:
    stored = Image.new("L", (7, 5))
    stored.putpixel((1, 3), 255)
    exif = stored.getexif()
    exif[0x0112] = orientation
    stored.info["exif"] = exif.tobytes()
    upright = np.asarray(ImageOps.exif_transpose(stored))
    y, x = np.unravel_index(upright.argmax(), upright.shape)
    points = np.array([[[1.5, 3.5, 2.0]]])
    turned = turn_keypoints(points, orientation, *upright.shape[::-1])
    np.testing.assert_allclose(turned[0, 0], [x + 0.5, y + 0.5, 2.0])


def test_a_keypoint_outside_counts_as_not_labelled() -> None:
    points = np.array([[[5.0, 5, 2], [20.4, 3, 1], [25, 3, 2], [-30, 0, 0]]])
    checked, faults = check_keypoints(points, 20, 10, CHECKS)
    assert checked.tolist() == [[[5, 5, 2], [20, 3, 1], [0, 0, 0], [0, 0, 0]]]
    assert [(fault.object, fault.name) for fault in faults] == [(0, "keypoint-outside")]
    assert faults[0].detail == "1 of its keypoints lie outside the image of 20 × 10"


def test_a_rule_may_stop() -> None:
    checks = CHECKS.model_copy(update={"keypoint_outside": "stop"})
    _, faults = check_keypoints(np.array([[[50.0, 5, 2]]]), 20, 10, checks)
    assert faults[0].action is Action.STOP
