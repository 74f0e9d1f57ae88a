"""The encoding of text files: UTF-8, with its byte order mark or without, or UTF-16 with its mark."""

import codecs
from pathlib import Path

from pipeline.errors import PipelineError

_BLOCK_LETTERS = 2**20


def encoding_of(head: bytes) -> str:
    """Return the encoding of a text that begins with these bytes."""
    return "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"


def peeked_text(head: bytes) -> str:
    """Return the text of a file's first bytes, with a mark for each that is none."""
    return head.decode(encoding_of(head), errors="replace")


def decoded(data: bytes, path: Path) -> str:
    """Return the text of a whole file.

    Raises:
        PipelineError: it is in another encoding, in which names would be lost.
    """
    try:
        return data.decode(encoding_of(data))
    except UnicodeDecodeError:
        raise PipelineError(f"{path}: its text is not in UTF-8; save it as UTF-8") from None


def decodes(path: Path, encoding: str) -> bool:
    """Say whether the whole of a file, however large, is in an encoding."""
    try:
        with path.open(encoding=encoding) as file:
            while file.read(_BLOCK_LETTERS):
                pass
    except UnicodeDecodeError:
        return False
    return True
