"""The objects of the source task, such as a leaf or a key, drawn with random proportions. None is a garment.

The functions draw on a :class:`Sheet` in unit coordinates: x to the right and y down, with the longer side of the shape
from -1 to 1.
"""

import numpy as np

from pipeline.datasets.drawn.paint.drawing import Sheet
from pipeline.datasets.drawn.paint.fabrics import Style
from pipeline.datasets.drawn.paint.outlines import band, box, curve, ellipse, flip, loop, mirrored, points

Rng = np.random.Generator


def leaf(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a leaf with veins and a stalk."""
    wide, low = rng.uniform(0.4, 0.65), rng.uniform(-0.1, 0.35)
    sheet.line(curve((0, 0.6), (0.03, 0.8), (0.12, 1)), 0.07, style.ink)
    sheet.part(
        mirrored(curve((0, -1), (wide * 0.75, low - 0.5), (wide, low), (wide * 0.5, 0.5), (0, 0.7))),
        style.main,
    )
    sheet.seam(points((0, -0.9), (0, 0.7)), 0.035)
    for y in np.linspace(-0.4, 0.5, int(rng.integers(3, 6))):
        for side in (-1, 1):
            sheet.seam(points((0, y), (side * wide * 0.7, y - 0.25)), 0.02)


def key(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a key with a ring and a bit."""
    bow, shaft = rng.uniform(0.32, 0.45), rng.uniform(0.07, 0.12)
    sheet.part(box(-shaft, bow - 0.8, shaft, 1, 0.03), style.main, lift=0)
    for y, reach in ((0.9, rng.uniform(0.3, 0.45)), (0.65, rng.uniform(0.2, 0.4))):
        sheet.part(box(0, y - 0.09, reach, y + 0.08), style.main, puff=0.04, lift=0)
    sheet.part(ellipse((0, bow - 1), (bow * 1.1, bow)), style.main)
    sheet.cut(ellipse((0, bow - 1.02), (bow * 0.5, bow * 0.45)))
    sheet.part(box(-shaft - 0.05, 2 * bow - 1, shaft + 0.05, 2 * bow - 0.88), style.trim, puff=0.03)


def bottle(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a bottle with a label and a cap."""
    wide, neck, shoulder = rng.uniform(0.28, 0.45), rng.uniform(0.09, 0.14), rng.uniform(-0.4, 0)
    side = curve(
        (neck, -0.95), (neck, shoulder - 0.3), (wide, shoulder + 0.15), (wide, 0.5), (wide * 0.97, 0.98)
    )
    sheet.part(mirrored(side), style.main, puff=0.2)
    sheet.part(box(-wide, 0.2, wide, rng.uniform(0.55, 0.75)), style.trim, puff=0.15, lift=0)
    sheet.part(box(-neck - 0.03, -1, neck + 0.03, -0.8, 0.02), style.ink, puff=0.05)


def mug(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a mug with a handle, seen from slightly above."""
    wide, tall, ear = rng.uniform(0.5, 0.65), rng.uniform(0.6, 0.85), rng.uniform(0.3, 0.42)
    handle = curve(
        (wide - 0.25, -tall * 0.5), (wide + ear - 0.2, -0.4), (wide + ear - 0.2, 0.2), (wide - 0.3, 0.5)
    )
    sheet.part(band(handle - (0.2, 0), 0.16, 0.16), style.trim, puff=0.06)
    body = mirrored(curve((wide, -tall), (wide, 0), (wide * 0.93, tall - 0.15), (wide * 0.6, tall)))
    sheet.part(body - (0.2, 0), style.main, puff=0.25)
    sheet.part(ellipse((-0.2, -tall), (wide, 0.14)), style.trim, puff=0.04, lift=0)
    sheet.part(ellipse((-0.2, -tall + 0.02), (wide - 0.08, 0.1)), style.ink, puff=0, lift=0)


def fish(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a fish with fins, a gill and an eye."""
    tall, tail = rng.uniform(0.35, 0.6), rng.uniform(0.35, 0.55)
    sheet.part(points((0.5, 0), (1, -tail), (0.88, 0), (1, tail)), style.trim, puff=0.06)
    sheet.part(loop((-0.3, -tall * 0.7), (0.1, -tall - 0.25), (0.35, -tall * 0.5)), style.trim, puff=0.06)
    sheet.part(
        loop((-1, 0.02), (-0.4, -tall), (0.3, -tall * 0.6), (0.65, 0), (0.3, tall * 0.6), (-0.4, tall)),
        style.main,
    )
    sheet.seam(curve((-0.5, -tall * 0.7), (-0.38, 0), (-0.5, tall * 0.7)), 0.04)
    sheet.disc((-0.7, -0.1), 0.07, style.ink)


def house(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a house with a roof, a door and windows."""
    wide, eaves = rng.uniform(0.55, 0.8), rng.uniform(-0.35, 0)
    sheet.part(box(rng.uniform(0.15, 0.3), -0.9, 0.5, -0.2), style.ink, puff=0.05)
    sheet.part(box(-wide, eaves - 0.1, wide, 0.95), style.main, puff=0.08)
    sheet.part(points((0, -1), (wide + 0.18, eaves), (-wide - 0.18, eaves)), style.trim, puff=0.08)
    sheet.part(box(-0.15, 0.4, 0.15, 0.95), style.ink, puff=0.03, lift=0)
    for side in (-1, 1):
        sheet.part(
            box(side * wide * 0.6 - 0.13, 0.1, side * wide * 0.6 + 0.13, 0.38), style.trim, puff=0.03, lift=0
        )


def umbrella(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw an open umbrella with ribs and a curved handle."""
    tall, scallops = rng.uniform(0.7, 0.95), int(rng.integers(3, 6))
    sheet.line(curve((0, -1), (0, 0.7), (0.06, 0.92), (0.2, 0.95), (0.28, 0.8)), 0.07, style.ink)
    edge = np.linspace(0.98, -0.98, 8 * scallops + 1)
    hem = np.stack([edge, -0.13 * np.abs(np.sin(np.linspace(0, np.pi * scallops, len(edge))))], axis=1)
    sheet.part(np.vstack([ellipse((0, 0), (0.98, tall), 180, 360), hem]), style.main, puff=0.15)
    for x in np.linspace(0.98, -0.98, scallops + 1)[1:-1]:
        sheet.seam(curve((0, -tall), (x * 0.75, -tall * 0.6), (x, 0)), 0.03)


def mushroom(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a mushroom with gills."""
    stem, rim, tall = rng.uniform(0.18, 0.32), rng.uniform(-0.15, 0.2), rng.uniform(0.75, 1)
    sheet.part(mirrored(curve((stem * 0.8, rim), (stem * 0.8, 0.5), (stem * 1.3, 0.95))), style.trim)
    sheet.part(ellipse((0, rim), (0.8, 0.16)), style.ink, puff=0.05)
    sheet.part(
        np.vstack([ellipse((0, rim), (0.95, tall + rim), 180, 360), ellipse((0, rim), (0.95, 0.08), 0, 180)]),
        style.main,
        puff=0.25,
    )


def bolt(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a lightning bolt."""
    bend, wide = rng.uniform(-0.15, 0.15), rng.uniform(0.35, 0.55)
    right = [(0.25, -1), (wide, -1), (0.1, bend - 0.15), (wide, bend - 0.15)]
    sheet.part(
        points(*right, (-0.25, 1), (-0.05, bend + 0.15), (-wide, bend + 0.15), (-0.15, -1)), style.main
    )
    sheet.seam(points((0.15, -0.85), (-0.25, bend)), 0.04)


def teapot(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a teapot with a spout, a handle and a lid."""
    wide, tall = rng.uniform(0.5, 0.6), rng.uniform(0.45, 0.6)
    sheet.part(band(curve((0.3, 0.3), (0.7, 0.1), (0.98, -0.4)), 0.35, 0.16, 0.12), style.main, puff=0.06)
    sheet.part(
        band(curve((-0.4, -0.3), (-0.9, -0.35), (-0.92, 0.1), (-0.4, 0.35)), 0.12, 0.12),
        style.trim,
        puff=0.05,
    )
    sheet.part(ellipse((0, 0.1), (wide, tall)), style.main, puff=0.25)
    sheet.part(ellipse((0, 0.1 - tall * 0.85), (wide * 0.5, 0.13)), style.trim, puff=0.05)
    sheet.disc((0, 0.0 - tall), 0.09, style.ink)


def cactus(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a cactus with arms in a pot."""
    wide = rng.uniform(0.3, 0.42)
    for side, low in ((-1, rng.uniform(-0.1, 0.3)), (1, rng.uniform(-0.3, 0.2))):
        arm = curve((0, low), (side * 0.5, low), (side * 0.62, low - 0.2), (side * 0.62, low - 0.55))
        sheet.part(band(arm, 0.2, 0.24, 0.2), style.main, puff=0.08)
    sheet.part(box(-wide / 2, -1, wide / 2, 0.7, wide / 2), style.main, puff=0.1)
    for x in (-0.3, 0, 0.3):
        sheet.seam(points((x * wide, -0.8), (x * wide, 0.6)), 0.02)
    sheet.part(points((-0.45, 0.5), (0.45, 0.5), (0.33, 1), (-0.33, 1)), style.trim)


def chair(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a chair from the front, with a back of rails."""
    seat, wide = rng.uniform(0, 0.25), rng.uniform(0.4, 0.55)
    for side in (-1, 1):
        sheet.part(box(side * wide - 0.07, -1, side * wide + 0.07, 0.98), style.main, puff=0.04, lift=0)
    for y in np.linspace(-0.88, seat - 0.3, int(rng.integers(2, 4))):
        sheet.part(box(-wide, y - 0.08, wide, y + 0.08), style.main, puff=0.04)
    sheet.part(
        points(
            (-wide, seat - 0.12), (wide, seat - 0.12), (wide + 0.12, seat + 0.12), (-wide - 0.12, seat + 0.12)
        ),
        style.trim,
        puff=0.05,
    )


def guitar(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a guitar with strings."""
    waist, hips = rng.uniform(0.22, 0.3), rng.uniform(0.42, 0.55)
    sheet.part(
        mirrored(
            curve((0, -0.12), (0.3, -0.1), (0.34, 0.1), (waist, 0.32), (hips, 0.65), (0.3, 0.95), (0, 1))
        ),
        style.main,
    )
    sheet.disc((0, 0.25), 0.13, style.ink)
    sheet.part(box(-0.06, -0.85, 0.06, 0.2), style.trim, puff=0.04)
    sheet.part(box(-0.12, -1, 0.12, -0.78, 0.03), style.ink, puff=0.04)
    sheet.line(points((0, -0.9), (0, 0.7)), 0.02, style.ink)
    sheet.part(box(-0.15, 0.68, 0.15, 0.76), style.ink, puff=0.02)


def hourglass(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw an hourglass in its frame."""
    wide, neck = rng.uniform(0.45, 0.6), rng.uniform(0.05, 0.12)
    sheet.part(
        mirrored(curve((wide, -0.85), (wide * 0.95, -0.5), (neck, 0), (wide * 0.95, 0.5), (wide, 0.85))),
        style.main,
    )
    sheet.part(
        mirrored(curve((0, 0.35), (wide * 0.6, 0.65), (wide * 0.9, 0.85))), style.trim, puff=0.05, lift=0
    )
    for y in (-0.9, 0.9):
        sheet.part(box(-wide - 0.12, y - 0.1, wide + 0.12, y + 0.1, 0.04), style.ink, puff=0.05)


def bell(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a bell with its clapper and bands."""
    wide, crown = rng.uniform(0.7, 0.85), rng.uniform(0.3, 0.45)
    sheet.disc((0, 0.82), 0.16, style.ink)
    sheet.disc((0, -0.85), 0.14, style.trim)
    sheet.part(
        mirrored(curve((0, -0.85), (crown, -0.65), (crown + 0.12, 0), (wide, 0.6), (wide, 0.75))),
        style.main,
        puff=0.2,
    )
    sheet.part(box(-wide - 0.04, 0.58, wide + 0.04, 0.76, 0.05), style.trim, puff=0.05)


def butterfly(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a butterfly with spotted wings."""
    top, low = rng.uniform(0.75, 0.98), rng.uniform(0.55, 0.8)
    for wing in (loop((0.03, 0), (low * 0.8, 0.1), (low, 0.6), (0.4, 0.9), (0.08, 0.4)),
                 loop((0.03, 0.1), (0.1, -0.4), (0.5, -0.9), (top, -0.75), (0.85, -0.1), (0.4, 0.1))):  # fmt: skip
        sheet.part(wing, style.main, puff=0.08)
        sheet.part(flip(wing), style.main, puff=0.08)
    for side in (-1, 1):
        sheet.disc((side * 0.6, -0.45), 0.13, style.trim)
        sheet.line(curve((0, -0.4), (side * 0.1, -0.7), (side * 0.25, -0.9)), 0.03, style.ink)
    sheet.part(ellipse((0, 0.05), (0.08, 0.55)), style.ink, puff=0.05)


def rocket(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a rocket with fins and a porthole."""
    wide, fin = rng.uniform(0.24, 0.34), rng.uniform(0.5, 0.7)
    sheet.part(
        mirrored(points((0, 0.3), (wide, 0.2), (fin, 0.6), (fin, 0.95), (wide * 0.6, 0.7))),
        style.trim,
        puff=0.06,
    )
    sheet.part(mirrored(curve((0, -1), (wide * 0.8, -0.55), (wide, 0), (wide * 0.7, 0.75))), style.main)
    sheet.disc((0, rng.uniform(-0.4, -0.1)), wide * 0.5, style.trim)
    sheet.part(box(-wide * 0.5, 0.74, wide * 0.5, 0.9), style.ink, puff=0.04)


def tree(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a fir with two to four tiers of branches."""
    tiers, wide = int(rng.integers(2, 5)), rng.uniform(0.55, 0.8)
    sheet.part(box(-0.12, 0.5, 0.12, 1), style.ink, puff=0.06)
    for tier in range(tiers, 0, -1):
        low, reach = -1 + 1.65 * tier / tiers, wide * (0.35 + 0.65 * tier / tiers)
        sheet.part(
            mirrored(curve((0, low - 1.3 / tiers**0.5), (reach * 0.4, low - 0.3), (reach, low))), style.main
        )
    sheet.disc((0, -0.95), 0.07, style.trim)


def lamp(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a table lamp with its shade."""
    top, low, hem = rng.uniform(0.2, 0.45), rng.uniform(0.6, 0.85), rng.uniform(-0.15, 0.15)
    sheet.part(ellipse((0, 0.9), (0.42, 0.1)), style.ink, puff=0.05)
    sheet.part(
        mirrored(curve((0.06, hem - 0.1), (0.08, 0.3), (rng.uniform(0.12, 0.3), 0.6), (0.1, 0.9))), style.trim
    )
    sheet.part(mirrored(points((top, -1), (low, hem))), style.main, puff=0.15)
    sheet.seam(points((-low, hem - 0.06), (low, hem - 0.06)), 0.03)


def pear(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a pear with a stalk and a leaf."""
    neck, belly = rng.uniform(0.22, 0.35), rng.uniform(0.6, 0.75)
    sheet.line(curve((0, -0.65), (0.03, -0.85), (0.12, -1)), 0.07, style.ink)
    sheet.part(loop((0.05, -0.72), (0.3, -1), (0.6, -0.85), (0.35, -0.68)), style.trim, puff=0.05)
    sheet.part(
        mirrored(
            curve((0, -0.7), (neck, -0.55), (neck + 0.08, -0.1), (belly, 0.45), (belly * 0.7, 0.9), (0, 0.95))
        ),
        style.main,
        puff=0.3,
    )
    sheet.seam(curve((-0.1, 0.86), (0, 0.9), (0.1, 0.86)), 0.05)
