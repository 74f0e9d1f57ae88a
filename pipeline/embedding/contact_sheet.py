"""Contact sheets: pictures of items side by side, with a line of text below each."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from PIL import Image, ImageDraw, ImageFont

CELL = 160
"""Side of an item's picture, px."""

GAP = 8
TEXT_HEIGHT = 32
BACKGROUND, INK = (255, 255, 255), (30, 30, 30)
FONT_SIZE = 13


class Item(NamedTuple):
    """A picture of a contact sheet.

    Attributes:
        encoded: The image file; b"" if it cannot be read.
        window: The part of the image that is shown: ymin, xmin, ymax, xmax, px. None for all of it.
        text: At most two lines below the picture.
    """

    encoded: bytes
    window: tuple[float, float, float, float] | None
    text: str


def indexed_item(encoded: bytes, row: pd.Series, text: str) -> Item:
    """Return the picture of an item of the index.

    Args:
        encoded: The file of its image.
        row: A row of ``items.csv``.
        text: The line below the path of its image.
    """
    window = (row["ymin"], row["xmin"], row["ymax"], row["xmax"])
    return Item(encoded, window, f"{row['file']}\n{text}")


def write_contact_sheet(items: Sequence[Item], columns: int, path: Path) -> None:
    """Write a PNG of pictures side by side.

    Args:
        items: The pictures, from left to right and top to bottom.
        columns: The number of pictures in a row.
        path: The file to write.
    """
    columns = max(1, min(columns, len(items)))
    rows = -(-len(items) // columns)
    size = (columns * (CELL + GAP) + GAP, rows * (CELL + TEXT_HEIGHT + GAP) + GAP)
    sheet = Image.new("RGB", size, BACKGROUND)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(FONT_SIZE)
    for number, item in enumerate(items):
        x = GAP + number % columns * (CELL + GAP)
        y = GAP + number // columns * (CELL + TEXT_HEIGHT + GAP)
        picture = _picture(item)
        if picture is None:
            draw.text((x, y + CELL // 2), "cannot be read", INK, font)
        else:
            sheet.paste(picture, (x + (CELL - picture.width) // 2, y + (CELL - picture.height) // 2))
        for line, text in enumerate(item.text.splitlines()[:2]):
            draw.text((x, y + CELL + 1 + line * 15), _shortened(text, font), INK, font)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def _picture(item: Item) -> Image.Image | None:
    """Return the shown part of an image, whose longer side is the cell's, or None if the image cannot be read."""
    try:
        with Image.open(io.BytesIO(item.encoded)) as image:
            shown = image.convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    if item.window is not None:
        y_min, x_min, y_max, x_max = (round(side) for side in item.window)
        shown = shown.crop((x_min, y_min, max(x_max, x_min + 1), max(y_max, y_min + 1)))
    factor = CELL / max(shown.size)
    size = (max(1, round(shown.width * factor)), max(1, round(shown.height * factor)))
    return shown.resize(size, Image.Resampling.LANCZOS)


def _shortened(text: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont) -> str:
    """Return the end of a text that fits below a picture; a path is told by its end."""
    if font.getlength(text) <= CELL:
        return text
    while text and font.getlength(f"…{text}") > CELL:
        text = text[1:]
    return f"…{text}"
