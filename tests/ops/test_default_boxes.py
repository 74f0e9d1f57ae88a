import math

import numpy as np

from pipeline.ops.default_boxes import boxes_per_cell, default_boxes, level_scales

SSD300 = [(38, 38), (19, 19), (10, 10), (5, 5), (3, 3), (1, 1)]


def test_ssd300_has_the_papers_8732_boxes() -> None:
    assert boxes_per_cell(6) == [4, 6, 6, 6, 4, 4]
    assert default_boxes(SSD300, 0.2, 0.9).shape == (8732, 4)


def test_ssd512_has_the_papers_24564_boxes() -> None:
    assert boxes_per_cell(7) == [4, 6, 6, 6, 6, 4, 4]
    grids = [(side, side) for side in (64, 32, 16, 8, 4, 2, 1)]
    assert default_boxes(grids, 0.15, 0.9).shape == (24564, 4)


def test_scales_are_the_papers() -> None:
    scales = level_scales(6, 0.2, 0.9)
    np.testing.assert_allclose(scales, [0.1, 0.2, 0.375, 0.55, 0.725, 0.9, 1.075], atol=1e-9)


def test_the_one_cell_of_the_last_level_by_hand() -> None:
    last = default_boxes(SSD300, 0.2, 0.9)[-4:]
    sides = last[:, 2:] - last[:, :2]
    extra = math.sqrt(0.9 * 1.075)
    expected = [(0.9, 0.9), (0.9 / 2**0.5, 0.9 * 2**0.5), (0.9 * 2**0.5, 0.9 / 2**0.5), (extra, extra)]
    np.testing.assert_allclose(sides, expected, atol=1e-6)
    np.testing.assert_allclose((last[:, 2:] + last[:, :2]) / 2, 0.5, atol=1e-6)


def test_boxes_run_row_by_row() -> None:
    first = default_boxes([(2, 3), (1, 1), (1, 1)], 0.2, 0.9)[: 6 * 4]
    centers = ((first[:, :2] + first[:, 2:]) / 2)[::4]
    np.testing.assert_allclose(
        centers[:4], [[0.25, 1 / 6], [0.25, 0.5], [0.25, 5 / 6], [0.75, 1 / 6]], atol=1e-6
    )
