"""Axes and lines of the charts."""

import numpy as np
import pytest

from pipeline.reporting.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Series, line_chart, nice_ticks


@pytest.mark.parametrize(
    ("low", "high", "most", "ticks"),
    [
        (0, 1, 6, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 1, 2, [0, 1]),
        (0, 0.02, 6, [0, 0.005, 0.01, 0.015, 0.02]),
        (1, 24, 6, [5, 10, 15, 20]),
        (3, 3, 6, [3]),
    ],
)
def test_ticks_are_round(low: float, high: float, most: int, ticks: list[float]) -> None:
    assert nice_ticks(low, high, most) == pytest.approx(ticks)


def draw(y: list[float]) -> str:
    series = Series("s", "train", np.arange(len(y), dtype=float), np.array(y))
    chart = line_chart("t", [series], x_name="x", x_range=(0, 2), y_range=(0, 1))
    return chart.lines[0].path


def test_corners_of_the_range_are_corners_of_the_field() -> None:
    left, right, top, bottom = LEFT, WIDTH - RIGHT, TOP, HEIGHT - BOTTOM
    assert (
        draw([0.0, 0.5, 1.0])
        == f"M{left}.0 {bottom}.0L{(left + right) / 2} {(top + bottom) / 2}L{right}.0 {top}.0"
    )


def test_line_is_broken_where_there_is_no_value() -> None:
    assert draw([0.0, np.nan, 1.0]).count("M") == 2
    assert draw([np.nan, np.nan]) == ""
    assert draw([0.5]).endswith("h4")
