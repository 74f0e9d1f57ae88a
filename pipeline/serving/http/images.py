"""Images as clients send them, looked at before anything decodes them."""

from io import BytesIO
from typing import NamedTuple

from fastapi import HTTPException
from PIL import Image

FORMATS = ("JPEG", "PNG")
"""What the server takes. TensorFlow decodes all frames of a GIF, whose sizes its header does not tell."""

MOST_SCANS = 100
"""Most scans of a JPEG. A progressive one has about ten; each takes the decoder through the whole picture."""

_SCAN = b"\xff\xda"  # inside a scan, a zero follows each byte of 255


class EncodedImage(NamedTuple):
    """The contents of an image file.

    Attributes:
        data: The bytes of the file.
        pixels: How many pixels its header announces.
    """

    data: bytes
    pixels: int


def checked_image(data: bytes, where: str, most_pixels: int) -> EncodedImage | None:
    """Read the size of an image from its header, without decoding it.

    Args:
        data: The contents of a file, whatever it is.
        where: What the client knows the image by, for the message.
        most_pixels: Most pixels of an image.

    Returns:
        The image; None if it is no JPEG or PNG image.

    Raises:
        HTTPException: The image has too many pixels or scans (413).
    """
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            width, height = image.size
    except Exception:  # Pillow's readers of headers raise whatever they meet in a damaged one
        return None
    if width * height > most_pixels:
        raise HTTPException(
            413, f"{where} has {width} x {height} pixels; an image may have {most_pixels / 1e6:g} million"
        )
    if data.startswith(b"\xff\xd8") and data.count(_SCAN) > MOST_SCANS:
        raise HTTPException(413, f"{where} has more than {MOST_SCANS} scans; save it as a usual JPEG")
    return EncodedImage(data, width * height)
