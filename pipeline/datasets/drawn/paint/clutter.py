"""Clutter in the pictures: hangers, buttons, tags, pencils, scraps and other objects that are not garments."""

from collections.abc import Callable

import numpy as np

from pipeline.datasets.drawn.paint.drawing import Pose, Sheet, Sprite
from pipeline.datasets.drawn.paint.fabrics import PATTERNS, make_fabric
from pipeline.datasets.drawn.paint.outlines import band, box, curve, ellipse, loop, points
from pipeline.datasets.drawn.paint.palette import Colour, companion, dye, rgb, tint

Rng = np.random.Generator


def draw_clutter(rng: Rng, half: float, light: tuple[float, float]) -> Sprite:
    """Draw a random object at a random angle.

    Args:
        half: Half of its longer side, px.
        light: The unit vector towards the light, xy.
    """
    sheet = Sheet(Pose(half, rng.uniform(0, 360), False, light))
    CLUTTER[rng.integers(len(CLUTTER))](sheet, rng, dye(rng))
    return sheet.lift_off()


def _hanger(sheet: Sheet, rng: Rng, colour: Colour) -> None:
    wire = rng.uniform(0.05, 0.09)
    sheet.line(
        curve((0, -0.15), (0, -0.35), (0.14, -0.45), (0.12, -0.65), (-0.05, -0.66)), wire, rgb("8d939c")
    )
    for side in (-1, 1):
        sheet.line(curve((0, -0.15), (side * 0.4, 0.05), (side * 0.95, 0.4)), wire * 1.5, colour)
    sheet.line(points((-0.95, 0.4), (0.95, 0.4)), wire, colour)


def _button(sheet: Sheet, rng: Rng, colour: Colour) -> None:
    sheet.disc((0, 0), 0.95, colour)
    sheet.part(ellipse((0, 0), (0.65, 0.65)), tint(colour, -0.12), puff=0.2, lift=0)
    for x in (-0.22, 0.22):
        for y in (-0.22, 0.22)[: int(rng.integers(1, 3))]:
            sheet.disc((x, y), 0.11, tint(colour, -0.7), lift=0)


def _tag(sheet: Sheet, rng: Rng, colour: Colour) -> None:
    sheet.line(curve((-0.6, 0), (-0.85, -0.3), (-0.98, 0.1), (-0.6, 0)), 0.05, tint(colour, -0.5))
    sheet.part(
        points((-0.75, 0), (-0.5, -0.38), (0.95, -0.38), (0.95, 0.38), (-0.5, 0.38)),
        tint(colour, 0.7),
        puff=0.05,
    )
    sheet.cut(ellipse((-0.52, 0), (0.09, 0.09)))
    for y in np.linspace(-0.2, 0.22, int(rng.integers(2, 5))):
        sheet.line(points((-0.25, y), (rng.uniform(0.2, 0.85), y)), 0.06, tint(colour, -0.4))


def _pencil(sheet: Sheet, rng: Rng, colour: Colour) -> None:
    sheet.part(points((-0.7, -0.08), (-0.98, 0), (-0.7, 0.08)), rgb("e3c299"), puff=0.03)
    sheet.line(points((-0.97, 0), (-0.9, 0)), 0.05, rgb("2c2c2e"))
    sheet.part(box(-0.7, -0.08, 0.8, 0.08), colour, puff=0.07)
    sheet.part(box(0.72, -0.085, 0.82, 0.085), rgb("b9bdc4"), puff=0.03)
    sheet.part(box(0.82, -0.075, 0.96, 0.075, 0.04), rgb("e7a1a8"), puff=0.05)


def _scrap(sheet: Sheet, rng: Rng, colour: Colour) -> None:
    angles = np.radians(np.linspace(0, 360, int(rng.integers(4, 9)), endpoint=False))
    radii = rng.uniform(0.4, 0.98, len(angles))
    corners = np.stack([radii * np.cos(angles), radii * np.sin(angles) * rng.uniform(0.4, 1)], axis=1)
    fabric = make_fabric(rng, PATTERNS[rng.integers(len(PATTERNS))], colour)
    sheet.part(loop(*corners) if rng.random() < 0.4 else corners, fabric, puff=0.04)


def _spool(sheet: Sheet, rng: Rng, colour: Colour) -> None:
    sheet.part(box(-0.35, -0.7, 0.35, 0.7, 0.05), colour, puff=0.3)
    for y in np.linspace(-0.6, 0.6, 9):
        sheet.seam(points((-0.35, y), (0.35, y + 0.06)), 0.04)
    for y in (-0.82, 0.82):
        sheet.part(box(-0.5, y - 0.14, 0.5, y + 0.14, 0.08), rgb("c9a06b"), puff=0.08)


def _tape(sheet: Sheet, rng: Rng, colour: Colour) -> None:
    spine = curve(
        (-0.95, rng.uniform(-0.4, 0.4)),
        (-0.3, rng.uniform(-0.5, 0.5)),
        (0.3, rng.uniform(-0.5, 0.5)),
        (0.95, 0),
    )
    sheet.part(band(spine, 0.17, 0.17), tint(colour, 0.3), puff=0.05)
    for at in range(1, len(spine) - 1, 2):
        sheet.seam(points(spine[at], spine[at] + (0, 0.07)), 0.025, 0.7)


def _pebble(sheet: Sheet, rng: Rng, colour: Colour) -> None:
    corners = ellipse((0, 0), (0.9, rng.uniform(0.4, 0.85)), 0, 320)[::6] * rng.uniform(0.85, 1.1, (6, 1))
    sheet.part(loop(*corners), make_fabric(rng, "heather", tint(colour, rng.uniform(-0.3, 0.4))), puff=0.4)


def _pin(sheet: Sheet, rng: Rng, colour: Colour) -> None:
    sheet.line(points((-0.5, 0), (0.98, 0)), 0.06, rgb("c3c7ce"))
    sheet.disc((-0.65, 0), 0.3, colour)


def _sticks(sheet: Sheet, rng: Rng, colour: Colour) -> None:
    for _ in range(rng.integers(2, 4)):
        start, stop = rng.uniform(-0.9, 0.9, 2), rng.uniform(-0.9, 0.9, 2)
        sheet.part(band(points(start, stop), 0.12, 0.12), companion(rng, colour), puff=0.05)


def _card(sheet: Sheet, rng: Rng, colour: Colour) -> None:
    tall = rng.uniform(0.4, 0.9)
    sheet.part(
        box(-0.95, -tall, 0.95, tall, rng.choice([0, 0.1])), tint(colour, rng.uniform(-0.2, 0.8)), puff=0.03
    )
    sheet.part(
        box(-0.8, -tall * 0.8, rng.uniform(-0.3, 0.8), rng.uniform(-0.3, 0.6) * tall),
        companion(rng, colour),
        puff=0,
        lift=0,
    )


CLUTTER: list[Callable[[Sheet, Rng, Colour], None]] = [
    _hanger, _button, _button, _tag, _pencil, _scrap, _scrap, _spool, _tape, _pebble, _pin, _sticks, _card,
]  # fmt: skip
