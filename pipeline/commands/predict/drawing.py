"""Draws detections on a picture: boxes with labels, masks and keypoints, in sizes that fit the picture."""

import colorsys
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pipeline.ops.mask_pasting import paste_mask
from pipeline.reporting.marks import LabelPlacer, Mark
from pipeline.serving.predict import MASK_THRESHOLD
from pipeline.serving.prediction import Prediction

FONT_SHARE = 0.03
"""Size of the labels in a picture of large objects, as a share of the picture's mean side."""

FONT_OF_OBJECT = 0.5
"""The labels are no larger than this share of the median object's side."""

LEAST_FONT = 12
"""The least size of the labels, px."""

FONT_OF_SIDE = 0.15
"""The labels are no larger than this share of the shorter side of the picture, however small that makes them."""

LINE_OF_FONT = 0.14
"""Width of the lines, as a share of the size of the labels."""

OPACITY = 0.45
"""How much of the colour of a mask covers the picture."""

VISIBLE = 0.5
"""Keypoints of a lower probability are not drawn."""

_TURN = 0.618  # of the colour circle from a class to the next, so that near numbers have different colours

_RING = 8  # after so many turns, the hue is nearly that of the first again

Colour = tuple[int, int, int]


def draw_prediction(picture: Image.Image, prediction: Prediction, classes: Sequence[str]) -> Image.Image:
    """Return a picture with the detections drawn on it.

    Args:
        picture: The upright picture, in mode RGB. It is not changed.
        prediction: Its detections, by descending score. The best are drawn on top.
        classes: The names of the classes 1..K.
    """
    pixels = np.array(picture)
    colours = [class_colour(label) for label in prediction.classes.tolist()]
    if prediction.masks is not None:
        for mask, box, colour in zip(prediction.masks, prediction.boxes, colours, strict=True):
            _tint(pixels, mask, box, colour)
    drawn = Image.fromarray(pixels)
    size = font_size(drawn.size, prediction.boxes)
    draw, font = ImageDraw.Draw(drawn), ImageFont.load_default(size)
    line = max(1, round(LINE_OF_FONT * size))
    marks = _marks(prediction, classes, LabelPlacer(*drawn.size, size))
    for mark, colour in reversed(list(zip(marks, colours, strict=True))):
        corners = (mark.x, mark.y, mark.x + mark.width, mark.y + mark.height)
        box = tuple(min(side, limit - 1) for side, limit in zip(corners, drawn.size * 2, strict=True))
        draw.rectangle(box, outline=colour, width=line)
        for x, y in mark.points:
            draw.circle((x, y), 1.5 * line, fill=colour, outline=_ink(colour))
    for mark, colour in reversed(list(zip(marks, colours, strict=True))):
        _label(draw, mark, colour, font)
    return drawn


def font_size(picture: tuple[int, int], boxes: np.ndarray) -> float:
    """Return the size of the labels, px.

    Args:
        picture: Width and height of the picture, px.
        boxes: float32 [D, 4], yxyx, px.
    """
    largest = FONT_SHARE * sum(picture) / 2
    if len(boxes):
        sides = np.sqrt((boxes[:, 2:] - boxes[:, :2]).prod(axis=1))
        largest = min(largest, FONT_OF_OBJECT * float(np.median(sides)))
    return max(min(max(largest, LEAST_FONT), FONT_OF_SIDE * min(picture)), 1.0)


def class_colour(label: int) -> Colour:
    """Return the colour of a class, 1..K. It is the same in each picture."""
    ring = (label - 1) // _RING % 2  # the hues nearly repeat, so that every second ring of them is darker
    red, green, blue = colorsys.hsv_to_rgb((0.45 + label * _TURN) % 1.0, 0.85, 0.65 if ring else 0.95)
    return round(255 * red), round(255 * green), round(255 * blue)


def _marks(prediction: Prediction, classes: Sequence[str], placer: LabelPlacer) -> list[Mark]:
    """Return the boxes with the places of their labels. The best detections get the best places."""
    marks = []
    for index, (y_min, x_min, y_max, x_max) in enumerate(prediction.boxes.tolist()):
        name = classes[int(prediction.classes[index]) - 1]
        points: tuple[tuple[float, float], ...] = ()
        if prediction.keypoints is not None:
            points = tuple((x, y) for x, y, seen in prediction.keypoints[index].tolist() if seen >= VISIBLE)
        box = (x_min, y_min, x_max - x_min, y_max - y_min)
        marks.append(placer.mark("right", box, f"{name} {prediction.scores[index]:.2f}", points=points))
    return marks


def _label(
    draw: ImageDraw.ImageDraw, mark: Mark, colour: Colour, font: ImageFont.FreeTypeFont | ImageFont.ImageFont
) -> None:
    """Draw a label on a ground of its colour."""
    size = font.size if isinstance(font, ImageFont.FreeTypeFont) else LEAST_FONT
    right = mark.text_x + font.getlength(mark.text) + 0.5 * size
    draw.rectangle((mark.text_x, mark.text_y, right, mark.text_y + 1.35 * size), fill=colour)
    draw.text((mark.text_x + 0.25 * size, mark.text_y + 0.1 * size), mark.text, _ink(colour), font)


def _ink(colour: Colour) -> str:
    """Return black or white, whichever is easier to read on a colour."""
    red, green, blue = colour
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 110 else "white"


def _tint(pixels: np.ndarray, mask: np.ndarray, box: np.ndarray, colour: Colour) -> None:
    """Colour the pixels of a mask, in place.

    Args:
        pixels: uint8 [H, W, 3].
        mask: float32 [M, M], which covers the box.
        box: float32 [4], yxyx, px.
    """
    top, left = np.floor(box[:2]).astype(int).clip(0)
    part = pixels[top : int(np.ceil(box[2])), left : int(np.ceil(box[3]))]
    place = box - np.array([top, left, top, left])
    inside = paste_mask(mask, place, *part.shape[:2], threshold=MASK_THRESHOLD).astype(bool)
    part[inside] = ((1 - OPACITY) * part[inside] + OPACITY * np.array(colour)).astype(np.uint8)
