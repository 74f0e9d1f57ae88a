"""Images in TFRecord files: what a table calls them, and the way back from there."""

import re
from pathlib import Path

from pipeline.datasets.records.reading import BrokenRecordError, Values, decode_example, read_record

RECORD_FILE = re.compile(r"\.(tfrecords?|record)(-\d+-of-\d+)?$", re.IGNORECASE)
"""What the names of TFRecord files end in, shards included."""

ENCODED = "image/encoded"

_SUFFIX_OF_FORMAT = {b"jpeg": ".jpg", b"jpg": ".jpg", b"png": ".png", b"gif": ".gif", b"bmp": ".bmp"}

_SUFFIX_OF_MAGIC = {b"\xff\xd8": ".jpg", b"\x89P": ".png"}

_MEMBER = re.compile(r"(\d{1,18})(\.[a-z]+)?")


def member_name(offset: int, features: dict[str, Values]) -> str:
    """Return the name of an image within its file: its record's byte, padded so that names are in its order."""
    formats, encoded = features.get("image/format", []), features.get(ENCODED, [])
    said = bytes(formats[0]).lower() if isinstance(formats, list) and formats else b""
    head = bytes(encoded[0][:2]) if isinstance(encoded, list) and encoded else b""
    return f"{offset:012d}{_SUFFIX_OF_FORMAT.get(said) or _SUFFIX_OF_MAGIC.get(head, '')}"


def read_member(path: Path, member: str) -> bytes:
    """Return an image of a TFRecord file, encoded.

    Raises:
        BrokenRecordError: there is none at that byte.
        OSError: the file cannot be read.
    """
    match = _MEMBER.fullmatch(member)
    if match is None:
        raise BrokenRecordError(f"{member!r} is no place in a TFRecord file")
    encoded = decode_example(read_record(path, int(match[1]))).get(ENCODED, [])
    if not isinstance(encoded, list) or not encoded:
        raise BrokenRecordError(f"the record at byte {int(match[1])} has no {ENCODED}")
    return bytes(encoded[0])
