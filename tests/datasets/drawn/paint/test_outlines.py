"""Splines go through their knots, mirror images meet, ribbons are as wide as they are told."""

import numpy as np
from numpy.testing import assert_allclose

from pipeline.datasets.drawn.paint.outlines import band, box, curve, ellipse, loop, mirrored, points


def test_a_curve_passes_through_every_point_given() -> None:
    knots = [(0, -1), (0.3, -0.2), (0.5, 0.4), (0, 1)]
    drawn = curve(*knots)
    for knot in knots:
        assert np.abs(drawn - knot).sum(axis=1).min() < 1e-12


def test_a_loop_starts_at_its_first_point_and_does_not_repeat_it() -> None:
    drawn = loop((1, 0), (0, 1), (-1, 0), (0, -1))
    assert_allclose(drawn[0], (1, 0), atol=1e-12)
    assert np.abs(drawn[-1] - drawn[0]).max() > 0.01


def test_a_mirrored_outline_is_its_own_mirror_image() -> None:
    drawn = mirrored(points((0.1, -1), (0.5, 0), (0.2, 1)))
    assert_allclose(drawn, (drawn * (-1, 1))[::-1])


def test_a_straight_band_is_a_rectangle_of_its_width() -> None:
    drawn = band(points((0, -1), (0, 0), (0, 1)), 0.4, 0.4)
    assert_allclose(np.ptp(drawn, axis=0), (0.4, 2), atol=1e-6)


def test_a_rounded_box_stays_inside_the_sharp_one() -> None:
    drawn = box(-1, -0.5, 1, 0.5, 0.2)
    assert_allclose(drawn.min(axis=0), (-1, -0.5), atol=1e-12)
    assert_allclose(drawn.max(axis=0), (1, 0.5), atol=1e-12)
    assert not any(np.allclose(corner, (1, 0.5)) for corner in drawn)


def test_an_arc_runs_from_right_to_down() -> None:
    drawn = ellipse((0, 0), (1, 2), 0, 90)
    assert_allclose(drawn[[0, -1]], [(1, 0), (0, 2)], atol=1e-12)
