"""Checking an image to its last byte, and turning what a training step could not use into what it can."""

import io
import struct
import warnings
import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from pipeline.datasets.checks.perceptual_hash import SIDE, perceptual_hash

_JPEG_QUALITY = 95

_ORIENTATION = 0x0112  # the EXIF tag


# Modes whose pixels every decoder of JPEG and PNG returns as 8-bit RGB; alpha is ignored.
_PLAIN_MODES = frozenset({"L", "LA", "RGB", "RGBA"})

_GREY_MODES = frozenset({"1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"})

_READ = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "DIB", "TIFF", "PPM", "AVIF", "JPEG2000")

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

_STRIP_PIXELS = 2**20  # of a deep image converted at once

_PNG_FRAMING = 12  # bytes of a chunk beside its own: length, kind, checksum

_PNG_SIZE = 16  # offset in the file of width and height, as IHDR comes first

_PNG_BIT_DEPTH = 24  # offset in the file, as IHDR comes first

_TRUNCATED = ("truncated", "ends before")  # what Pillow says of a file that was cut off


class UnreadableImageError(ValueError):
    """The bytes are not a whole image; the text says why, and ``fault`` is its name among the faults."""

    def __init__(self, detail: str, fault: str = "") -> None:
        super().__init__(detail)
        cut = any(word in detail.lower() for word in _TRUNCATED)
        self.fault = fault or ("truncated-image" if cut else "unreadable-image")


@dataclass(frozen=True)
class CheckedImage:
    """An image that decodes to its end, upright, as 8-bit JPEG or PNG.

    Attributes:
        data: The encoded image; the very bytes that were given, unless there are ``repairs``.
        format: ``jpeg`` or ``png``.
        width: In px.
        height: In px.
        orientation: EXIF orientation of the stored image, 1..8; 1 is upright. The image in ``data`` is
            upright.
        repairs: Fault and detail of each reason to encode it anew.
        grey: It has one channel, beside alpha.
        hash: Its perceptual hash, 32 bytes; see :mod:`pipeline.datasets.checks.perceptual_hash`.
    """

    data: bytes
    format: str
    width: int
    height: int
    orientation: int
    repairs: tuple[tuple[str, str], ...]
    grey: bool
    hash: bytes


def check_image(data: bytes, *, max_pixels: int) -> CheckedImage:
    """Decode an image to its end, and encode it anew if it is not 8-bit grey or RGB, upright, as JPEG or PNG.

    A JPEG is decoded at a fraction of its size: that reads every coefficient, as decoding in full does, and so
    finds every truncation, but saves the inverse transform and the colours, half of the time. A PNG is
    decoded in full, and the checksums of its chunks are compared too, as libpng will.

    Args:
        data: The file.
        max_pixels: Larger ones are refused before they are decoded: a file of a few KB can declare gigabytes.

    Raises:
        UnreadableImageError: it is truncated, damaged, too large or no image.
    """
    if not data:
        raise UnreadableImageError("the file is empty", "empty-image")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Pillow's, about sizes that are checked here and damaged EXIF
            return _check(data, max_pixels)
    except UnreadableImageError:
        raise
    except Image.UnidentifiedImageError:
        if data.startswith(_PNG_SIGNATURE) and 0 in struct.unpack_from(
            ">II", data[:24].ljust(24, b"?"), _PNG_SIZE
        ):
            raise UnreadableImageError("it declares no pixels", "empty-image") from None
        raise UnreadableImageError(f"not an image; it begins with {data[:16]!r}") from None
    except (
        Exception
    ) as error:  # Pillow's decoders raise many kinds on hostile bytes; each means the same here
        raise UnreadableImageError(str(error) or type(error).__name__) from None


def _check(data: bytes, max_pixels: int) -> CheckedImage:
    image = _open(data)
    width, height = image.size
    if not width * height:
        raise UnreadableImageError(f"it declares {width} × {height} pixels", "empty-image")
    if width * height > max_pixels:
        detail = f"it declares {width} × {height} pixels, more than {max_pixels}"
        raise UnreadableImageError(detail, "too-large-image")
    orientation = _orientation(image)
    grey = image.mode in _GREY_MODES
    repairs = _reasons_to_encode(image, data, orientation)
    # of those that are kept; MPO is JPEG with further pictures
    encoding = "png" if image.format == "PNG" else "jpeg"
    if repairs:
        data, encoding, image = _encode_anew(image)
        width, height = image.size
    elif encoding == "jpeg":
        image.draft("L", (SIDE, SIDE))  # the smallest fraction that its hash can be made of
        image.load()
    else:
        _check_png_checksums(data)
        image.load()
    return CheckedImage(data, encoding, width, height, orientation, repairs, grey, perceptual_hash(image))


