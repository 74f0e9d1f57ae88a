"""Contact sheets: pictures of items side by side, with a line of text below each."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from PIL import Image, ImageDraw, ImageFont, ImageOps

CELL = 160
"""Side of an item's picture, px."""

GAP = 8
LINES = 2
"""Lines of text below a picture."""

LINE_HEIGHT = 15
BACKGROUND, INK = (255, 255, 255), (30, 30, 30)
FONT_SIZE = 13
SOUND_COLOUR, FAULTY_COLOUR = (0, 190, 80), (230, 20, 40)
BOX_LINE = 2


class DrawnBox(NamedTuple):
    """A box that is drawn on a picture.

    Attributes:
        corners: xmin, ymin, xmax, ymax, as shares of the width and height of the part that is shown.
        faulty: Whether it is drawn in the colour of faults.
    """

    corners: tuple[float, float, float, float]
    faulty: bool


class Item(NamedTuple):
    """A picture of a contact sheet.

    Attributes:
        encoded: The image file; b"" if it cannot be read.
        window: The part of the upright image that is shown: ymin, xmin, ymax, xmax, as shares of its height and
            width. None for all of it.
        text: The lines below the picture.
        boxes: The boxes on the picture.
    """

    encoded: bytes
    window: tuple[float, float, float, float] | None
    text: str
    boxes: tuple[DrawnBox, ...] = ()


def indexed_item(encoded: bytes, row: pd.Series, text: str) -> Item:
    """Return the picture of an item of the index.

    Args:
        encoded: The file of its image.
        row: A row of ``items.csv``. Its corners are in pixels of the record, which may be smaller than the file.
        text: The line below the path of its image.
    """
    width, height = row["width"], row["height"]
    window = (row["ymin"] / height, row["xmin"] / width, row["ymax"] / height, row["xmax"] / width)
    return Item(encoded, window, f"{row['file']}\n{text}")


def write_contact_sheet(
    items: Sequence[Item], columns: int, path: Path, *, cell: int = CELL, lines: int = LINES
) -> None:
    """Write a PNG of pictures side by side.

    Args:
        items: The pictures, from left to right and top to bottom.
        columns: The number of pictures in a row.
        path: The file to write.
        cell: The side of a picture, px.
        lines: The number of lines of text below each picture. Further lines of an item are left out.
    """
    columns = max(1, min(columns, len(items)))
    rows = -(-len(items) // columns)
    text_height = lines * LINE_HEIGHT + 2
    size = (columns * (cell + GAP) + GAP, rows * (cell + text_height + GAP) + GAP)
    sheet = Image.new("RGB", size, BACKGROUND)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(FONT_SIZE)
    for number, item in enumerate(items):
        x = GAP + number % columns * (cell + GAP)
        y = GAP + number // columns * (cell + text_height + GAP)
        picture = _picture(item, cell)
        if picture is None:
            draw.text((x, y + cell // 2), "cannot be read", INK, font)
        else:
            sheet.paste(picture, (x + (cell - picture.width) // 2, y + (cell - picture.height) // 2))
        for line, text in enumerate(item.text.splitlines()[:lines]):
            draw.text((x, y + cell + 1 + line * LINE_HEIGHT), _shortened(text, font, cell), INK, font)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def _picture(item: Item, cell: int) -> Image.Image | None:
    """Return the shown part of an image, upright, or None if the image cannot be read.

    Args:
        item: The image and its part.
        cell: The longer side of the result, px.
    """
    try:
        with Image.open(io.BytesIO(item.encoded)) as image:
            if item.window is None:  # a JPEG is decoded at a fraction of its size, which is faster
                image.draft("RGB", (2 * cell, 2 * cell))
            shown = ImageOps.exif_transpose(image).convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    if item.window is not None:
        sides = (shown.height, shown.width) * 2
        y_min, x_min, y_max, x_max = (
            round(share * side) for share, side in zip(item.window, sides, strict=True)
        )
        shown = shown.crop((x_min, y_min, max(x_max, x_min + 1), max(y_max, y_min + 1)))
    factor = cell / max(shown.size)
    size = (max(1, round(shown.width * factor)), max(1, round(shown.height * factor)))
    picture = shown.resize(size, Image.Resampling.LANCZOS)
    _draw_boxes(picture, item.boxes)
    return picture


def _draw_boxes(picture: Image.Image, boxes: Sequence[DrawnBox]) -> None:
    """Draw boxes on a picture, the faulty ones on top. Corners outside are drawn at the edge of the picture."""
    draw = ImageDraw.Draw(picture)
    right, lower = picture.width - 1, picture.height - 1
    for box in sorted(boxes, key=lambda box: box.faulty):
        xs = sorted(min(max(round(share * right), 0), right) for share in box.corners[::2])
        ys = sorted(min(max(round(share * lower), 0), lower) for share in box.corners[1::2])
        colour = FAULTY_COLOUR if box.faulty else SOUND_COLOUR
        draw.rectangle((xs[0], ys[0], xs[1], ys[1]), outline=colour, width=BOX_LINE)


def _shortened(text: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, width: int) -> str:
    """Return the end of a text that fits into ``width`` px below a picture; a path is told by its end."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(f"…{text}") > width:
        text = text[1:]
    return f"…{text}"
