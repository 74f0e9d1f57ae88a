"""Pictures with boxes, and arrays as items of a contact sheet."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pipeline.embedding.contact_sheet import CELL, Item

SIDE = 640
"""Longer side of a picture with boxes, px."""

COLOURS = ("#ff8a1f", "#39b4ff", "#7bd33b", "#ff5fa2", "#c79bff", "#ffd400")
FONT_SIZE, LEGEND_HEIGHT = 15, 26


class Boxes(NamedTuple):
    """Boxes of one kind.

    Attributes:
        name: The name of the kind, for the legend.
        boxes: float32 [N, 4], yxyx, normalised.
        colour: The colour of the lines; None for a colour for each box, in turn.
        width: Width of the lines, px.
    """

    name: str
    boxes: np.ndarray
    colour: str | None
    width: int


def sheet_item(pixels: np.ndarray, text: str) -> Item:
    """Return an array, uint8 [H, W, 3], as an item. Small ones are enlarged without smoothing."""
    picture = Image.fromarray(pixels)
    factor = max(1, CELL // max(picture.size))
    enlarged = picture.resize((picture.width * factor, picture.height * factor), Image.Resampling.NEAREST)
    return Item(_encoded(enlarged), None, text)


def write_boxes(picture: np.ndarray, kinds: Sequence[Boxes], path: Path) -> None:
    """Write a picture with boxes, and a legend below it.

    Args:
        picture: uint8 [H, W, 3], RGB.
        kinds: The boxes; later ones are drawn over earlier ones.
        path: The PNG to write.
    """
    image = Image.fromarray(picture)
    factor = SIDE / max(image.size)
    image = image.resize((max(1, round(image.width * factor)), max(1, round(image.height * factor))))
    sheet = Image.new("RGB", (max(image.width, SIDE), image.height + LEGEND_HEIGHT * len(kinds)), "white")
    draw = ImageDraw.Draw(image)
    for kind in kinds:
        for number, (top, left, bottom, right) in enumerate(kind.boxes.tolist()):
            colour = kind.colour or COLOURS[number % len(COLOURS)]
            corners = (left * image.width, top * image.height, right * image.width, bottom * image.height)
            draw.rectangle(corners, outline=colour, width=kind.width)
    sheet.paste(image, (0, 0))
    text, font = ImageDraw.Draw(sheet), ImageFont.load_default(FONT_SIZE)
    for line, kind in enumerate(kinds):
        y = image.height + line * LEGEND_HEIGHT + 5
        text.rectangle((4, y, 26, y + 14), outline=kind.colour or COLOURS[0], width=kind.width)
        text.text((34, y - 1), f"{kind.name}: {len(kind.boxes)}", "#1e1e1e", font)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def _encoded(picture: Image.Image) -> bytes:
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()
