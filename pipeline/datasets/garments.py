"""The ten garments of the catalogue, by the names of Fashion-MNIST, each of random proportions and details."""

from collections.abc import Callable

import numpy as np

from pipeline.datasets.drawing import Sheet
from pipeline.datasets.fabrics import Fabric, Style
from pipeline.datasets.outlines import Point, Points, band, box, curve, ellipse, flip, loop, mirrored, points
from pipeline.datasets.palette import Colour, rgb, tint

Rng = np.random.Generator
Draw = Callable[[Sheet, Style, Rng], None]

WHITE = rgb("f4f1e8")
DARK = rgb("2b2a2e")
METAL = rgb("b9bcc4")


def _sleeves(
    sheet: Sheet, paint: Fabric | Colour, shoulder: Point, elbow: Point, wrist: Point, *widths: float
) -> None:
    """Lay both sleeves, each a ribbon from shoulder over elbow to wrist (of the right one)."""
    spine = curve(shoulder, elbow, wrist)
    for arm in (spine, flip(spine)):
        sheet.part(band(arm, *widths), paint, lift=0.02)


def _cuffs(
    sheet: Sheet, paint: Fabric | Colour, elbow: Point, wrist: Point, width: float, length: float
) -> None:
    """Lay a cuff around the end of each sleeve, with ribs across it."""
    start, stop = np.array(elbow, float), np.array(wrist, float)
    along = (stop - start) / np.hypot(*(stop - start))
    spine = points(stop - along * length, stop + along * 0.02)
    across = np.array([-along[1], along[0]]) * width / 2
    for arm, sign in ((spine, 1), (flip(spine), -1)):
        sheet.part(band(arm, width, width), paint, puff=0.05, lift=0.02)
        for share in (-0.6, -0.2, 0.2, 0.6):
            sheet.seam(arm + across * (sign, 1) * share, 0.014, 0.35)


def _hem(sheet: Sheet, paint: Fabric | Colour, half: float, top: float, bottom: float) -> None:
    """Lay a ribbed band along the lower edge."""
    sheet.part(box(-half, top, half, bottom, 0.03), paint, puff=0.05, lift=0.02)
    for x in np.linspace(-half, half, 15)[1:-1]:
        sheet.seam(points((x, top + 0.02), (x, bottom - 0.02)), 0.014, 0.35)


def _drape(sheet: Sheet, rng: Rng, half: float, top: float, bottom: float, count: int = 4) -> None:
    """Let folds hang in a cloth."""
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
    """Outline a body: half widths at neck, shoulder, chest, waist and hem."""
    slope, armpit = top + 0.1, top + 0.5
    right = curve((shoulder, slope), (chest, armpit), (waist, (armpit + bottom) / 2), (hem, bottom))
    return mirrored(np.vstack([[(0, top + 0.04), (neck, top)], right, [(0, bottom + 0.02)]]))


def _round_neck(sheet: Sheet, style: Style, neck: float, top: float, depth: float) -> None:
    sheet.part(ellipse((0, top), (neck, depth), 0, 180), style.ink, puff=0, lift=0)
    sheet.part(band(ellipse((0, top), (neck, depth), 0, 180), 0.07, 0.07), style.trim, puff=0.04, lift=0.02)


