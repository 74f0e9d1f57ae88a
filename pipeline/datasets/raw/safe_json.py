"""JSON of strangers."""

from typing import Any

import orjson

from pipeline.datasets.raw.unreadable import UnreadableAnnotationError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # Windows' editors put it in front


def parse_json(data: bytes) -> Any:
    """Parse a file.

    Raises:
        UnreadableAnnotationError: it is not JSON, or nested deeper than anybody's annotations.
    """
    try:
        return orjson.loads(data.removeprefix(_BYTE_ORDER_MARK))
    except orjson.JSONDecodeError as error:
        raise UnreadableAnnotationError(f"not readable as JSON: {error}") from None
