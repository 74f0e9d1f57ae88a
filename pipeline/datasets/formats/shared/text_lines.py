"""The lines of text files."""

from pathlib import Path

from pipeline.datasets.raw.text_encoding import NOT_UTF_8, encoding_of
from pipeline.datasets.raw.unreadable import UnreadableAnnotationError


def lines_of(path: Path) -> list[str]:
    """Return the lines of a text file that are not blank.

    Raises:
        UnreadableAnnotationError: The file is not text, or not in UTF-8 or UTF-16, so that its names would be guessed.
    """
    data = path.read_bytes()
    encoding = encoding_of(data)
    if encoding != "utf-16" and b"\0" in data:
        raise UnreadableAnnotationError("it is not text")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise UnreadableAnnotationError(NOT_UTF_8) from None
    return [line for line in text.splitlines() if line.strip()]
