"""The check of an image to its last byte, and its repair: the image is encoded anew if training could not use it."""

import io
import struct
import warnings
import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from pipeline.datasets.checks.bit_depth import STORED, is_deep, is_deep_png, to_8_bit
from pipeline.datasets.checks.perceptual_hash import SIDE, perceptual_hash
from pipeline.datasets.checks.shrink import decode_at, record_size, shrink_image
from pipeline.datasets.table.faults import Action, Fault

_JPEG_QUALITY = 95

_ORIENTATION = 0x0112  # the EXIF tag

# Every decoder of JPEG and PNG returns pixels of these modes as 8-bit RGB. Alpha is ignored.
_PLAIN_MODES = frozenset({"L", "LA", "RGB", "RGBA"})

_GREY_MODES = frozenset({"1", "L", "LA", "La", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"})

_READ = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "DIB", "TIFF", "PPM", "AVIF", "JPEG2000")

_LOSSY = ("JPEG", "MPO", "WEBP", "AVIF")
"""Formats of Pillow whose images are encoded anew as JPEG, all others as PNG."""

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"

_TIFF_SIGNATURES = (b"II*\0", b"MM\0*")

_EXIF_MARKS = (b"Exif", b"eXIf", b"EXIF")  # in JPEG, PNG and WebP

_PNG_FRAMING = 12  # bytes of a chunk beside its data: length, kind and checksum

_PNG_SIZE = 16  # offset of width and height in the file, as the chunk IHDR comes first

_TRUNCATED = ("truncated", "ends before")  # Pillow's messages about a file that was cut off hold one of these


class UnreadableImageError(ValueError):
    """The bytes are not a whole image. The text says why.

    Attributes:
        fault: The name of the fault.
    """

    def __init__(self, detail: str, fault: str = "") -> None:
        super().__init__(detail)
        cut = any(word in detail.lower() for word in _TRUNCATED)
        self.fault = fault or ("truncated-image" if cut else "unreadable-image")


@dataclass(frozen=True)
class CheckedImage:
    """An image that decodes to its end, upright, as 8-bit JPEG or PNG.

    Attributes:
        data: The encoded upright image. It is the given file, unless there are ``repairs`` or it was shrunk.
        format: ``jpeg`` or ``png``.
        width: Width of the upright image before it was shrunk, px.
        height: Height of the upright image before it was shrunk, px.
        orientation: EXIF orientation of the stored image, 1..8; 1 is upright.
        repairs: The faults for which the image was encoded anew.
        grey: The image has one channel, apart from alpha.
        brightest: The greatest value of a channel, 0..255; of a JPEG that was not encoded anew, of a small copy.
        hash: The perceptual hash; see :mod:`pipeline.datasets.checks.perceptual_hash`. It is made before the image
            is shrunk, so that ``max_side`` changes no split.
    """

    data: bytes
    format: str
    width: int
    height: int
    orientation: int
    repairs: tuple[Fault, ...]
    grey: bool
    brightest: int
    hash: bytes


def check_image(
    data: bytes, *, max_pixels: int, max_side: int | None = None, depth: int = STORED
) -> CheckedImage:
    """Decode an image to its end, and encode it anew unless it is upright 8-bit grey or RGB as JPEG or PNG.

    A JPEG is decoded at a fraction of its size. That reads every coefficient and so finds every truncation, as
    decoding in full does, and takes half of the time. A PNG is decoded in full, and the checksums of its chunks are
    compared too, as libpng compares them.

    A large image is shrunk last, when it is upright and has 8 bits, and encoded once: as JPEG of quality 95 without
    chroma subsampling if its file was lossy, else as PNG.

    Args:
        max_pixels: A larger image is refused before it is decoded: a file of a few KB can declare gigabytes.
        max_side: The longest side of the encoded image, px; None for no limit.
        depth: The bits that images of more than 8 bits a channel use in the whole dataset.

    Raises:
        UnreadableImageError: The file is truncated, damaged, too large or no image.
    """
    if not data:
        raise UnreadableImageError("the file is empty", "empty-image")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large sizes and of damaged EXIF
            return _check(data, max_pixels, max_side, depth)
    except UnreadableImageError:
        raise
    except Image.UnidentifiedImageError:
        if data.startswith(_PNG_SIGNATURE) and 0 in struct.unpack_from(
            ">II", data[:24].ljust(24, b"?"), _PNG_SIZE
        ):
            raise UnreadableImageError("it declares no pixels", "empty-image") from None
        raise UnreadableImageError(f"not an image; it begins with {data[:16]!r}") from None
    except Exception as error:  # Pillow's decoders raise many kinds of error on damaged bytes
        raise UnreadableImageError(str(error) or type(error).__name__) from None


def _check(data: bytes, max_pixels: int, max_side: int | None, depth: int) -> CheckedImage:
    image = open_image(data)
    width, height = image.size
    if not width * height:
        raise UnreadableImageError(f"it declares {width} × {height} pixels", "empty-image")
    if width * height > max_pixels:
        detail = f"it declares {width} × {height} pixels, more than {max_pixels}"
        raise UnreadableImageError(detail, "too-large-image")
    orientation = _orientation(image)
    grey = image.mode in _GREY_MODES
    faults = _faults_to_repair(image, data, orientation, depth)
    # MPO is JPEG with further pictures
    encoding = "png" if image.format == "PNG" else "jpeg"
    if faults:
        encoding = "jpeg" if image.format in _LOSSY else "png"
        image = _upright(image, depth)
        width, height = image.size
        data = encode_image(shrink_image(image, record_size(width, height, max_side)), encoding)
    elif encoding == "jpeg":
        image.draft("L", (SIDE, SIDE))  # the smallest fraction that the hash can be made of
        image.load()
    else:
        _check_png_checksums(data)
        image.load()
    size = record_size(width, height, max_side)
    if not faults and size != (width, height):
        data = encode_image(decode_at(open_image(data), size), encoding)
    return CheckedImage(
        data=data,
        format=encoding,
        width=width,
        height=height,
        orientation=orientation,
        repairs=tuple(fault._replace(how=fault.how or f"written as {encoding}") for fault in faults),
        grey=grey,
        brightest=_brightest(image),
        hash=perceptual_hash(image),
    )


def readers() -> list[str]:
    """Return the names of Pillow's readers of photographs. No other may open a file: that of PostScript would run it.

    Pillow's own limit on pixels is switched off, as ``max_pixels`` is the limit here.
    """
    Image.MAX_IMAGE_PIXELS = None
    Image.init()
    return [name for name in _READ if name in Image.OPEN]


def open_image(data: bytes) -> Image.Image:
    """Open an image without decoding it."""
    return Image.open(io.BytesIO(data), formats=readers())


def _orientation(image: Image.Image) -> int:
    if "exif" not in image.info and image.format not in ("PNG", "TIFF"):
        return 1
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # an image with damaged EXIF counts as upright
        return 1
    return orientation if orientation in range(1, 9) else 1


def rotation(data: bytes) -> tuple[int, tuple[int, int]] | None:
    """Return the EXIF orientation of an image and its stored width and height in px, without decoding it.

    Returns:
        None if the image is upright, or if its header cannot be read.
    """
    if not data.startswith(_TIFF_SIGNATURES) and not any(mark in data for mark in _EXIF_MARKS):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large sizes and of damaged EXIF
            image = open_image(data)
            orientation = _orientation(image)
    except Exception:  # :func:`check_image` says what is wrong
        return None
    return None if orientation == 1 else (orientation, image.size)


def _faults_to_repair(image: Image.Image, data: bytes, orientation: int, depth: int) -> list[Fault]:
    """Return the faults for which an image is encoded anew."""
    faults = []
    if image.format not in ("JPEG", "MPO", "PNG"):
        faults.append(_repaired("image-format", str(image.format)))
    if image.format != "MPO" and (frames := getattr(image, "n_frames", 1)) > 1:
        detail = f"{image.format} of {frames} frames, of which the first counts"
        faults.append(_repaired("image-animated", detail))
    if is_deep(image) or is_deep_png(data):
        scaled = is_deep(image) and image.mode != "F" and depth < STORED
        how = f"scaled from {depth} bits, as no image of the dataset uses more" if scaled else ""
        detail = f"more than 8 bits a channel (mode {image.mode})"
        faults.append(Fault(None, "image-16-bit", detail, Action.REPAIR, how))
    elif image.mode in ("P", "PA"):
        faults.append(_repaired("image-palette", "colours from a palette"))
    elif image.mode in ("CMYK", "YCCK"):
        faults.append(_repaired("image-cmyk", "CMYK, the colours of printing"))
    elif image.mode not in _PLAIN_MODES:
        faults.append(_repaired("image-mode", f"pixels of mode {image.mode}"))
    if orientation != 1:
        how = "image turned upright"
        faults.append(Fault(None, "exif-rotated", f"EXIF orientation {orientation}", Action.REPAIR, how))
    return faults


def _repaired(name: str, detail: str) -> Fault:
    return Fault(None, name, detail, Action.REPAIR)


def _upright(image: Image.Image, depth: int) -> Image.Image:
    """Return the upright 8-bit image."""
    ImageOps.exif_transpose(image, in_place=True)
    return _to_rgb(image, depth)


def encode_image(image: Image.Image, encoding: str) -> bytes:
    """Encode an 8-bit image as ``jpeg`` or ``png``."""
    out = io.BytesIO()
    if encoding == "jpeg":
        image.save(out, "JPEG", quality=_JPEG_QUALITY, subsampling=0, exif=b"")
    else:
        image.save(out, "PNG", exif=b"")
    return out.getvalue()


def _to_rgb(image: Image.Image, depth: int) -> Image.Image:
    if is_deep(image):
        return to_8_bit(image, depth)
    if image.mode in ("P", "PA") and "transparency" in image.info:
        image = image.convert("RGBA")  # Pillow warns otherwise
    return image if image.mode == "L" else image.convert("RGB")


def _brightest(image: Image.Image) -> int:
    """Return the greatest value of a channel but alpha, of an image of 8 bits."""
    colours = image.getextrema()[:3] if image.mode in ("RGB", "RGBA") else image.getextrema()
    return int(np.max(colours[:1] if image.mode == "LA" else colours))


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
