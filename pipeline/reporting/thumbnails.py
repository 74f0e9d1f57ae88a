"""Reduction of images so that a page can hold them as data URIs."""

import base64
import io

from PIL import Image, ImageOps

SIDES = (640, 480, 360, 240)  # lengths of the longer side that are tried, px
BUDGET = 3_000_000  # bytes of JPEG of all pictures together, which are 4 MB as text


def encode_within_budget(pictures: list[bytes]) -> list[str]:
    """Return each picture as the data URI of a JPEG.

    The longer side of the pictures is at most the largest length of ``SIDES`` with which all of them together stay
    within ``BUDGET``. If none does, it is the smallest.

    Args:
        pictures: Encoded images of any format. A picture that cannot be read gives "".
    """
    encoded: list[bytes] = []
    for side in SIDES:
        encoded = [thumbnail(picture, side) for picture in pictures]
        if sum(map(len, encoded)) <= BUDGET:
            break
    return ["data:image/jpeg;base64," + base64.b64encode(data).decode() if data else "" for data in encoded]


def thumbnail(picture: bytes, side: int) -> bytes:
    """Return an upright JPEG whose longer side is at most ``side`` px, or b"" if the picture cannot be read."""
    try:
        with Image.open(io.BytesIO(picture)) as image:
            # A JPEG is decoded at a fraction of its size, which is faster.
            image.draft("RGB", (2 * side, 2 * side))
            upright = ImageOps.exif_transpose(_eight_bit(image))
            upright.thumbnail((side, side), Image.Resampling.LANCZOS)
            data = io.BytesIO()
            upright.convert("RGB").save(data, "JPEG", quality=82, optimize=True)
            return data.getvalue()
    except (OSError, ValueError, Image.DecompressionBombError):
        return b""


def _eight_bit(image: Image.Image) -> Image.Image:
    """Scale a 16-bit greyscale image to 8 bits, because Pillow would clip it to white. Return others unchanged."""
    if image.mode.startswith("I"):
        return image.point(lambda value: value / 256).convert("L")
    return image