def t_shirt(sheet: Sheet, style: Style, rng: Rng) -> None:
    """A T-shirt: short wide sleeves, a round neck, nothing down the front."""
    neck, body, top = rng.uniform(0.2, 0.28), rng.uniform(0.48, 0.58), -0.88
    bottom, reach, drop = rng.uniform(0.78, 0.98), rng.uniform(0.86, 0.98), rng.uniform(-0.42, -0.25)
    elbow = ((body + reach) / 2, -0.62)
    _sleeves(
        sheet, style.main, (body * 0.7, top + 0.22), elbow, (reach, drop), 0.34, 0.36, rng.uniform(0.36, 0.44)
    )
    sheet.part(_torso(neck, body, body * 0.97, body * 0.95, body, top, bottom), style.main, lift=0.02)
    _round_neck(sheet, style, neck, top + 0.02, rng.uniform(0.12, 0.2))
    sheet.stitches(points((-body * 0.96, bottom - 0.08), (body * 0.96, bottom - 0.08)), style.ink)
    if rng.random() < 0.4:
        motif = (
            ellipse((0, -0.15), (0.24, 0.24)) if rng.random() < 0.5 else box(-0.26, -0.3, 0.26, 0.05, 0.03)
        )
        sheet.part(motif, style.trim, puff=0, lift=0)
    _drape(sheet, rng, body, -0.3, bottom)


def pullover(sheet: Sheet, style: Style, rng: Rng) -> None:
    """A pullover: long sleeves, ribbed cuffs and hem, a closed front."""
    body, top = rng.uniform(0.44, 0.52), -0.84
    bottom, wrist = rng.uniform(0.72, 0.86), (rng.uniform(0.82, 0.96), rng.uniform(0.35, 0.62))
    elbow, wide = (rng.uniform(0.7, 0.8), -0.2), rng.uniform(0.27, 0.33)
    rib = style.trim if rng.random() < 0.6 else tint(style.main.first, -0.3)
    _sleeves(sheet, style.main, (body * 0.72, top + 0.2), elbow, wrist, 0.32, wide, wide * 0.85)
    _cuffs(sheet, rib, elbow, wrist, wide * 0.9, 0.15)
    sheet.part(_torso(0.22, body, body, body, body * 0.97, top, bottom), style.main, lift=0.03)
    _hem(sheet, rib, body * 0.96, bottom - 0.14, bottom + 0.02)
    kind = rng.integers(3)
    if kind == 0:
        _round_neck(sheet, style, 0.22, top + 0.02, 0.13)
    elif kind == 1:
        vee = points((-0.24, top), (0, top + rng.uniform(0.35, 0.5)), (0.24, top))
        sheet.part(np.vstack([vee, [(0.15, top - 0.02), (-0.15, top - 0.02)]]), style.ink, puff=0, lift=0)
        sheet.line(vee, 0.07, rib)
    else:
        sheet.part(box(-0.22, top - 0.15, 0.22, top + 0.1, 0.05), rib, puff=0.06)
        for x in np.linspace(-0.18, 0.18, 6):
            sheet.seam(points((x, top - 0.13), (x, top + 0.08)), 0.014, 0.35)
    _drape(sheet, rng, body, -0.2, bottom - 0.15)


def _collar(sheet: Sheet, paint: Colour, top: float) -> None:
    """Lay a shirt's collar: two pointed flaps."""
    sheet.part(ellipse((0, top + 0.02), (0.2, 0.1)), tint(paint, -0.55), puff=0, lift=0)
    for side in (1, -1):
        flap = points((0.01, top + 0.14), (0.2, top - 0.07), (0.33, top + 0.05), (0.2, top + 0.3))
        sheet.part(flap * (side, 1), paint, puff=0.04, lift=0.05)


