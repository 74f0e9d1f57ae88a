"""The encoding of text files: UTF-8 with or without a byte order mark, or UTF-16 with one."""

import codecs
from pathlib import Path

from pipeline.errors import PipelineError

_BLOCK_LETTERS = 2**20


def encoding_of(head: bytes) -> str:
    """Return the encoding of a text that begins with ``head``."""
    return "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"


def peeked_text(head: bytes) -> str:
    """Return the text of a file's first bytes; each byte that cannot be decoded becomes U+FFFD."""
    return head.decode(encoding_of(head), errors="replace")


def decoded(data: bytes, path: Path) -> str:
    """Return the text of a whole file.

    Args:
        data: The contents of the file.
        path: The file, for the message of the error.

    Raises:
        PipelineError: The text is in another encoding, so its names cannot be decoded.
    """
    try:
        return data.decode(encoding_of(data))
    except UnicodeDecodeError:
        raise PipelineError(f"{path}: its text is not in UTF-8; save it as UTF-8") from None


def decodes(path: Path, encoding: str) -> bool:
    """Return whether a whole file can be decoded; only a small part of it is in memory at any time."""
    try:
        with path.open(encoding=encoding) as file:
            while file.read(_BLOCK_LETTERS):
                pass
    except UnicodeDecodeError:
        return False
    return True