def _open(data: bytes) -> Image.Image:
    """Open an image without decoding it; Pillow's own limit on pixels is off, as ours comes before any is decoded."""
    Image.MAX_IMAGE_PIXELS = None
    Image.init()
    # of Pillow's readers only those of photographs: that of PostScript would run what the file says
    return Image.open(io.BytesIO(data), formats=[name for name in _READ if name in Image.OPEN])


def _orientation(image: Image.Image) -> int:
    if "exif" not in image.info and image.format not in ("PNG", "TIFF"):
        return 1
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # damaged EXIF says nothing
        return 1
    return orientation if orientation in range(1, 9) else 1


def _reasons_to_encode(image: Image.Image, data: bytes, orientation: int) -> tuple[tuple[str, str], ...]:
    reasons = []
    deep = (
        data.startswith(_PNG_SIGNATURE) and data[_PNG_BIT_DEPTH] == 16
    )  # Pillow says RGB for 16-bit RGB too
    if image.format not in ("JPEG", "MPO", "PNG"):
        reasons.append(("image-format", str(image.format)))
    if image.format != "MPO" and (frames := getattr(image, "n_frames", 1)) > 1:
        reasons.append(("image-animated", f"{image.format} of {frames} frames, of which the first counts"))
    if deep or image.mode.startswith("I;16") or image.mode in ("I", "F"):
        reasons.append(("image-16-bit", f"more than 8 bits a channel (mode {image.mode})"))
    elif image.mode in ("P", "PA"):
        reasons.append(("image-palette", "colours from a palette"))
    elif image.mode in ("CMYK", "YCCK"):
        reasons.append(("image-cmyk", "CMYK, the colours of printing"))
    elif image.mode not in _PLAIN_MODES:
        reasons.append(("image-mode", f"pixels of mode {image.mode}"))
    if orientation != 1:
        reasons.append(("exif-rotated", f"EXIF orientation {orientation}"))
    return tuple(reasons)


def _encode_anew(image: Image.Image) -> tuple[bytes, str, Image.Image]:
    """Return bytes and format of the upright, 8-bit image, and itself: JPEG if it was lossy before, else PNG."""
    lossy = image.format in ("JPEG", "MPO", "WEBP", "AVIF")
    ImageOps.exif_transpose(image, in_place=True)
    upright = _to_rgb(image)
    out = io.BytesIO()
    if lossy:
        upright.save(out, "JPEG", quality=_JPEG_QUALITY, subsampling=0, exif=b"")
    else:
        upright.save(out, "PNG", exif=b"")
    return out.getvalue(), "jpeg" if lossy else "png", upright


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        return _to_8_bit(image)
    if image.mode in ("P", "PA") and "transparency" in image.info:
        image = image.convert("RGBA")  # or Pillow warns
    return image if image.mode == "L" else image.convert("RGB")


def _to_8_bit(image: Image.Image) -> Image.Image:
    """Bring deep greys to 8 bits, a strip at a time, as in full precision they are many times larger.

    Integers are taken as 16 bits, of which the high byte counts, as PNG defines it; what is wider is clipped to that
    range. Floats are shares where none is above 1, or 8 bits where none is above 255.
    """
    width, height = image.size
    rows = max(1, _STRIP_PIXELS // width)
    strips = [(0, top, width, min(top + rows, height)) for top in range(0, height, rows)]
    factor = 1.0
    if image.mode == "F":
        most = max(np.nan_to_num(np.asarray(image.crop(strip))).max() for strip in strips)
        factor = 65_535.0 if most <= 1 else 257.0 if most <= 255 else 1.0
    grey = Image.new("L", image.size)
    for strip in strips:
        pixels = np.nan_to_num(np.asarray(image.crop(strip)).astype(np.float64)) * factor
        grey.paste(Image.fromarray((np.clip(pixels, 0, 65_535) / 257).astype(np.uint8)), strip)
    return grey


def _check_png_checksums(data: bytes) -> None:
    at = len(_PNG_SIGNATURE)
    while at + _PNG_FRAMING <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 8 + length
        if end + 4 > len(data):
            break
        (expected,) = struct.unpack_from(">I", data, end)
        if zlib.crc32(memoryview(data)[at + 4 : end]) != expected:
            raise UnreadableImageError(f"checksum of its {kind.decode('latin1')} chunk at byte {at} is wrong")
        at = end + 4
        if kind == b"IEND":
            return
    raise UnreadableImageError("it ends before its last chunk")