def shirt(sheet: Sheet, style: Style, rng: Rng) -> None:
    """A shirt: pointed collar, a button placket all the way down, a chest pocket, cuffs or short sleeves."""
    body, top, bottom = rng.uniform(0.44, 0.52), -0.84, rng.uniform(0.78, 0.92)
    plain = tint(style.main.first, 0.6) if rng.random() < 0.5 else tint(style.main.first, -0.2)
    if rng.random() < 0.65:
        elbow, wrist = (rng.uniform(0.68, 0.78), -0.2), (rng.uniform(0.74, 0.92), rng.uniform(0.4, 0.62))
        _sleeves(sheet, style.main, (body * 0.72, top + 0.2), elbow, wrist, 0.3, 0.25, 0.2)
        sheet_cuff = curve(elbow, wrist)[-3:]
        for arm in (sheet_cuff, flip(sheet_cuff)):
            sheet.part(band(arm, 0.24, 0.24), plain, puff=0.05, lift=0.02)
    else:
        _sleeves(sheet, style.main, (body * 0.7, top + 0.2), (0.66, -0.56), (0.86, -0.3), 0.32, 0.33, 0.36)
    tail = curve((body, bottom - 0.16), (body * 0.55, bottom + 0.03), (0, bottom - 0.02))
    side = curve((body, top + 0.1), (body * 0.97, top + 0.5), (body * 0.95, 0.1))
    sheet.part(mirrored(np.vstack([[(0, top + 0.04), (0.2, top)], side, tail])), style.main, lift=0.03)
    sheet.part(box(-0.075, top + 0.1, 0.075, bottom - 0.03), plain, puff=0.02, lift=0.03)
    for y in np.linspace(top + 0.32, bottom - 0.14, int(rng.integers(5, 8))):
        sheet.disc((0, y), 0.036, style.ink)
    if rng.random() < 0.8:
        x, y = 0.17, rng.uniform(-0.42, -0.3)
        sheet.part(
            points((x, y), (x + 0.23, y), (x + 0.23, y + 0.22), (x + 0.115, y + 0.29), (x, y + 0.22)),
            plain,
            puff=0.02,
            lift=0.03,
        )
    _collar(sheet, plain, top)
    _drape(sheet, rng, body, -0.1, bottom - 0.1, 3)


def coat(sheet: Sheet, style: Style, rng: Rng) -> None:
    """A coat: long, lapels, an open front line, big buttons in one row or two, now and then a belt."""
    body, top, flare = rng.uniform(0.36, 0.42), -0.92, rng.uniform(0.46, 0.6)
    elbow, wrist = (rng.uniform(0.55, 0.62), -0.2), (rng.uniform(0.58, 0.74), rng.uniform(0.2, 0.38))
    dark = tint(style.main.first, -0.35)
    _sleeves(sheet, style.main, (body * 0.75, top + 0.2), elbow, wrist, 0.3, 0.26, 0.24)
    _cuff_ends = curve(elbow, wrist)[-3:]
    for arm in (_cuff_ends, flip(_cuff_ends)):
        sheet.part(band(arm, 0.28, 0.28), dark, puff=0.05, lift=0.02)
    sheet.part(_torso(0.17, body, body, body * 0.98, flare, top, 0.97), style.main, lift=0.03)
    sheet.part(
        points((0, top + 0.45), (0.02, 0.99), (0.2 * rng.random() + 0.02, 1), (0, top + 0.8)),
        style.ink,
        puff=0,
        lift=0,
    )
    sheet.seam(points((0, top + 0.4), (0, 0.98)), 0.035, 0.75)
    sheet.part(
        points((-0.13, top), (0.13, top), (0, top + 0.5)),
        WHITE if rng.random() < 0.5 else style.trim,
        puff=0,
        lift=0,
    )
    for side in (1, -1):
        lapel = points(
            (0.13, top - 0.05),
            (0.25, top + 0.06),
            (0.33, top + 0.33),
            (0.22, top + 0.36),
            (0.01, top + 0.62),
            (0.05, top + 0.3),
        )
        sheet.part(lapel * (side, 1), dark, puff=0.05, lift=0.05)
    rows = (0.13, -0.13) if rng.random() < 0.5 else (0.1,)
    for y in np.linspace(top + 0.72, 0.4, int(rng.integers(3, 5))):
        for x in rows:
            sheet.disc((x, y), 0.05, style.ink if rng.random() < 0.9 else style.trim)
    if rng.random() < 0.5:
        sheet.part(box(-body - 0.03, -0.12, body + 0.03, 0, 0.02), style.trim, puff=0.04)
        sheet.part(box(-0.08, -0.15, 0.08, 0.03, 0.02), METAL, puff=0.03)
    for side in (1, -1):
        sheet.part(
            points((0.16, 0.2), (0.36, 0.16), (0.37, 0.24), (0.17, 0.28)) * (side, 1),
            dark,
            puff=0.02,
            lift=0.03,
        )
    _drape(sheet, rng, flare, 0, 0.95)


