"""The ten garments of the catalogue, named as in Fashion-MNIST and drawn with random proportions and details.

The functions draw on a :class:`Sheet` in unit coordinates: x to the right and y down, with the longer side of the
garment from -1 to 1.
"""

from collections.abc import Callable

import numpy as np

from pipeline.datasets.drawn.paint.drawing import Pose, Sheet, Sprite
from pipeline.datasets.drawn.paint.fabrics import Fabric, Style, make_style
from pipeline.datasets.drawn.paint.outlines import (
    Point,
    Points,
    band,
    box,
    curve,
    ellipse,
    flip,
    loop,
    mirrored,
    points,
)
from pipeline.datasets.drawn.paint.palette import Colour, dye, rgb, tint

Rng = np.random.Generator

Draw = Callable[[Sheet, Style, Rng], None]

WHITE = rgb("f4f1e8")

DARK = rgb("2b2a2e")

METAL = rgb("b9bcc4")

CORK = rgb("c9a06b")


# The probability of each pattern of cloth and of leather.
CLOTH = {
    "plain": 0.36,
    "stripes": 0.17,
    "checks": 0.15,
    "dots": 0.1,
    "heather": 0.1,
    "gradient": 0.06,
    "zigzag": 0.06,
}

LEATHER = {"plain": 0.7, "heather": 0.1, "gradient": 0.08, "checks": 0.05, "stripes": 0.04, "dots": 0.03}


def draw_garment(rng: Rng, name: str, pose: Pose, ground: Colour) -> Sprite:
    """Draw a garment in colours that contrast with the background.

    Args:
        rng: The generator of all random choices.
        name: A key of ``GARMENTS``.
        ground: The mean colour of the background, float32 [3], RGB in [0, 1].
    """
    chances = LEATHER if name in ("Sandal", "Ankle boot", "Bag") else CLOTH
    pattern = str(rng.choice(list(chances), p=list(chances.values())))
    sheet = Sheet(pose)
    GARMENTS[name](sheet, make_style(rng, pattern, dye(rng, beside=ground)), rng)
    sheet.crumple(rng, rng.uniform(0.1, 0.8))
    return sheet.lift_off()


def _sleeves(
    sheet: Sheet, paint: Fabric | Colour, shoulder: Point, elbow: Point, wrist: Point, *widths: float
) -> None:
    """Draw both sleeves as ribbons. The points are those of the right sleeve; ``widths`` go from shoulder to wrist."""
    spine = curve(shoulder, elbow, wrist)
    for arm in (spine, flip(spine)):
        sheet.part(band(arm, *widths), paint, lift=0.02)


def _cuffs(
    sheet: Sheet, paint: Fabric | Colour, elbow: Point, wrist: Point, width: float, length: float
) -> None:
    """Draw a cuff with ribs at the end of each sleeve. The points are those of the right sleeve."""
    start, stop = np.array(elbow, float), np.array(wrist, float)
    along = (stop - start) / np.hypot(*(stop - start))
    spine = points(stop - along * length, stop + along * 0.02)
    across = np.array([-along[1], along[0]]) * width / 2
    for arm, sign in ((spine, 1), (flip(spine), -1)):
        sheet.part(band(arm, width, width), paint, puff=0.05, lift=0.02)
        for share in (-0.6, -0.2, 0.2, 0.6):
            sheet.seam(arm + across * (sign, 1) * share, 0.014, 0.35)


def _hem(sheet: Sheet, paint: Fabric | Colour, half: float, top: float, bottom: float) -> None:
    """Draw a ribbed band along the lower edge, ``half`` wide on each side."""
    sheet.part(box(-half, top, half, bottom, 0.03), paint, puff=0.05, lift=0.02)
    for x in np.linspace(-half, half, 15)[1:-1]:
        sheet.seam(points((x, top + 0.02), (x, bottom - 0.02)), 0.014, 0.35)


def _drape(sheet: Sheet, rng: Rng, half: float, top: float, bottom: float, count: int = 4) -> None:
    """Add ``count`` random folds that hang down within ``half`` of the middle."""
    for _ in range(count):
        x, lean = rng.uniform(-half, half), rng.normal(0, 0.12)
        y = rng.uniform(top, (top + bottom) / 2)
        sheet.fold(
            curve((x, y), (x + lean, (y + bottom) / 2), (x + lean, bottom)),
            rng.uniform(0.05, 0.14),
            rng.uniform(-1, 1),
        )


