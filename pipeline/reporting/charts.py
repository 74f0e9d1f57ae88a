"""Geometry of the line charts; the template draws it, so that colours follow the reader's light or dark."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

WIDTH, HEIGHT = 380, 250  # of the drawing, in the units of its viewBox, about a CSS px
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 24, 34

Scale = Callable[[float], float]  # value -> place in the drawing


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: where, in the drawing's units, and what is written there."""

    at: float
    text: str


@dataclass(frozen=True)
class Line:
    """A drawn series: its name, its style in the style sheet and its SVG path."""

    name: str
    style: str
    path: str


@dataclass(frozen=True)
class LineChart:
    """All that is drawn of a chart.

    Attributes:
        title: Above the chart.
        x_name: Below the axis across.
        y_name: Above the axis up; empty where the title says it.
        x_ticks: Marks of the axis across.
        y_ticks: Marks of the axis up.
        lines: Drawn in this order.
        caption: What a reader should take from it, also for one who cannot see it.
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
    """Points to draw.

    Attributes:
        name: In the legend.
        style: ``train``, ``val``, ``mean`` or ``faint``.
        x: float [N].
        y: float [N]; the line is broken where it is not finite.
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
    """Lay out a chart.

    Args:
        title: Above the chart.
        series: What to draw.
        x_name: Below the axis across.
        x_range: Its least and greatest value.
        y_range: Likewise upwards.
        y_name: Above the axis up; empty where the title says it.
        whole_x: Mark whole numbers only.
        few_ticks: Mark little more than the ends, for a chart drawn small.
        caption: Below the chart.
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
    """Give at most ``most`` round values in the range, a step of 1, 2 or 5 times a power of ten apart."""
    if not high > low:
        return [low]
    rough = (high - low) / max(most - 1, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def tick_text(value: float) -> str:
    """Write a mark as short as it can be: 0, 0.2, 1e-05."""
    return f"{value:.4g}"


def _scale(values: tuple[float, float], start: float, end: float) -> Scale:
    low, high = values
    factor = (end - start) / ((high - low) or 1.0)
    return lambda value: round(start + (value - low) * factor, 1)


def _path(across: Scale, up: Scale, series: Series) -> str:
    """Give an SVG path; a lone point is drawn as a short dash, since a path of one point is invisible."""
    parts, pen = [], "M"
    for x, y in zip(series.x.tolist(), series.y.tolist(), strict=True):
        if math.isfinite(y):
            parts.append(f"{pen}{across(x)} {up(y)}")
            pen = "L"
        else:
            pen = "M"
    return parts[0] + "h4" if len(parts) == 1 else "".join(parts)