def dress(sheet: Sheet, style: Style, rng: Rng) -> None:
    """A dress: straps or short sleeves, a narrow waist, a wide skirt."""
    bust, waist, skirt = rng.uniform(0.3, 0.36), rng.uniform(0.2, 0.26), rng.uniform(0.55, 0.85)
    line, bottom = rng.uniform(-0.25, -0.08), rng.uniform(0.85, 0.98)
    sleeved = rng.random() < 0.45
    if sleeved:
        _sleeves(sheet, style.main, (bust * 0.7, -0.8), (0.42, -0.74), (0.54, -0.56), 0.24, 0.26, 0.26)
        side = curve((bust, -0.84), (bust, -0.55), (waist, line))
        sheet.part(
            mirrored(np.vstack([[(0, -0.72), (0.16, -0.92)], side, [(0, line)]])), style.main, lift=0.02
        )
        sheet.part(
            band(curve((-0.16, -0.92), (0, -0.72), (0.16, -0.92)), 0.06, 0.06),
            style.trim,
            puff=0.03,
            lift=0.02,
        )
    else:
        for x in (1, -1):
            sheet.part(
                band(points((0.2 * x, -0.96), (bust * 0.75 * x, -0.55)), 0.07, 0.07), style.trim, puff=0.03
            )
        side = curve((bust * 0.85, -0.66), (bust, -0.5), (waist, line))
        sheet.part(mirrored(np.vstack([[(0, -0.55)], side, [(0, line)]])), style.main, lift=0.02)
    flared = curve(
        (waist, line), (waist + (skirt - waist) * 0.45, (line + bottom) / 2 - 0.1), (skirt, bottom - 0.06)
    )
    waves = [
        (skirt * share, bottom + 0.04 * (-1) ** index) for index, share in enumerate((0.75, 0.5, 0.25, 0))
    ]
    sheet.part(mirrored(np.vstack([[(0, line)], flared, waves])), style.main, lift=0.02)
    for share in rng.uniform(-0.9, 0.9, 7):
        sheet.fold(
            points((waist * share, line + 0.05), (skirt * share, bottom)), 0.09, rng.uniform(-1.2, 1.2)
        )
    sheet.part(box(-waist - 0.02, line - 0.06, waist + 0.02, line + 0.05, 0.02), style.trim, puff=0.04)
    if rng.random() < 0.4:
        sheet.line(
            curve((-skirt * 0.93, bottom - 0.16), (0, bottom - 0.06), (skirt * 0.93, bottom - 0.16)),
            0.05,
            style.trim,
        )


def trouser(sheet: Sheet, style: Style, rng: Rng) -> None:
    """A pair of trousers: a waistband, two legs."""
    waist, hip, bottom = rng.uniform(0.3, 0.38), rng.uniform(0.4, 0.48), rng.uniform(0.9, 0.98)
    crotch, gap = rng.uniform(-0.3, -0.15), rng.uniform(0.05, 0.16)
    outer, inner = rng.uniform(0.4, 0.58), gap
    leg = np.vstack([
        [(0, -0.95)], curve((waist, -0.95), (hip, -0.55), ((hip + outer) / 2, 0.2), (outer, bottom)),
        curve((inner, bottom), (inner * 0.7, 0.2), (0.0, crotch)),
    ])  # fmt: skip
    for side in (1, -1):
        sheet.part(leg * (side, 1), style.main, lift=0.02)
        sheet.seam(
            curve((0.22 * side, -0.4), (0.26 * side, 0.2), ((outer + inner) / 2 * side, bottom - 0.05)),
            0.018,
            0.25,
        )
        sheet.line(
            curve((waist * side, -0.62), (waist * 0.72 * side, -0.66), (waist * 0.55 * side, -0.8)),
            0.025,
            style.ink,
        )
        if rng.random() < 0.5:
            cuff = points(
                (inner, bottom - 0.1),
                (outer + 0.01, bottom - 0.1),
                (outer + 0.01, bottom + 0.01),
                (inner, bottom + 0.01),
            )
            sheet.part(cuff * (side, 1), style.trim, puff=0.03, lift=0.02)
    sheet.seam(points((0, -0.8), (0, crotch)), 0.03, 0.5)
    sheet.part(box(-waist - 0.01, -0.98, waist + 0.01, -0.83, 0.02), style.trim, puff=0.05, lift=0.03)
    sheet.disc((0, -0.9), 0.04, METAL)
    _drape(sheet, rng, hip, -0.3, bottom, 3)


