"""The symbols of the source task, such as a star or an arrow, drawn with random proportions.

The functions draw on a :class:`Sheet` in unit coordinates: x to the right and y down, with the longer side of the shape
from -1 to 1.
"""

import numpy as np

from pipeline.datasets.drawn.paint.drawing import Sheet
from pipeline.datasets.drawn.paint.fabrics import Style
from pipeline.datasets.drawn.paint.outlines import Points, band, box, curve, ellipse, flip, mirrored, points

Rng = np.random.Generator


def _spokes(count: int, outer: float, inner: float, turn: float = -90) -> Points:
    """Return 2 * count points around the centre, alternately at the radii ``outer`` and ``inner``.

    Args:
        turn: The angle of the first point, in degrees. 0 is right and -90 is up.
    """
    angles = np.radians(turn + np.arange(2 * count) * 180 / count)
    radii = np.where(np.arange(2 * count) % 2, inner, outer)
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)


def star(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a star with five to seven points."""
    count, inner = int(rng.integers(5, 8)), rng.uniform(0.4, 0.6)
    sheet.part(_spokes(count, 1, inner), style.main)
    for tip in _spokes(count, 0.9, inner)[::2]:
        sheet.seam(points((0, 0), tip))


def gear(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a gear wheel with a hole."""
    count, depth = int(rng.integers(7, 13)), rng.uniform(0.7, 0.82)
    teeth = np.repeat(_spokes(2 * count, 1, 1), 1, axis=0)
    sheet.part(teeth * np.where(np.arange(4 * count) % 4 < 2, 1, depth)[:, None], style.main)
    sheet.disc((0, 0), rng.uniform(0.42, 0.55), style.trim)
    sheet.cut(ellipse((0, 0), (0.2, 0.2)))


def cross(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a cross with four arms and a disc in the middle."""
    half, wide = rng.uniform(0.18, 0.32), rng.uniform(0.75, 1)
    sheet.part(box(-wide, -half, wide, half, 0.05), style.main, lift=0)
    sheet.part(box(-half, -1, half, 1, 0.05), style.main)
    sheet.disc((0, 0), half * 0.6, style.trim)


def arrow(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a fat arrow."""
    neck, stem, head = rng.uniform(-0.3, 0.1), rng.uniform(0.16, 0.3), rng.uniform(0.6, 0.85)
    sheet.part(mirrored(points((0, -1), (head, neck), (stem, neck - 0.04), (stem, 1))), style.main)
    sheet.line(points((0, -0.6), (0, 0.85)), 0.06, style.trim)


def heart(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a heart."""
    dip, wide = rng.uniform(-0.6, -0.4), rng.uniform(0.85, 1)
    side = curve((0, dip), (0.3, -0.85), (0.72, -0.8), (wide, -0.35), (0.65, 0.3), (0, 0.95))
    sheet.part(mirrored(side), style.main, puff=0.25)
    sheet.seam(curve((-0.7, -0.3), (-0.55, -0.55), (-0.35, -0.6)), 0.05)


def crescent(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a crescent moon."""
    bite = rng.uniform(0.35, 0.6)
    sheet.part(ellipse((0, 0), (0.95, 0.95)), style.main, puff=0.2)
    sheet.cut(ellipse((bite, rng.uniform(-0.2, 0.2)), (0.75, 0.75)))
    sheet.disc((-0.7, 0.1), 0.08, style.trim)


def ring(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a ring, round or flattened, with a stone."""
    tall, hole = rng.uniform(0.7, 1), rng.uniform(0.5, 0.7)
    sheet.part(ellipse((0, 0), (0.95, 0.95 * tall)), style.main)
    sheet.cut(ellipse((0, 0), (0.95 * hole, 0.95 * hole * tall)))
    sheet.disc((0, -0.95 * tall * (1 + hole) / 2), 0.2, style.trim)


def l_piece(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a pipe with one bend."""
    wide, foot = rng.uniform(0.35, 0.6), rng.uniform(0.5, 1)
    corners = points(
        (-0.6, -1), (wide - 0.6, -1), (wide - 0.6, 1 - wide), (foot, 1 - wide), (foot, 1), (-0.6, 1)
    )
    sheet.part(corners, style.main)
    sheet.part(box(-0.66, -1, wide - 0.54, -0.82, 0.04), style.trim, puff=0.05)


def t_piece(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a T-shaped pipe with a rim."""
    top, stem, wide = rng.uniform(0.3, 0.55), rng.uniform(0.2, 0.38), rng.uniform(0.7, 1)
    sheet.part(
        mirrored(points((0, -1), (wide, -1), (wide, top - 1), (stem, top - 1), (stem, 0.95))), style.main
    )
    sheet.part(box(-stem - 0.08, 0.75, stem + 0.08, 0.95, 0.04), style.trim, puff=0.05)


def u_piece(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a horseshoe magnet with coloured poles."""
    wide, deep = rng.uniform(0.32, 0.45), rng.uniform(0.5, 0.9)
    spine = curve((-0.6, -0.9), (-0.62, deep - 0.7), (-0.4, deep), (0, deep + 0.1))
    spine = np.vstack([spine, flip(spine)[::-1][1:]])
    sheet.part(band(spine, wide, wide), style.main)
    for side in (-1, 1):
        sheet.part(box(side * 0.6 - wide / 2, -0.92, side * 0.6 + wide / 2, -0.6), style.trim, puff=0.04)


def y_piece(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a slingshot."""
    fork, spread, wide = rng.uniform(-0.1, 0.3), rng.uniform(0.5, 0.85), rng.uniform(0.22, 0.36)
    sheet.part(band(points((0, fork - 0.1), (0, 1)), wide, wide * 1.2), style.main, lift=0)
    for side in (-1, 1):
        arm = curve((0, fork + 0.05), (side * spread * 0.6, fork - 0.35), (side * spread, -1))
        sheet.part(band(arm, wide, wide * 0.8), style.main, lift=0)
    sheet.part(box(-wide * 0.65, 0.5, wide * 0.65, 0.75, 0.05), style.trim, puff=0.04)