def _torso(
    neck: float, shoulder: float, chest: float, waist: float, hem: float, top: float, bottom: float
) -> Points:
    """Return the outline of a torso. The first five arguments are half widths."""
    slope, armpit = top + 0.1, top + 0.5
    right = curve((shoulder, slope), (chest, armpit), (waist, (armpit + bottom) / 2), (hem, bottom))
    return mirrored(np.vstack([[(0, top + 0.04), (neck, top)], right, [(0, bottom + 0.02)]]))


def _round_neck(sheet: Sheet, style: Style, neck: float, top: float, depth: float) -> None:
    sheet.part(ellipse((0, top), (neck, depth), 0, 180), style.ink, puff=0, lift=0)
    sheet.part(band(ellipse((0, top), (neck, depth), 0, 180), 0.07, 0.07), style.trim, puff=0.04, lift=0.02)


def t_shirt(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a T-shirt with short wide sleeves, a round neck and a closed front."""
    neck, body, top = rng.uniform(0.2, 0.28), rng.uniform(0.48, 0.58), -0.88
    bottom, reach, drop = rng.uniform(0.78, 0.98), rng.uniform(0.86, 0.98), rng.uniform(-0.42, -0.25)
    elbow, opening = ((body + reach) / 2, -0.62), rng.uniform(0.36, 0.44)
    sleeve = style.trim if rng.random() < 0.15 else style.main
    _sleeves(sheet, sleeve, (body * 0.7, top + 0.22), elbow, (reach, drop), 0.34, 0.36, opening)
    sheet.part(_torso(neck, body, body * 0.97, body * 0.95, body, top, bottom), style.main, lift=0.02)
    _round_neck(sheet, style, neck, top + 0.02, rng.uniform(0.12, 0.2))
    sheet.stitches(points((-body * 0.96, bottom - 0.08), (body * 0.96, bottom - 0.08)), style.ink)
    if rng.random() < 0.35:
        _print(sheet, style.trim, rng)
    _drape(sheet, rng, body, -0.3, bottom)


def _print(sheet: Sheet, paint: Colour, rng: Rng) -> None:
    """Draw a random motif on the chest."""
    kind, size = rng.integers(4), rng.uniform(0.18, 0.28)
    if kind == 0:
        sheet.part(ellipse((0, -0.15), (size, size)), paint, puff=0, lift=0)
    elif kind == 1:
        sheet.part(box(-size, -0.3, size, 0.05, 0.03), paint, puff=0, lift=0)
    elif kind == 2:
        for y in (-0.25, -0.13, -0.01):
            sheet.line(points((-size, y), (size, y)), 0.06, paint)
    else:
        sheet.part(points((0, -0.4), (size, 0.02), (-size, 0.02)), paint, puff=0, lift=0)


def pullover(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a pullover with long sleeves, ribbed cuffs and hem, and a closed front."""
    body, top = rng.uniform(0.44, 0.52), -0.84
    bottom, wrist = rng.uniform(0.72, 0.86), (rng.uniform(0.78, 0.96), rng.uniform(0.35, 0.62))
    elbow, wide = (rng.uniform(0.7, 0.8), -0.2), rng.uniform(0.27, 0.33)
    rib = style.trim if rng.random() < 0.6 else tint(style.main.first, -0.3)
    _sleeves(sheet, style.main, (body * 0.72, top + 0.2), elbow, wrist, 0.32, wide, wide * 0.85)
    _cuffs(sheet, rib, elbow, wrist, wide * 0.9, 0.15)
    sheet.part(_torso(0.22, body, body, body, body * 0.97, top, bottom), style.main, lift=0.03)
    if rng.random() < 0.25:
        _knit_band(sheet, style, body, rng.uniform(-0.3, 0.1))
    _hem(sheet, rib, body * 0.96, bottom - 0.14, bottom + 0.02)
    (_round_neck_of_rib, _v_neck, _turtleneck)[rng.integers(3)](sheet, style, rib, top)
    _drape(sheet, rng, body, -0.2, bottom - 0.15)


def _knit_band(sheet: Sheet, style: Style, body: float, middle: float) -> None:
    """Draw a band of another colour across the chest."""
    sheet.part(box(-body, middle - 0.13, body, middle + 0.13), style.trim, puff=0, lift=0)
    x = np.linspace(-body, body, 13)
    sheet.line(np.stack([x, middle + 0.06 * (-1.0) ** np.arange(13)], axis=1), 0.05, style.main.first)


def _round_neck_of_rib(sheet: Sheet, style: Style, rib: Colour, top: float) -> None:
    _round_neck(sheet, Style(style.main, rib, style.ink), 0.22, top + 0.02, 0.13)


def _v_neck(sheet: Sheet, style: Style, rib: Colour, top: float) -> None:
    vee = points((-0.24, top), (0, top + 0.42), (0.24, top))
    sheet.part(np.vstack([vee, [(0.15, top - 0.02), (-0.15, top - 0.02)]]), style.ink, puff=0, lift=0)
    sheet.line(vee, 0.07, rib)


def _turtleneck(sheet: Sheet, style: Style, rib: Colour, top: float) -> None:
    sheet.part(box(-0.22, top - 0.15, 0.22, top + 0.1, 0.05), rib, puff=0.06)
    for x in np.linspace(-0.18, 0.18, 6):
        sheet.seam(points((x, top - 0.13), (x, top + 0.08)), 0.014, 0.35)


def _collar(sheet: Sheet, paint: Colour, top: float) -> None:
    """Draw the collar of a shirt: two pointed flaps."""
    sheet.part(ellipse((0, top + 0.02), (0.2, 0.1)), tint(paint, -0.55), puff=0, lift=0)
    for side in (1, -1):
        flap = points((0.01, top + 0.14), (0.2, top - 0.07), (0.33, top + 0.05), (0.2, top + 0.3))
        sheet.part(flap * (side, 1), paint, puff=0.04, lift=0.05)


def shirt(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a shirt with a pointed collar, a long button placket, chest pockets, and cuffs or short sleeves."""
    body, top, bottom = rng.uniform(0.44, 0.52), -0.84, rng.uniform(0.78, 0.92)
    plain = tint(style.main.first, 0.6) if rng.random() < 0.5 else tint(style.main.first, -0.2)
    _shirt_sleeves(sheet, style, plain, (body * 0.72, top + 0.2), rng)
    tail = curve((body, bottom - 0.16), (body * 0.55, bottom + 0.03), (0, bottom - 0.02))
    side = curve((body, top + 0.1), (body * 0.97, top + 0.5), (body * 0.95, 0.1))
    sheet.part(mirrored(np.vstack([[(0, top + 0.04), (0.2, top)], side, tail])), style.main, lift=0.03)
    sheet.part(box(-0.075, top + 0.1, 0.075, bottom - 0.03), plain, puff=0.02, lift=0.03)
    for y in np.linspace(top + 0.32, bottom - 0.14, int(rng.integers(5, 8))):
        sheet.disc((0, y), 0.036, style.ink)
    for x in ((0.17,), (0.17, -0.4), ())[rng.choice(3, p=[0.6, 0.2, 0.2])]:
        _chest_pocket(sheet, plain, x, rng.uniform(-0.42, -0.34))
    _collar(sheet, plain, top)
    _drape(sheet, rng, body, -0.1, bottom - 0.1, 3)


def _shirt_sleeves(sheet: Sheet, style: Style, plain: Colour, shoulder: Point, rng: Rng) -> None:
    """Draw long sleeves with cuffs, or short sleeves."""
    if rng.random() < 0.3:
        _sleeves(sheet, style.main, shoulder, (0.66, -0.56), (0.86, -0.3), 0.32, 0.33, 0.36)
        return
    elbow, wrist = (rng.uniform(0.68, 0.78), -0.2), (rng.uniform(0.72, 0.92), rng.uniform(0.4, 0.62))
    _sleeves(sheet, style.main, shoulder, elbow, wrist, 0.3, 0.25, 0.2)
    _sleeve_ends(sheet, plain, elbow, wrist, 0.24)


def _sleeve_ends(sheet: Sheet, paint: Colour, elbow: Point, wrist: Point, width: float) -> None:
    """Draw a turned-up end of each sleeve."""
    end = curve(elbow, wrist)[-3:]
    for arm in (end, flip(end)):
        sheet.part(band(arm, width, width), paint, puff=0.05, lift=0.02)


def _chest_pocket(sheet: Sheet, paint: Colour, x: float, y: float) -> None:
    pocket = points((0, 0), (0.23, 0), (0.23, 0.22), (0.115, 0.29), (0, 0.22))
    sheet.part(pocket + np.array([x, y]), paint, puff=0.02, lift=0.03)


def coat(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a long coat with lapels, an open front, one or two rows of big buttons, and sometimes a belt."""
    body, top, flare = rng.uniform(0.36, 0.42), -0.92, rng.uniform(0.46, 0.6)
    elbow, wrist = (rng.uniform(0.55, 0.62), -0.2), (rng.uniform(0.56, 0.74), rng.uniform(0.2, 0.38))
    facing = tint(style.main.first, -0.35) if rng.random() < 0.8 else style.trim
    _sleeves(sheet, style.main, (body * 0.75, top + 0.2), elbow, wrist, 0.3, 0.26, 0.24)
    _sleeve_ends(sheet, facing, elbow, wrist, 0.28)
    sheet.part(_torso(0.17, body, body, body * 0.98, flare, top, 0.97), style.main, lift=0.03)
    slit = points((0, top + 0.45), (0.02, 0.99), (rng.uniform(0.02, 0.22), 1), (0, top + 0.8))
    sheet.part(slit, style.ink, puff=0, lift=0)
    sheet.seam(points((0, top + 0.4), (0, 0.98)), 0.035, 0.75)
    _lapels(sheet, style, facing, top, rng)
    for y in np.linspace(top + 0.72, 0.4, int(rng.integers(3, 5))):
        for x in (0.13, -0.13)[: 2 if body > 0.39 else 1]:
            sheet.disc((x, y), 0.05, style.ink)
    if rng.random() < 0.45:
        sheet.part(box(-body - 0.03, -0.12, body + 0.03, 0, 0.02), style.trim, puff=0.04)
        sheet.part(box(-0.08, -0.15, 0.08, 0.03, 0.02), METAL, puff=0.03)
    for side in (1, -1):
        flap = points((0.16, 0.2), (0.36, 0.16), (0.37, 0.24), (0.17, 0.28)) * (side, 1)
        sheet.part(flap, facing, puff=0.02, lift=0.03)
    _drape(sheet, rng, flare, 0, 0.95)


def _lapels(sheet: Sheet, style: Style, facing: Colour, top: float, rng: Rng) -> None:
    """Draw the lapels, and the garment below that shows between them."""
    below = WHITE if rng.random() < 0.5 else style.trim
    sheet.part(points((-0.13, top), (0.13, top), (0, top + 0.5)), below, puff=0, lift=0)
    lapel = points((0.13, -0.05), (0.25, 0.06), (0.33, 0.33), (0.22, 0.36), (0.01, 0.62), (0.05, 0.3))
    for side in (1, -1):
        sheet.part((lapel + np.array([0, top])) * (side, 1), facing, puff=0.05, lift=0.05)


def dress(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a dress with straps or short sleeves, a narrow waist and a wide skirt."""
    bust, waist, skirt = rng.uniform(0.3, 0.36), rng.uniform(0.2, 0.26), rng.uniform(0.5, 0.85)
    line, bottom = rng.uniform(-0.25, -0.08), rng.uniform(0.85, 0.98)
    bodice = _sleeved_bodice if rng.random() < 0.45 else _strapped_bodice
    bodice(sheet, style, bust, waist, line)
    middle = (waist + (skirt - waist) * 0.45, (line + bottom) / 2 - 0.1)
    waves = [(skirt * share, bottom + 0.04 * (-1) ** turn) for turn, share in enumerate((0.75, 0.5, 0.25, 0))]
    flared = curve((waist, line), middle, (skirt, bottom - 0.06))
    sheet.part(mirrored(np.vstack([[(0, line)], flared, waves])), style.main, lift=0.02)
    for share in rng.uniform(-0.9, 0.9, 7):
        pleat = points((waist * share, line + 0.05), (skirt * share, bottom))
        sheet.fold(pleat, 0.09, rng.uniform(-1.2, 1.2))
    sheet.part(box(-waist - 0.02, line - 0.06, waist + 0.02, line + 0.05, 0.02), style.trim, puff=0.04)
    if rng.random() < 0.4:
        hem = curve((-skirt * 0.93, bottom - 0.16), (0, bottom - 0.06), (skirt * 0.93, bottom - 0.16))
        sheet.line(hem, 0.05, style.trim)


def _sleeved_bodice(sheet: Sheet, style: Style, bust: float, waist: float, line: float) -> None:
    _sleeves(sheet, style.main, (bust * 0.7, -0.8), (0.42, -0.74), (0.54, -0.56), 0.24, 0.26, 0.26)
    side = curve((bust, -0.84), (bust, -0.55), (waist, line))
    sheet.part(mirrored(np.vstack([[(0, -0.72), (0.16, -0.92)], side, [(0, line)]])), style.main, lift=0.02)
    neck = curve((-0.16, -0.92), (0, -0.72), (0.16, -0.92))
    sheet.part(band(neck, 0.06, 0.06), style.trim, puff=0.03, lift=0.02)


def _strapped_bodice(sheet: Sheet, style: Style, bust: float, waist: float, line: float) -> None:
    for x in (1, -1):
        strap = points((0.2 * x, -0.96), (bust * 0.75 * x, -0.55))
        sheet.part(band(strap, 0.07, 0.07), style.trim, puff=0.03)
    side = curve((bust * 0.85, -0.66), (bust, -0.5), (waist, line))
    sheet.part(mirrored(np.vstack([[(0, -0.55)], side, [(0, line)]])), style.main, lift=0.02)


def trouser(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a pair of trousers with a waistband, pockets and two legs."""
    waist, hip, bottom = rng.uniform(0.3, 0.38), rng.uniform(0.4, 0.48), rng.uniform(0.9, 0.98)
    crotch, inner, outer = rng.uniform(-0.3, -0.15), rng.uniform(0.05, 0.16), rng.uniform(0.38, 0.6)
    outside = curve((waist, -0.95), (hip, -0.55), ((hip + outer) / 2, 0.2), (outer, bottom))
    inside = curve((inner, bottom), (inner * 0.7, 0.2), (0.0, crotch))
    turned_up = rng.random() < 0.4
    for side in (1, -1):
        sheet.part(np.vstack([[(0, -0.95)], outside, inside]) * (side, 1), style.main, lift=0.02)
        crease = curve((0.22, -0.4), (0.26, 0.2), ((outer + inner) / 2, bottom - 0.05))
        sheet.seam(crease * (side, 1), 0.018, 0.25)
        pocket = curve((waist, -0.62), (waist * 0.72, -0.66), (waist * 0.55, -0.8))
        sheet.line(pocket * (side, 1), 0.025, style.ink)
        if turned_up:
            cuff = box(inner, bottom - 0.1, outer + 0.01, bottom + 0.01)
            sheet.part(cuff * (side, 1), style.trim, puff=0.03, lift=0.02)
    sheet.seam(points((0, -0.8), (0, crotch)), 0.03, 0.5)
    sheet.stitches(curve((0.09, -0.82), (0.1, -0.55), (0.01, crotch - 0.1)), style.ink)
    belt = style.trim if rng.random() < 0.6 else tint(style.main.first, -0.25)
    sheet.part(box(-waist - 0.01, -0.98, waist + 0.01, -0.83, 0.02), belt, puff=0.05, lift=0.03)
    for x in (-0.65, -0.3, 0.3, 0.65):
        sheet.part(
            box(x * waist - 0.02, -0.99, x * waist + 0.02, -0.81), style.main.first, puff=0.02, lift=0.02
        )
    sheet.disc((0, -0.9), 0.04, METAL)
    _drape(sheet, rng, hip, -0.3, bottom, 3)


def sneaker(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a sneaker from the side, with a thick pale sole, a toe cap, laces and a stripe."""
    high, thick = rng.uniform(-0.48, -0.32), rng.uniform(0.13, 0.2)
    base = 0.42 - thick
    upper = loop(
        (-0.95, base - 0.05), (-0.92, high + 0.2), (-0.86, high), (-0.6, high + 0.09), (-0.32, high - 0.02),
        (-0.02, high + 0.22), (0.42, base - 0.33), (0.8, base - 0.25), (0.96, base - 0.02), (0, base + 0.08),
    )  # fmt: skip
    sheet.part(upper, style.main, puff=0.14)
    sheet.part(ellipse((-0.59, high + 0.06), (0.24, 0.07)), style.ink, puff=0, lift=0)
    toe = loop((0.5, base + 0.03), (0.56, base - 0.26), (0.8, base - 0.25), (0.96, base - 0.03))
    sheet.part(toe, WHITE, puff=0.06, lift=0.03)
    counter = loop((-0.96, base), (-0.93, high + 0.2), (-0.78, high + 0.25), (-0.72, base))
    sheet.part(counter, style.trim, puff=0.05, lift=0.03)
    _sneaker_stripe(sheet, style.trim, high, base, rng)
    _laces(sheet, curve((-0.32, high - 0.04), (0.0, high + 0.2), (0.4, base - 0.32)), WHITE)
    sole = loop(
        (-0.98, base - 0.03), (0, base + 0.03), (0.98, base - 0.05), (0.99, 0.38), (0.5, 0.43), (-0.5, 0.42),
        (-0.99, 0.4),
    )  # fmt: skip
    sheet.part(sole, WHITE, puff=0.06, lift=0.04)
    line = curve((-0.95, base + thick * 0.6), (0, base + thick * 0.7), (0.96, base + thick * 0.55))
    sheet.line(line, 0.03, style.trim)


def _sneaker_stripe(sheet: Sheet, paint: Colour, high: float, base: float, rng: Rng) -> None:
    """Draw three bars, a curve or a line on the side."""
    kind = rng.integers(3)
    if kind == 0:
        for x in (-0.25, -0.08, 0.09):
            sheet.line(points((x - 0.12, base), (x + 0.04, high + 0.34)), 0.07, paint)
    elif kind == 1:
        swoop = curve((-0.55, base - 0.22), (-0.3, base - 0.06), (0.3, base - 0.3))
        sheet.part(band(swoop, 0.03, 0.16, 0.03), paint, puff=0.03, lift=0.02)
    else:
        sheet.line(curve((-0.6, base - 0.2), (0, base - 0.12), (0.45, base - 0.2)), 0.08, paint)


def _laces(sheet: Sheet, ridge: Points, paint: Colour) -> None:
    """Draw laces along ``ridge``, the upper edge of a shoe."""
    for share in np.linspace(0.1, 0.85, 5):
        x, y = ridge[int(share * (len(ridge) - 1))]
        sheet.line(points((x - 0.12, y + 0.13), (x + 0.06, y - 0.04)), 0.045, paint)


def ankle_boot(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw an ankle boot from the side, with a wide shaft to above the ankle, a dark sole and a heel."""
    top, shaft, toe = rng.uniform(-0.85, -0.62), rng.uniform(0.62, 0.78), rng.uniform(0.18, 0.36)
    heel = rng.uniform(0.1, 0.34)  # height of the heel
    front, base, lean = shaft - 0.8, 0.82 - heel, rng.uniform(0, 0.1)
    ball = (0.25, 0.8 - 0.3 * heel)
    upper = np.vstack([
        curve((-0.8, top + 0.03), (-0.42, top + 0.06), (front - 0.02, top)),  # the opening
        curve((front, top), (front - lean, -0.25), (front + 0.12, 0.0), (0.45, toe), (0.86, toe + 0.16), (0.96, 0.66)),
        curve((0.95, 0.76), ball, (-0.35, base), (-0.83, base)),
        curve((-0.85, base), (-0.84, base - 0.3), (-0.74 + lean / 2, -0.15), (-0.8, top + 0.03)),
    ])  # fmt: skip
    block = points((-0.85, base - 0.02), (-0.3, base), (-0.36 - heel * 0.3, 0.92), (-0.82 + heel * 0.2, 0.92))
    sole = DARK if rng.random() < 0.6 else tint(style.main.first, -0.6)
    sheet.part(block, sole, puff=0.06)
    sheet.part(upper, style.main, puff=0.18)
    under = curve(
        (-0.86, base + 0.01), (-0.35, base + 0.03), (0.25, ball[1] + 0.06), (0.6, 0.84), (0.98, 0.76)
    )
    sheet.part(band(under, 0.1, 0.12, 0.13, 0.1), sole, puff=0.03)
    sheet.line(under - (0, 0.075), 0.025, style.trim)  # the welt
    (_elastic, _lacing, _strap, _zip)[rng.integers(4)](sheet, style, front, top)
    if rng.random() < 0.4:
        sheet.part(box(-0.83, top - 0.02, front + 0.02, top + 0.11, 0.04), style.trim, puff=0.05)
    if rng.random() < 0.6:
        sheet.part(box(-0.83, top - 0.13, -0.72, top + 0.09, 0.02), style.ink, puff=0.02)  # the pull tab
    cap = rng.uniform(0.4, 0.55)
    sheet.seam(curve((cap, 0.8), (cap + 0.02, 0.5), (cap + 0.1, toe + 0.03)), 0.025, 0.5)
    sheet.fold(curve((-0.7, 0.0), (-0.4, 0.1), (front, 0.0)), 0.07, 1.0)
    sheet.fold(curve((front + 0.2, 0.45), (front + 0.3, 0.25), (front + 0.35, 0.1)), 0.06, 0.8)


def _elastic(sheet: Sheet, style: Style, front: float, top: float) -> None:
    """Draw the elastic panel of a Chelsea boot on the side."""
    middle = (front - 0.8) / 2
    gore = points(
        (middle - 0.17, top + 0.06), (middle + 0.17, top + 0.06), (middle + 0.11, 0.12), (middle - 0.09, 0.12)
    )
    sheet.part(gore, style.ink, puff=0.03, lift=0)
    for x in (-0.1, -0.03, 0.04, 0.11):
        sheet.line(
            points((middle + x, top + 0.1), (middle + x * 0.7 + 0.01, 0.08)), 0.02, tint(style.ink, 0.3)
        )


def _lacing(sheet: Sheet, style: Style, front: float, top: float) -> None:
    """Draw laces and eyelets along the front."""
    paint = style.trim if float(np.abs(style.trim - style.main.first).max()) > 0.25 else WHITE
    for share in np.linspace(0.08, 1, 6):
        x, y = front + 0.02 + 0.3 * max(0.0, share - 0.6), top + share * (0.1 - top)
        sheet.line(points((x - 0.22, y + 0.07), (x, y - 0.02)), 0.045, paint)
        sheet.disc((x - 0.24, y + 0.08), 0.03, METAL)


def _strap(sheet: Sheet, style: Style, front: float, top: float) -> None:
    """Draw a strap with a buckle around the ankle."""
    sheet.part(
        band(curve((-0.82, 0.05), (-0.4, -0.04), (front + 0.02, -0.12)), 0.13, 0.13), style.trim, puff=0.04
    )
    sheet.part(box(-0.42, -0.15, -0.22, 0.06, 0.02), METAL, puff=0.03)
    sheet.part(box(-0.37, -0.1, -0.27, 0.01), style.ink, puff=0, lift=0)


def _zip(sheet: Sheet, style: Style, front: float, top: float) -> None:
    """Draw a zip on the side."""
    x = (front - 0.8) / 2
    sheet.line(points((x, top + 0.03), (x + 0.03, 0.4)), 0.06, style.ink)
    sheet.stitches(points((x, top + 0.05), (x + 0.03, 0.4)), METAL, 0.03)
    sheet.part(box(x - 0.04, top + 0.08, x + 0.04, top + 0.24, 0.02), METAL, puff=0.03)


def sandal(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a sandal from the side or from above: a sole, and straps with gaps between them."""
    if rng.random() < 0.25:
        _sandal_from_above(sheet, style, rng)
    else:
        _sandal_from_the_side(sheet, style, rng)


def _sandal_from_the_side(sheet: Sheet, style: Style, rng: Rng) -> None:
    wedge = rng.uniform(0.08, 0.5)
    ground, front, back = 0.48, 0.36, 0.36 - wedge
    sole = loop(
        (-0.93, back), (-0.5, back + 0.05), (0.15, front - 0.03), (0.9, front - 0.05), (0.97, ground - 0.05),
        (0.8, ground), (0.2, ground), (-0.25, ground - 0.3 * wedge), (-0.5, ground), (-0.9, ground),
    )  # fmt: skip
    sheet.part(sole, tint(style.main.first, -0.45), puff=0.06)
    insole = curve((-0.93, back - 0.02), (-0.5, back + 0.03), (0.15, front - 0.05), (0.92, front - 0.06))
    sheet.line(insole, 0.08, CORK)
    straps = [(0.25, 0.72, rng.uniform(-0.12, 0.0)), (-0.2, 0.35, rng.uniform(-0.3, -0.15))]
    for start, stop, high in straps[: int(rng.integers(1, 3))]:
        arch = curve((start, front - 0.02), ((start + stop) / 2, high), (stop, front - 0.02))
        sheet.part(band(arch, 0.17, 0.13, 0.17), style.main, puff=0.06)
    _ankle_strap(sheet, style, back, back - rng.uniform(0.35, 0.45))


def _ankle_strap(sheet: Sheet, style: Style, back: float, ankle: float) -> None:
    """Draw the strap around the ankle, the straps that hold it, and its buckle."""
    heel = curve((-0.93, back), (-0.95, back - 0.2), (-0.86, ankle))
    sheet.part(band(heel, 0.15, 0.12), style.main, puff=0.06)
    around = curve(
        (-0.92, ankle), (-0.6, ankle - 0.1), (-0.3, ankle + 0.02), (-0.6, ankle + 0.12), (-0.9, ankle + 0.05)
    )
    sheet.part(band(around, 0.09, 0.09), style.main, puff=0.05)
    side = curve((-0.3, ankle + 0.02), (-0.12, (ankle + back) / 2), (-0.3, back + 0.06))
    sheet.part(band(side, 0.09, 0.12), style.main, puff=0.05)
    sheet.part(box(-0.4, ankle - 0.06, -0.26, ankle + 0.09, 0.02), METAL, puff=0.03)


def _sandal_from_above(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a thong sandal, or a sandal with two straps across the foot."""
    wide = rng.uniform(0.85, 1.05)
    outline = loop(
        (-0.05, -0.98), (0.3, -0.8), (0.4, -0.4), (0.27, 0.2), (0.3, 0.7), (0.0, 0.98), (-0.3, 0.7),
        (-0.27, 0.2), (-0.38, -0.4), (-0.33, -0.8),
    )  # fmt: skip
    foot = outline * (wide, 1)
    sheet.part(foot, tint(style.main.first, -0.45), puff=0.05)
    sheet.part(foot * (0.86, 0.92), CORK if rng.random() < 0.6 else style.trim, puff=0.04, lift=0)
    sheet.fold(ellipse((0, 0.65), (0.15, 0.2)), 0.08, -1)
    if rng.random() < 0.5:
        for side in (1, -1):
            strap = curve((0.02 * side, -0.6), (0.22 * side, -0.3), (0.36 * wide * side, 0.05))
            sheet.part(band(strap, 0.08, 0.13, 0.16), style.main, puff=0.05, lift=0.06)
        sheet.disc((0, -0.6), 0.06, style.ink)
        return
    for y, slope in ((-0.5, rng.uniform(-0.1, 0.1)), (-0.08, rng.uniform(-0.1, 0.1))):
        strap = curve((-0.44 * wide, y + slope), (0, y - 0.08), (0.44 * wide, y - slope))
        sheet.part(band(strap, 0.22, 0.22), style.main, puff=0.06, lift=0.06)
        sheet.part(box(0.16, y - 0.13, 0.3, y + 0.07, 0.02), METAL, puff=0.03)


def bag(sheet: Sheet, style: Style, rng: Rng) -> None:
    """Draw a bag with a flap, a zip or patches, and one or two handles."""
    wide, low, top = rng.uniform(0.66, 0.95), rng.uniform(0.72, 0.94), rng.uniform(-0.32, -0.02)
    taper, arch, thick = rng.uniform(0.72, 1.05), rng.uniform(0.28, 0.5), rng.uniform(0.07, 0.11)
    for shift in (0.0,) if rng.random() < 0.6 else (-0.07, 0.07):
        shoulder, foot = (arch * 0.85, shift - 0.75), (arch, top + 0.05)
        knots = points(foot, shoulder, (0, shift - 0.93), (-shoulder[0], shoulder[1]), (-foot[0], foot[1]))
        sheet.part(band(curve(*knots), thick, thick), style.trim, puff=0.04)
    side = curve((wide * taper, top), (wide * (1 + taper) / 2, (top + low) / 2), (wide, low - 0.08))
    body = mirrored(np.vstack([[(0, top)], side, [(wide - 0.08, low), (0, low)]]))
    sheet.part(body, style.main, puff=0.16)
    (_flap, _zipped, _patched)[rng.integers(3)](sheet, style, wide, wide * taper, arch, top, low)
    sheet.fold(curve((-wide * 0.5, low - 0.2), (0, low - 0.12), (wide * 0.5, low - 0.2)), 0.1, 0.8)


def _flap(sheet: Sheet, style: Style, wide: float, mouth: float, arch: float, top: float, low: float) -> None:
    """Draw a flap with a clasp."""
    middle = (top + low) / 2
    side = curve((mouth + 0.02, top - 0.02), (wide * 0.8, middle), (0, middle + 0.14))
    paint = style.main if style.main.phase < 0.5 else style.trim
    sheet.part(mirrored(np.vstack([[(0, top - 0.02)], side])), paint, puff=0.08, lift=0.07)
    sheet.part(box(-0.09, middle + 0.03, 0.09, middle + 0.22, 0.03), METAL, puff=0.04)


def _zipped(
    sheet: Sheet, style: Style, wide: float, mouth: float, arch: float, top: float, low: float
) -> None:
    """Draw a zip and a pocket."""
    sheet.line(points((0.06 - mouth, top + 0.1), (mouth - 0.06, top + 0.1)), 0.05, METAL)
    sheet.part(box(-wide * 0.55, top + 0.32, wide * 0.55, low - 0.14, 0.06), style.main, puff=0.06, lift=0.05)
    sheet.stitches(points((-wide * 0.5, top + 0.38), (wide * 0.5, top + 0.38)), style.ink)


def _patched(
    sheet: Sheet, style: Style, wide: float, mouth: float, arch: float, top: float, low: float
) -> None:
    """Draw patches at the bottom and at the handles."""
    sheet.part(box(-wide * 0.97, low - 0.24, wide * 0.97, low, 0.05), style.trim, puff=0.05, lift=0.02)
    for x in (-arch, arch):
        sheet.part(box(x - 0.08, top - 0.04, x + 0.08, top + 0.26, 0.04), style.trim, puff=0.04)
        sheet.disc((x, top + 0.17), 0.035, METAL)


GARMENTS: dict[str, Draw] = {
    "T-shirt/top": t_shirt,
    "Trouser": trouser,
    "Pullover": pullover,
    "Dress": dress,
    "Coat": coat,
    "Sandal": sandal,
    "Shirt": shirt,
    "Sneaker": sneaker,
    "Bag": bag,
    "Ankle boot": ankle_boot,
}
"""The function that draws each garment by its name, in the order of Fashion-MNIST."""