def _sole(sheet: Sheet, paint: Colour, outline: Points, lines: int = 0) -> None:
    sheet.part(outline, paint, puff=0.05, lift=0.04)


def sneaker(sheet: Sheet, style: Style, rng: Rng) -> None:
    """A sneaker from the side: a thick pale sole, a toe cap, laces, a stripe."""
    high, thick = rng.uniform(-0.48, -0.32), rng.uniform(0.13, 0.2)
    base = 0.42 - thick
    upper = loop(
        (-0.95, base - 0.05), (-0.92, high + 0.2), (-0.86, high), (-0.6, high + 0.09), (-0.32, high - 0.02),
        (-0.02, high + 0.22), (0.42, base - 0.33), (0.8, base - 0.25), (0.96, base - 0.02), (0, base + 0.08),
    )  # fmt: skip
    sheet.part(upper, style.main, puff=0.14)
    sheet.part(ellipse((-0.59, high + 0.06), (0.24, 0.07)), style.ink, puff=0, lift=0)
    sheet.part(
        loop((0.5, base + 0.03), (0.56, base - 0.26), (0.8, base - 0.25), (0.96, base - 0.03)),
        WHITE,
        puff=0.06,
        lift=0.03,
    )
    sheet.part(
        loop((-0.96, base), (-0.93, high + 0.2), (-0.78, high + 0.25), (-0.72, base)),
        style.trim,
        puff=0.05,
        lift=0.03,
    )
    stripe = rng.integers(3)
    if stripe == 0:
        for x in (-0.25, -0.08, 0.09):
            sheet.line(points((x - 0.12, base), (x + 0.04, high + 0.34)), 0.07, style.trim)
    elif stripe == 1:
        sheet.part(
            band(curve((-0.55, base - 0.22), (-0.3, base - 0.06), (0.3, base - 0.3)), 0.03, 0.16, 0.03),
            style.trim,
            puff=0.03,
            lift=0.02,
        )
    else:
        sheet.line(curve((-0.6, base - 0.2), (0, base - 0.12), (0.45, base - 0.2)), 0.08, style.trim)
    tongue = curve((-0.32, high - 0.04), (0.0, high + 0.2), (0.4, base - 0.32))
    for share in np.linspace(0.1, 0.85, 5):
        x, y = tongue[int(share * (len(tongue) - 1))]
        sheet.line(
            points((x - 0.12, y + 0.13), (x + 0.06, y - 0.04)),
            0.045,
            WHITE if rng.random() < 0.9 else style.ink,
        )
    sheet.part(loop((-0.98, base - 0.03), (0, base + 0.03), (0.98, base - 0.05), (0.99, 0.38), (0.5, 0.43), (-0.5, 0.42), (-0.99, 0.4)),
               WHITE, puff=0.06, lift=0.04)  # fmt: skip
    sheet.line(
        curve((-0.95, base + thick * 0.6), (0, base + thick * 0.7), (0.96, base + thick * 0.55)),
        0.03,
        style.trim,
    )


