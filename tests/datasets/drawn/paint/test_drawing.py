"""Sheets and sprites: what is painted, cut, turned and laid down is where it should be."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pipeline.datasets.drawn.paint.drawing import Pose, Sheet, Sprite, bounds, overlap, paste
from pipeline.datasets.drawn.paint.outlines import box, ellipse
from pipeline.datasets.drawn.paint.palette import rgb

LIGHT = (-0.6, -0.8)
RED = rgb("c02020")


def painted(angle: float) -> Sprite:
    sheet = Sheet(Pose(40, angle, False, LIGHT))
    sheet.part(box(-0.5, -1, 0.5, 1), RED)
    return sheet.lift_off()


@pytest.mark.parametrize(("angle", "shape"), [(0, (80, 40)), (90, (40, 80)), (180, (80, 40))])
def test_a_box_is_as_large_as_its_pose_says(angle: float, shape: tuple[int, int]) -> None:
    alpha = painted(angle).alpha
    assert_allclose(alpha.shape, shape, atol=2)
    assert_allclose(alpha.sum(), 80 * 40, rtol=0.04)  # OpenCV fills the border pixels too


def test_colour_is_premultiplied_and_in_range() -> None:
    sprite = painted(30)
    assert sprite.colour.min() >= 0
    assert (sprite.colour <= sprite.alpha[..., None] + 1e-5).all()


def test_a_hole_lets_the_ground_through() -> None:
    sheet = Sheet(Pose(40, 0, False, LIGHT))
    sheet.part(ellipse((0, 0), (1, 1)), RED)
    sheet.cut(ellipse((0, 0), (0.5, 0.5)))
    alpha = sheet.lift_off().alpha
    assert alpha[40, 40] == 0
    assert alpha[40, 8] > 0.99


def test_mirroring_swaps_left_and_right() -> None:
    def half_red(mirror: bool) -> np.ndarray:
        sheet = Sheet(Pose(30, 0, mirror, LIGHT))
        sheet.part(box(-1, -1, 1, 0), RED, lift=0)
        sheet.part(box(0, -1, 1, 1), RED, lift=0)
        return sheet.lift_off().alpha

    assert_allclose(half_red(True), half_red(False)[:, ::-1], atol=0.05)


def test_laying_changes_what_the_sprite_covers_and_may_leave_the_picture() -> None:
    sprite = painted(0)
    for corner in ((10, 10), (-20, -30), (90, 90), (300, 300)):
        picture = np.full((100, 100, 3), 0.5, np.float32)
        paste(picture, sprite, corner, LIGHT, drop=2)
        target, source = overlap(picture.shape, sprite.alpha.shape, corner)
        covered = sprite.alpha[source] > 0.999
        assert_allclose(picture[target][covered], sprite.colour[source][covered], atol=2e-3)


def test_bounds_are_tight() -> None:
    seen = np.zeros((9, 9), bool)
    seen[2, 3] = seen[5, 7] = True
    assert bounds(seen) == (slice(2, 6), slice(3, 8))
    assert_array_equal(seen[bounds(np.zeros((9, 9), bool))], np.zeros((0, 0), bool))
