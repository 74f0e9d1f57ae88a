"""Reduction of images so that a page can hold them as data URIs."""

import base64
import io

from PIL import Image, ImageOps

SIDES = (640, 480, 360, 240)  # lengths of the longer side that are tried, px
BUDGET = 3_000_000  # bytes of JPEG of all pictures together, which are 4 MB as text

Window = tuple[float, float, float, float]
"""A part of an upright image: ymin, xmin, ymax, xmax, as shares of its height and width."""

WHOLE: Window = (0.0, 0.0, 1.0, 1.0)


def encode_within_budget(
    pictures: list[bytes], windows: list[Window] | None = None, budget: int = BUDGET
) -> list[str]:
    """Return each picture as the data URI of a JPEG.

    The longer side of the pictures is at most the largest length of ``SIDES`` with which all of them together stay
    within the budget. If none does, it is the smallest.

    Args:
        pictures: Encoded images of any format. A picture that cannot be read gives "".
        windows: The part of each picture that is shown; None for all of each.
        budget: Bytes of JPEG of all pictures together.
    """
    encoded: list[bytes] = []
    shown = list(zip(pictures, windows or [WHOLE] * len(pictures), strict=True))
    for side in SIDES:
        encoded = [thumbnail(picture, side, window) for picture, window in shown]
        if sum(map(len, encoded)) <= budget:
            break
    return ["data:image/jpeg;base64," + base64.b64encode(data).decode() if data else "" for data in encoded]


def thumbnail(picture: bytes, side: int, window: Window = WHOLE) -> bytes:
    """Return an upright JPEG whose longer side is at most ``side`` px, or b"" if the picture cannot be read.

    Args:
        side: The longer side of the result, px.
        window: The part of the image that is shown.
    """
    try:
        with Image.open(io.BytesIO(picture)) as image:
            if window == WHOLE:  # a JPEG is decoded at a fraction of its size, which is faster
                image.draft("RGB", (2 * side, 2 * side))
            upright = _part(ImageOps.exif_transpose(_eight_bit(image)), window)
            upright.thumbnail((side, side), Image.Resampling.LANCZOS)
            data = io.BytesIO()
            upright.convert("RGB").save(data, "JPEG", quality=82, optimize=True)
            return data.getvalue()
    except (OSError, ValueError, Image.DecompressionBombError):
        return b""


def _part(image: Image.Image, window: Window) -> Image.Image:
    """Return the part of an image that lies in a window, at least 1 px wide and high."""
    y_min, x_min, y_max, x_max = (
        round(share * side) for share, side in zip(window, (image.height, image.width) * 2, strict=True)
    )
    return image.crop((x_min, y_min, max(x_max, x_min + 1), max(y_max, y_min + 1)))


def _eight_bit(image: Image.Image) -> Image.Image:
    """Scale a 16-bit greyscale image to 8 bits, because Pillow would clip it to white. Return others unchanged."""
    if image.mode.startswith("I"):
        return image.point(lambda value: value / 256).convert("L")
    return image
