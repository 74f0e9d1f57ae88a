"""Photos made small enough to travel within a page."""

import base64
import io

from PIL import Image, ImageOps

SIDES = (640, 480, 360, 240)  # px; the largest at which all pictures together stay within the budget
BUDGET = 3_000_000  # bytes of JPEG, 4 MB as text


def encode_within_budget(pictures: list[bytes]) -> list[str]:
    """Give each picture as a data URI, all at the largest side at which they stay within the budget.

    Args:
        pictures: Encoded, of any format; "" is given for one that cannot be read.
    """
    encoded: list[bytes] = []
    for side in SIDES:
        encoded = [_encode(picture, side) for picture in pictures]
        if sum(map(len, encoded)) <= BUDGET:
            break
    return ["data:image/jpeg;base64," + base64.b64encode(data).decode() if data else "" for data in encoded]


def _encode(picture: bytes, side: int) -> bytes:
    """Give an upright JPEG of at most ``side`` px; nothing if the picture cannot be read."""
    try:
        with Image.open(io.BytesIO(picture)) as image:
            image.draft(
                "RGB", (2 * side, 2 * side)
            )  # a JPEG is decoded at a fraction of its size, which is quicker
            upright = ImageOps.exif_transpose(_eight_bit(image))
            upright.thumbnail((side, side), Image.Resampling.LANCZOS)
            data = io.BytesIO()
            upright.convert("RGB").save(data, "JPEG", quality=82, optimize=True)
            return data.getvalue()
    except (OSError, ValueError, Image.DecompressionBombError):
        return b""


def _eight_bit(image: Image.Image) -> Image.Image:
    """Scale 16-bit grey to 8 bits, which Pillow would clip to white."""
    if image.mode.startswith("I"):
        return image.point(lambda value: value / 256).convert("L")
    return image
