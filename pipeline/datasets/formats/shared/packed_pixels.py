"""Decodes the pixels of an object that stand in a JSON file, as a PNG in base64."""

import base64
import io
import warnings
import zlib
from typing import Any

import numpy as np
from PIL import Image

from pipeline.datasets.formats.shared.outlines import MAX_PIXELS

_MAX_BYTES = 2**26  # of an unpacked PNG


def pixels_of(data: Any) -> np.ndarray:
    """Decode a PNG in base64, which zlib may have packed: bool [H, W].

    Raises:
        ValueError: The text is no such PNG.
    """
    try:
        unpacked = base64.b64decode(data)
        png = (
            unpacked
            if unpacked.startswith(b"\x89PNG")
            else zlib.decompressobj().decompress(unpacked, _MAX_BYTES)
        )
        with warnings.catch_warnings(), Image.open(io.BytesIO(png), formats=("PNG",)) as image:
            warnings.simplefilter("ignore")
            if image.width * image.height > MAX_PIXELS:
                raise ValueError(f"{image.width} × {image.height} pixels are too many")
            alpha = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
            pixels = np.asarray(image.convert("L") if alpha is None else alpha)
    except (TypeError, OSError, SyntaxError, zlib.error, Image.DecompressionBombError) as error:
        raise ValueError(f"its PNG cannot be decoded: {error}") from None
    return pixels > 0
