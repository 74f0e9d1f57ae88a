"""Drawing of one object on a transparent sheet, with relief, seams and folds, and pasting of it on a picture."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.drawn.paint.fabrics import Fabric
from pipeline.datasets.drawn.paint.outlines import Point, Points, ellipse
from pipeline.datasets.drawn.paint.palette import Colour

Picture = NDArray[np.float32]  # [H, W, 3], RGB in [0, 1]

Mask = NDArray[np.float32]  # [H, W], in [0, 1]

Window = tuple[slice, slice]  # rows, columns

SUPERSAMPLE = 2  # pixels of the sheet per pixel of the picture, along each side

SHIFT = 4  # fractional bits of OpenCV's fixed-point coordinates

MARGIN = 1.2  # half side of the sheet in unit coordinates; splines and ribbons may reach beyond 1


@dataclass(frozen=True)
class Pose:
    """The size and orientation of an object.

    Attributes:
        half: Half of its longer side, px.
        angle: The rotation in degrees, clockwise.
        mirror: Whether left and right are swapped.
        light: The unit vector in the picture towards the light, xy.
    """

    half: float
    angle: float
    mirror: bool
    light: tuple[float, float]


@dataclass(frozen=True)
class Sprite:
    """A drawn object, cropped to its visible part.

    Attributes:
        colour: float32 [H, W, 3], RGB in [0, 1], premultiplied by alpha.
        alpha: The opacity, float32 [H, W], in [0, 1].
    """

    colour: Picture
    alpha: Mask


class Sheet:
    """A transparent sheet on which an object is drawn in unit coordinates, at twice the final resolution.

    In unit coordinates, x goes to the right and y down, and the longer side of the object extends from -1 to 1.

    Attributes:
        u: The x of each pixel in unit coordinates, float32 [S, S]. Patterns use it, so they turn with the object.
        v: The y of each pixel in unit coordinates, float32 [S, S].
        colour: float32 [S, S, 3], RGB in [0, 1].
        alpha: The opacity, float32 [S, S], in [0, 1].
        bumps: The height of the folds, float32 [S/4, S/4]. :meth:`lift_off` shades them.
    """

    def __init__(self, pose: Pose) -> None:
        turn = np.radians(pose.angle)
        c, s = np.cos(turn), np.sin(turn)
        self.scale = pose.half * SUPERSAMPLE
        self.light = pose.light
        side = int(np.ceil(2 * MARGIN * self.scale * (abs(c) + abs(s)) / 4)) * 4
        self.centre = side / 2
        self.turn = np.array([[c, -s], [s, c]]) * np.array([-1.0 if pose.mirror else 1.0, 1.0]) * self.scale
        inverse = np.linalg.inv(self.turn).astype(np.float32)
        at = np.arange(side, dtype=np.float32) + np.float32(0.5 - self.centre)
        self.u = inverse[0, 0] * at[None, :] + inverse[0, 1] * at[:, None]
        self.v = inverse[1, 0] * at[None, :] + inverse[1, 1] * at[:, None]
        self.colour = np.zeros((side, side, 3), np.float32)
        self.alpha = np.zeros((side, side), np.float32)
        self.bumps = np.zeros((side // 4, side // 4), np.float32)

    def part(
        self, outline: Points, paint: Fabric | Colour, *, puff: float = 0.12, lift: float = 0.05
    ) -> None:
        """Draw a filled part over the parts so far.

        Args:
            outline: The corners in unit coordinates, float64 [N, 2], xy.
            puff: The width of the rounded rim in unit coordinates. 0 means flat.
            lift: The width of the shadow on the parts below, in unit coordinates. 0 means no shadow.
        """
        window, mask = self._fill(outline, pad=max(puff, lift))
        colour = paint(self.u[window], self.v[window]) if isinstance(paint, Fabric) else paint
        if puff:
            colour = colour * _in_rgb(self._relief(mask, puff))
        below = self.colour[window]
        if lift:
            below *= _in_rgb(1 - 0.45 * _blur(mask, lift * self.scale))
        below += (colour - below) * _in_rgb(mask)
        alpha = self.alpha[window]
        np.maximum(alpha, mask, out=alpha)

    def disc(self, centre: Point, radius: float, paint: Fabric | Colour, *, lift: float = 0.03) -> None:
        """Draw a round part, such as a button."""
        self.part(ellipse(centre, (radius, radius)), paint, puff=radius * 0.6, lift=lift)

    def line(self, along: Points, width: float, colour: Colour, opacity: float = 1.0) -> None:
        """Draw a line over the parts so far. Where it leaves them, it extends the object."""
        window, mask = self._stroke(along, width)
        mask *= opacity
        here = self.colour[window]
        here += (colour - here) * _in_rgb(mask)
        alpha = self.alpha[window]
        np.maximum(alpha, mask, out=alpha)

    def seam(self, along: Points, width: float = 0.02, depth: float = 0.4) -> None:
        """Draw a dark line on the parts so far. It does not extend the object.

        Args:
            depth: The share of the brightness that the line removes, in [0, 1].
        """
        window, mask = self._stroke(along, width)
        self.colour[window] *= _in_rgb(1 - depth * mask)

    def stitches(self, along: Points, colour: Colour, width: float = 0.016) -> None:
        """Draw a dashed line on the parts so far. It does not extend the object."""
        steps = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(along, axis=0).T))])
        marks = np.arange(0, steps[-1], 0.05)
        dash = np.stack([np.interp([m, m + 0.03], steps, along[:, axis]) for m in marks for axis in (0, 1)])
        window, mask = self._stroke(dash.reshape(-1, 2, 2).transpose(0, 2, 1), width)
        mask *= self.alpha[window]
        here = self.colour[window]
        here += (colour - here) * _in_rgb(mask)

    def cut(self, outline: Points) -> None:
        """Cut a hole through which the background is visible."""
        window, mask = self._fill(outline)
        self.alpha[window] *= 1 - mask
        self.colour[window] *= (1 - mask)[..., None]

    def fold(self, along: Points, width: float = 0.08, height: float = 1.0) -> None:
        """Add a soft fold to the cloth. A positive ``height`` raises it, a negative one lowers it."""
        stroke = np.zeros(self.bumps.shape, np.uint8)
        thick = max(1, round(width * self.scale / 4))
        corners = [_fixed(self._place(along) / 4)]
        cv2.polylines(stroke, corners, False, 255, thick, cv2.LINE_AA, SHIFT)
        self.bumps += stroke * np.float32(height / 255)

    def crumple(self, rng: np.random.Generator, height: float) -> None:
        """Add random unevenness, as of a cloth that lies on the ground."""
        grid = rng.random((int(rng.integers(4, 8)),) * 2, np.float32)
        self.bumps += height * cv2.resize(grid, self.bumps.shape, interpolation=cv2.INTER_CUBIC)

    def lift_off(self) -> Sprite:
        """Return the object: shaded by its folds, at the final resolution and cropped to its visible part."""
        self.colour *= _in_rgb(self._light())
        np.clip(self.colour, 0, 1, out=self.colour)
        self.colour *= _in_rgb(self.alpha)
        size = (len(self.alpha) // SUPERSAMPLE,) * 2
        alpha = cv2.resize(self.alpha, size, interpolation=cv2.INTER_AREA)
        colour = cv2.resize(self.colour, size, interpolation=cv2.INTER_AREA)
        window = bounds(alpha > 0.02)
        return Sprite(colour[window], alpha[window])

    def _light(self) -> Mask:
        """Return the brightness around 1, float32 [S, S], from the slope of the folds, the rim and a gradient."""
        x, y = self.light
        bumps = _blur(self.bumps, max(1.0, 0.03 * self.scale / 4))
        slope = cv2.Sobel(bumps, cv2.CV_32F, 1, 0) * x + cv2.Sobel(bumps, cv2.CV_32F, 0, 1) * y
        shade = 1 - np.clip(0.012 * self.scale * slope / 4, -0.3, 0.3)
        shade = cv2.resize(shade, self.alpha.shape, interpolation=cv2.INTER_LINEAR)
        at = (np.arange(len(shade), dtype=np.float32) / len(shade) - 0.5) * np.float32(0.35)
        shade += at[None, :] * np.float32(x) + at[:, None] * np.float32(y)
        return shade * (0.72 + 0.28 * _blur(self.alpha, 0.05 * self.scale))

    def _relief(self, mask: Mask, puff: float) -> Mask:
        """Return the brightness of a part shaped like a cushion: bright on the rim towards the light, dark opposite."""
        radius = max(1.0, puff * self.scale)
        height = _blur(mask, radius)
        x, y = self.light
        slope = cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=x / 8) + cv2.Sobel(
            height, cv2.CV_32F, 0, 1, scale=y / 8
        )
        return 0.8 + 0.2 * height - 0.42 * radius * slope

    def _place(self, along: Points) -> Points:
        """Convert unit coordinates to pixels of the sheet, xy."""
        return along @ self.turn.T + self.centre

    def _window(self, placed: Points, pad: float) -> tuple[Window, NDArray[np.float64]]:
        """Return the window of the sheet around points, padded by ``pad`` px, and its upper left corner, xy."""
        side = len(self.alpha)
        low = np.clip(np.floor(placed.reshape(-1, 2).min(axis=0) - pad), 0, side - 1).astype(int)
        high = np.clip(np.ceil(placed.reshape(-1, 2).max(axis=0) + pad) + 1, low + 1, side).astype(int)
        return (slice(low[1], high[1]), slice(low[0], high[0])), low.astype(float)

    def _fill(self, outline: Points, pad: float = 0.0) -> tuple[Window, Mask]:
        """Return the mask of a filled outline, and the window of the sheet that it belongs to."""
        placed = self._place(outline)
        window, origin = self._window(placed, pad * self.scale + 2)
        mask = np.zeros(self.alpha[window].shape, np.uint8)
        cv2.fillPoly(mask, [_fixed(placed - origin)], 255, cv2.LINE_AA, SHIFT)
        return window, mask * np.float32(1 / 255)

    def _stroke(self, along: NDArray[np.float64], width: float) -> tuple[Window, Mask]:
        """Return the mask of one line [N, 2] or many [L, N, 2], and its window. Lines thinner than 1 px are paler."""
        thickness = width * self.scale
        placed = self._place(along)
        window, origin = self._window(placed, thickness + 2)
        mask = np.zeros(self.alpha[window].shape, np.uint8)
        lines = list(_fixed(placed - origin)) if placed.ndim == 3 else [_fixed(placed - origin)]
        cv2.polylines(mask, lines, False, 255, max(1, round(thickness)), cv2.LINE_AA, SHIFT)
        return window, mask * np.float32(min(1.0, 0.35 + 0.65 * thickness) / 255)


def bounds(seen: NDArray[np.bool_]) -> Window:
    """Return the smallest window that holds all true pixels of ``seen``, [H, W]. It is empty if none is true."""
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def paste(
    picture: Picture, sprite: Sprite, corner: tuple[int, int], light: tuple[float, float], drop: float
) -> None:
    """Draw a sprite with a soft shadow on ``picture``, in place.

    Args:
        corner: The place of the sprite's upper left corner, xy, px. It may be outside the picture.
        light: The unit vector towards the light, xy.
        drop: The distance of the shadow, px.
    """
    reach = int(3 * drop) + 2
    shadow = np.pad(sprite.alpha, reach)
    moved = (corner[0] - reach - round(light[0] * drop), corner[1] - reach - round(light[1] * drop))
    target, source = overlap(picture.shape, shadow.shape, moved)
    picture[target] *= (1 - 0.5 * _blur(shadow, drop)[source])[..., None]
    target, source = overlap(picture.shape, sprite.alpha.shape, corner)
    picture[target] *= (1 - sprite.alpha[source])[..., None]
    picture[target] += sprite.colour[source]


def overlap(
    picture: tuple[int, ...], sprite: tuple[int, ...], corner: tuple[int, int]
) -> tuple[Window, Window]:
    """Return the windows of a picture and of a sprite in which they overlap.

    Args:
        picture: The shape of the picture, (H, W, ...).
        sprite: The shape of the sprite, (H, W, ...).
        corner: The place of the sprite's upper left corner, xy, px. It may be outside the picture.
    """
    x, y = corner
    left, top = max(x, 0), max(y, 0)
    right = max(min(x + sprite[1], picture[1]), left)
    bottom = max(min(y + sprite[0], picture[0]), top)
    return (slice(top, bottom), slice(left, right)), (slice(top - y, bottom - y), slice(left - x, right - x))


def _blur(field: Mask, radius: float) -> Mask:
    """Blur with two box filters, which is similar to a Gaussian and faster. ``radius`` is in px."""
    size = (2 * max(1, round(radius / 2)) + 1,) * 2
    return cv2.blur(cv2.blur(field, size), size)


def _fixed(placed: Points) -> NDArray[np.int32]:
    """Convert pixel coordinates to OpenCV's fixed-point coordinates."""
    return np.round((placed - 0.5) * (1 << SHIFT)).astype(np.int32)


def _in_rgb(mask: Mask) -> Picture:
    """Return three equal channels. Their products are several times as fast as with a channel that is broadcast."""
    return cv2.merge((mask, mask, mask))
