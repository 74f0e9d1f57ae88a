"""Geometry of the line charts. The template draws them, so their colours follow the reader's light or dark mode."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

WIDTH, HEIGHT = 380, 250  # size of a chart in the units of its viewBox, each about one CSS px
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 24, 34  # margins around the plotted area, in the same units

Scale = Callable[[float], float]  # value -> coordinate in the chart


@dataclass(frozen=True)
class Tick:
    """A labelled tick on an axis. ``at`` is its coordinate in the units of the viewBox."""

    at: float
    text: str


@dataclass(frozen=True)
class Line:
    """A drawn series. ``style`` is a class of the style sheet, and ``path`` is SVG path data."""

    name: str
    style: str
    path: str


@dataclass(frozen=True)
class LineChart:
    """Everything that the template draws of a chart.

    Attributes:
        x_name: The name of the horizontal axis.
        y_name: The name of the vertical axis. "" if the title says it.
        lines: The series. A later one is drawn over an earlier one.
        caption: What the chart shows, also for readers who cannot see it.
    """

    title: str
    x_name: str
    y_name: str
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    lines: list[Line]
    caption: str


@dataclass(frozen=True)
class Series:
    """The points of a line.

    Attributes:
        name: The name in the legend.
        style: ``train``, ``val``, ``mean`` or ``faint``.
        x: float64 [N], ascending.
        y: float64 [N]. The line has a gap where a value is not finite.
    """

    name: str
    style: str
    x: np.ndarray
    y: np.ndarray


def line_chart(
    title: str,
    series: Sequence[Series],
    *,
    x_name: str,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    y_name: str = "",
    whole_x: bool = False,
    few_ticks: bool = False,
    caption: str = "",
) -> LineChart:
    """Return the geometry of a chart.

    Args:
        title: The heading above the chart.
        series: The lines. A later one is drawn over an earlier one.
        x_name: The name of the horizontal axis.
        x_range: The least and the greatest value of the horizontal axis.
        y_range: The least and the greatest value of the vertical axis.
        y_name: The name of the vertical axis. "" if the title says it.
        whole_x: Whether the horizontal axis has ticks at integers only.
        few_ticks: Whether each axis has at most 2 ticks instead of 6, for a small chart.
        caption: The text below the chart.
    """
    across = _scale(x_range, LEFT, WIDTH - RIGHT)
    up = _scale(y_range, HEIGHT - BOTTOM, TOP)
    most = 2 if few_ticks else 6
    x_ticks = [value for value in nice_ticks(*x_range, most) if not whole_x or value == round(value)]
    return LineChart(
        title,
        x_name,
        y_name,
        [Tick(across(value), tick_text(value)) for value in x_ticks],
        [Tick(up(value), tick_text(value)) for value in nice_ticks(*y_range, most)],
        [Line(s.name, s.style, _path(across, up, s)) for s in series],
        caption,
    )


def nice_ticks(low: float, high: float, most: int) -> list[float]:
    """Return ascending round values in [low, high], whose step is 1, 2 or 5 times a power of ten.

    Args:
        low: The least value.
        high: The greatest value. If it is not above ``low``, the only tick is at ``low``.
        most: The largest number of values.
    """
    if not high > low:
        return [low]
    rough = (high - low) / max(most - 1, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def tick_text(value: float) -> str:
    """Return a tick's label with at most four significant digits, such as "0", "0.2" or "1e-05"."""
    return f"{value:.4g}"


def _scale(values: tuple[float, float], start: float, end: float) -> Scale:
    """Return the linear function that maps the range ``values`` to the coordinates ``start`` to ``end``."""
    low, high = values
    factor = (end - start) / ((high - low) or 1.0)
    return lambda value: round(start + (value - low) * factor, 1)


def _path(across: Scale, up: Scale, series: Series) -> str:
    """Return SVG path data. A single point becomes a short dash, because a path of one point is invisible."""
    parts, pen = [], "M"
    for x, y in zip(series.x.tolist(), series.y.tolist(), strict=True):
        if math.isfinite(y):
            parts.append(f"{pen}{across(x)} {up(y)}")
            pen = "L"
        else:
            pen = "M"
    return parts[0] + "h4" if len(parts) == 1 else "".join(parts)