def ankle_boot(sheet: Sheet, style: Style, rng: Rng) -> None:
    """An ankle boot from the side: a high shaft, a heel."""
    top, heel = -0.9, rng.uniform(0.16, 0.38)
    shaft, base = rng.uniform(0.46, 0.6), 0.9 - heel * 0.3
    left = -0.72
    sheet.part(
        points(
            (left, base - 0.1),
            (left + 0.44, base - 0.1),
            (left + rng.uniform(0.2, 0.4), 0.95),
            (left + 0.02, 0.95),
        ),
        DARK,
        puff=0.06,
    )
    body = loop(
        (left + 0.05, top), (left + 0.05 + shaft / 2, top + 0.05), (left + 0.05 + shaft, top), (left + shaft + 0.05, -0.2),
        (left + shaft + 0.2, 0.2), (0.45, 0.36), (0.82, 0.6), (0.82, 0.8), (0.2, 0.84), (-0.25, base - 0.04),
        (left, base - 0.04), (left - 0.02, 0.3), (left + 0.05, -0.3),
    )  # fmt: skip
    sheet.part(body, style.main, puff=0.16)
    sheet.part(
        band(curve((left - 0.02, base - 0.02), (-0.25, base), (0.2, 0.88), (0.86, 0.86)), 0.09, 0.08),
        DARK,
        puff=0.03,
    )
    sheet.part(box(left + 0.02, top - 0.06, left + shaft + 0.08, top + 0.1, 0.04), style.trim, puff=0.05)
    detail = rng.integers(3)
    if detail == 0:
        for y in np.linspace(-0.6, 0.15, 5):
            x = left + shaft - 0.02 + max(0, y + 0.1) * 0.5
            sheet.line(points((x - 0.2, y + 0.06), (x + 0.06, y - 0.04)), 0.05, style.trim)
    elif detail == 1:
        sheet.part(
            points(
                (left + 0.15, top + 0.1), (left + 0.42, top + 0.1), (left + 0.36, 0.05), (left + 0.22, 0.05)
            ),
            style.ink,
            puff=0.03,
            lift=0,
        )
    else:
        sheet.part(
            band(curve((left, 0.25), (-0.3, 0.15), (left + shaft + 0.2, 0.22)), 0.12, 0.12),
            style.trim,
            puff=0.04,
        )
        sheet.part(box(-0.35, 0.08, -0.2, 0.26, 0.02), METAL, puff=0.03)
    sheet.seam(curve((0.1, 0.8), (0.2, 0.5), (0.42, 0.37)), 0.025)
    sheet.fold(curve((left + 0.1, 0.05), (-0.2, 0.15), (0.05, 0.1)), 0.07, 1.0)


def sandal(sheet: Sheet, style: Style, rng: Rng) -> None:
    """A sandal from the side: a sole, straps with daylight between them."""
    wedge = rng.uniform(0.08, 0.5)
    ground, front, back = 0.48, 0.36, 0.36 - wedge
    sheet.part(loop((-0.93, back), (-0.5, back + 0.05), (0.15, front - 0.03), (0.9, front - 0.05), (0.97, ground - 0.05), (0.8, ground),
                    (0.2, ground), (-0.25, ground - 0.3 * wedge), (-0.5, ground), (-0.9, ground)), tint(style.main.first, -0.45), puff=0.06)  # fmt: skip
    insole = curve((-0.93, back - 0.02), (-0.5, back + 0.03), (0.15, front - 0.05), (0.92, front - 0.06))
    sheet.line(insole, 0.08, rgb("c9a06b"))
    straps = [(0.25, 0.72, rng.uniform(-0.12, 0.0)), (-0.2, 0.35, rng.uniform(-0.3, -0.15))]
    for start, stop, high in straps[: int(rng.integers(1, 3))] + straps[:1]:
        arch = curve((start, front - 0.02), ((start + stop) / 2, high), (stop, front - 0.02))
        sheet.part(band(arch, 0.17, 0.13, 0.17), style.main, puff=0.06)
    ankle = back - rng.uniform(0.35, 0.45)
    sheet.part(
        band(curve((-0.93, back), (-0.95, back - 0.2), (-0.86, ankle)), 0.15, 0.12), style.main, puff=0.06
    )
    sheet.part(
        band(
            curve(
                (-0.92, ankle),
                (-0.6, ankle - 0.1),
                (-0.3, ankle + 0.02),
                (-0.6, ankle + 0.12),
                (-0.9, ankle + 0.05),
            ),
            0.09,
            0.09,
        ),
        style.main,
        puff=0.05,
    )
    sheet.part(
        band(curve((-0.3, ankle + 0.02), (-0.12, (ankle + back) / 2), (-0.3, back + 0.06)), 0.09, 0.12),
        style.main,
        puff=0.05,
    )
    sheet.part(box(-0.4, ankle - 0.06, -0.26, ankle + 0.09, 0.02), METAL, puff=0.03)


