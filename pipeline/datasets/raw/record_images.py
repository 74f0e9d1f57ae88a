"""Images in TFRecord files: the name of such an image in the table, and reading the image by that name."""

import re
from pathlib import Path

from pipeline.datasets.records.example import Values, decode_example
from pipeline.datasets.records.files import BrokenRecordError, read_record

RECORD_FILE = re.compile(r"\.(tfrecords?|tfrec|record)(-\d+-of-\d+)?(\.gz)?$", re.IGNORECASE)
"""The usual end of the names of TFRecord files, including shards and those compressed with gzip."""

ENCODED = "image/encoded"

_SUFFIX_OF_FORMAT = {b"jpeg": ".jpg", b"jpg": ".jpg", b"png": ".png", b"gif": ".gif", b"bmp": ".bmp"}

_SUFFIX_OF_MAGIC = {b"\xff\xd8": ".jpg", b"\x89P": ".png"}

_MEMBER = re.compile(r"(\d{1,18})(\.[a-z]+)?")


def member_name(offset: int, features: dict[str, Values]) -> str:
    """Return the name of an image within its file: the padded offset of its record, and a suffix if one is known.

    The offsets are padded, so that the names sort in the order of the records.
    """
    image_format = _first_bytes(features, "image/format").lower()
    magic = _first_bytes(features, ENCODED)[:2]
    return f"{offset:012d}{_SUFFIX_OF_FORMAT.get(image_format) or _SUFFIX_OF_MAGIC.get(magic, '')}"


def read_member(path: Path, member: str) -> bytes:
    """Return an encoded image of a TFRecord file.

    Args:
        member: The image's name as :func:`member_name` returns it.

    Raises:
        BrokenRecordError: No record with an image has that name.
        OSError: The file cannot be read.
    """
    match = _MEMBER.fullmatch(member)
    if match is None:
        raise BrokenRecordError(f"{member!r} is not the name of an image in a TFRecord file")
    offset = int(match[1])
    features = decode_example(read_record(path, offset))
    if not _has_bytes(features, ENCODED):
        raise BrokenRecordError(f"the record at byte {offset} has no {ENCODED}")
    return _first_bytes(features, ENCODED)


def _has_bytes(features: dict[str, Values], name: str) -> bool:
    values = features.get(name, [])
    return isinstance(values, list) and bool(values)


def _first_bytes(features: dict[str, Values], name: str) -> bytes:
    """Return the first byte string of a feature, or b"" if there is none."""
    values = features.get(name, [])
    return values[0] if isinstance(values, list) and values else b""
