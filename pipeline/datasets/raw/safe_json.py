"""Parsing JSON files that anybody may have written."""

from typing import Any

import orjson

from pipeline.datasets.raw.text_encoding import NOT_UTF_8
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # editors on Windows write it at the beginning


def parse_json(data: bytes) -> Any:
    """Parse the contents of a JSON file.

    Args:
        data: The contents, in UTF-8 with or without a byte order mark.

    Raises:
        UnreadableAnnotationError: The contents are not JSON, or they are nested too deeply for the parser.
    """
    try:
        return orjson.loads(data.removeprefix(_BYTE_ORDER_MARK))
    except orjson.JSONDecodeError as error:
        raise UnreadableAnnotationError(f"not readable as JSON: {error}{_why(data)}") from None


def _why(data: bytes) -> str:
    """Return what to do about text in another encoding; "" for other errors."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return f"; {NOT_UTF_8}"
    return ""
