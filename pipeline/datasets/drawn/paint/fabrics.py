"""Fabrics: eight patterns of two colours, as functions of the object's unit coordinates."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.drawn.paint.palette import Colour, companion, tint

Field = NDArray[np.float32]  # [H, W]

PATTERNS = ["plain", "stripes", "checks", "dots", "zigzag", "heather", "gradient", "rings"]

TAU = np.float32(2 * np.pi)


@dataclass(frozen=True)
class Fabric:
    """A patterned surface. Calling it with unit coordinates returns colours.

    Attributes:
        pattern: A name in ``PATTERNS``.
        period: The length after which the pattern repeats, in unit coordinates.
        angle: The rotation of the pattern relative to the object, radians.
        phase: The shift of the pattern, as a fraction of its period.
        sharpness: The steepness of the edges between the colours. 1 is soft and 8 is sharp.
        balance: The shift of the balance between the two colours, in [-1, 1]. 0 means about half of each.
        seed: The seed of the fibres of "heather".
    """

    pattern: str
    first: Colour
    second: Colour
    period: float = 0.3
    angle: float = 0.0
    phase: float = 0.0
    sharpness: float = 5.0
    balance: float = 0.0
    seed: int = 0

    def __call__(self, u: Field, v: Field) -> Field:
        """Return the colours at the points (u, v), float32 [H, W, 3], RGB in [0, 1].

        Args:
            u: The x of each point in unit coordinates, float32 [H, W].
            v: The y of each point in unit coordinates, float32 [H, W].
        """
        if self.pattern == "plain":
            return np.broadcast_to(self.first, (*u.shape, 3)).copy()
        c, s = np.float32(np.cos(self.angle)), np.float32(np.sin(self.angle))
        share = _SHARES[self.pattern](self, c * u + s * v, c * v - s * u)  # share of the second colour
        return self.first + (self.second - self.first) * share[..., None]

    def crisp(self, wave: Field) -> Field:
        """Convert a wave in [-1, 1] to the share of the second colour in [0, 1], with soft edges."""
        return np.clip(0.5 + np.float32(self.sharpness) * (wave + np.float32(self.balance)), 0, 1)


def make_fabric(
    rng: np.random.Generator, pattern: str, first: Colour, second: Colour | None = None
) -> Fabric:
    """Return a fabric with random measures.

    Args:
        pattern: A name in ``PATTERNS``.
        first: The first colour, float32 [3], RGB in [0, 1].
        second: The second colour. None means a random one that goes with the first.
    """
    fine = pattern in ("heather", "gradient")
    upright = np.pi / 2 * rng.integers(2)
    angle = upright + rng.normal(0, 0.04) if rng.random() < 0.75 else rng.uniform(0, np.pi)
    return Fabric(
        pattern,
        first,
        companion(rng, first) if second is None else second,
        period=rng.uniform(0.014, 0.032) if fine else rng.uniform(0.17, 0.42),
        angle=angle,
        phase=rng.random(),
        sharpness=rng.uniform(1.5, 8),
        balance=rng.uniform(-0.5, 0.5),
        seed=int(rng.integers(2**31)),
    )


def _wave(fabric: Fabric, x: Field) -> Field:
    return np.sin(x * (TAU / np.float32(fabric.period)) + TAU * np.float32(fabric.phase))


def _triangle(fabric: Fabric, x: Field) -> Field:
    turns = x / np.float32(fabric.period)
    return 4 * np.abs(turns - np.floor(turns + 0.5)) - 1


def _stripes(fabric: Fabric, x: Field, y: Field) -> Field:
    return fabric.crisp(_wave(fabric, x))


def _checks(fabric: Fabric, x: Field, y: Field) -> Field:
    return np.float32(0.5) * (fabric.crisp(_wave(fabric, x)) + fabric.crisp(_wave(fabric, y)))


def _dots(fabric: Fabric, x: Field, y: Field) -> Field:
    product = _wave(fabric, x) * _wave(fabric, y)  # Its maxima form a checkerboard.
    return np.clip(
        0.5 + np.float32(fabric.sharpness) * (product - np.float32(0.45 + 0.3 * fabric.balance)), 0, 1
    )


def _zigzag(fabric: Fabric, x: Field, y: Field) -> Field:
    return fabric.crisp(_wave(fabric, y + np.float32(0.4 * fabric.period) * _triangle(fabric, x)))


def _heather(fabric: Fabric, x: Field, y: Field) -> Field:
    """Return short fibres: noise on a grid in the fabric's coordinates, so that it turns with the object."""
    grid = np.random.default_rng(fabric.seed).random((64, 64), np.float32)
    columns = (x * np.float32(0.4 / fabric.period)).astype(np.int32) & 63
    rows = (y * np.float32(1 / fabric.period)).astype(np.int32) & 63
    return grid[rows, columns] * np.float32(0.85)


def _gradient(fabric: Fabric, x: Field, y: Field) -> Field:
    return np.clip(np.float32(0.5 + 0.4 * fabric.balance) + np.float32(0.6) * y, 0, 1)


def _rings(fabric: Fabric, x: Field, y: Field) -> Field:
    centre = np.float32(0.4 * fabric.balance)
    return fabric.crisp(_wave(fabric, np.sqrt((x - centre) ** 2 + (y + centre) ** 2)))


_SHARES: dict[str, Callable[[Fabric, Field, Field], Field]] = {
    "stripes": _stripes,
    "checks": _checks,
    "dots": _dots,
    "zigzag": _zigzag,
    "heather": _heather,
    "gradient": _gradient,
    "rings": _rings,
}


@dataclass(frozen=True)
class Style:
    """The colours of one object.

    Attributes:
        main: The fabric of the object.
        trim: The colour of its smaller parts.
        ink: The dark colour of its lines.
    """

    main: Fabric
    trim: Colour
    ink: Colour


def make_style(rng: np.random.Generator, pattern: str, first: Colour) -> Style:
    """Return a fabric with random measures, and colours that go with it.

    Args:
        pattern: A name in ``PATTERNS``.
        first: The first colour of the fabric, float32 [3], RGB in [0, 1].
    """
    main = make_fabric(rng, pattern, first)
    trim = main.second if rng.random() < 0.5 else companion(rng, first)
    return Style(main, trim, tint(first, -0.65))