def bag(sheet: Sheet, style: Style, rng: Rng) -> None:
    """A handbag: a body with a flap or a zip, one handle or two."""
    wide, low, top = rng.uniform(0.72, 0.95), rng.uniform(0.72, 0.92), rng.uniform(-0.25, -0.05)
    taper, arch, thick = rng.uniform(0.72, 1.0), rng.uniform(0.3, 0.5), rng.uniform(0.07, 0.11)
    handles = (0.0,) if rng.random() < 0.6 else (-0.07, 0.07)
    for shift in handles:
        spine = curve(
            (-arch, top + 0.05),
            (-arch * 0.85, -0.75 + shift),
            (0, -0.93 + shift),
            (arch * 0.85, -0.75 + shift),
            (arch, top + 0.05),
        )
        sheet.part(band(spine, thick, thick), style.trim, puff=0.04)
    body = mirrored(
        np.vstack(
            [
                [(0, top)],
                curve((wide * taper, top), (wide * (1 + taper) / 2, (top + low) / 2), (wide, low - 0.08)),
                [(wide - 0.08, low), (0, low)],
            ]
        )
    )
    sheet.part(body, style.main, puff=0.16)
    kind = rng.integers(3)
    if kind == 0:
        flap = mirrored(
            np.vstack(
                [
                    [(0, top - 0.02)],
                    curve(
                        (wide * taper + 0.02, top - 0.02),
                        (wide * 0.8, (top + low) / 2),
                        (0, (top + low) / 2 + 0.14),
                    ),
                ]
            )
        )
        sheet.part(flap, style.main if rng.random() < 0.5 else style.trim, puff=0.08, lift=0.07)
        sheet.part(box(-0.09, (top + low) / 2 + 0.03, 0.09, (top + low) / 2 + 0.22, 0.03), METAL, puff=0.04)
    elif kind == 1:
        sheet.line(points((-wide * taper + 0.06, top + 0.1), (wide * taper - 0.06, top + 0.1)), 0.05, METAL)
        sheet.part(
            box(-wide * 0.55, top + 0.32, wide * 0.55, low - 0.14, 0.06), style.main, puff=0.06, lift=0.05
        )
        sheet.stitches(points((-wide * 0.5, top + 0.38), (wide * 0.5, top + 0.38)), style.ink)
    else:
        sheet.part(box(-wide * 0.97, low - 0.24, wide * 0.97, low, 0.05), style.trim, puff=0.05, lift=0.02)
        for x in (-arch, arch):
            sheet.part(box(x - 0.08, top - 0.04, x + 0.08, top + 0.26, 0.04), style.trim, puff=0.04)
            sheet.disc((x, top + 0.17), 0.035, METAL)
    sheet.fold(curve((-wide * 0.5, low - 0.2), (0, low - 0.12), (wide * 0.5, low - 0.2)), 0.1, 0.8)


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
"""Name -> how it is drawn, in the order of Fashion-MNIST."""
