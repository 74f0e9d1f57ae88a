"""The encoding of text files: UTF-8 with or without a byte order mark, or UTF-16 with one."""

import codecs
import re
from pathlib import Path

from pipeline.errors import PipelineError

NOT_UTF_8 = "its text is not in UTF-8; save it as UTF-8"
"""What is wrong with a text in another encoding, and what to do about it."""

_BLOCK_LETTERS = 2**20

_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")

_RUNS = re.compile(r"[^\x00-\x7f]+")

_WESTERN = frozenset(
    letter
    for letter in bytes(set(range(128, 256)) - {0x81, 0x8D, 0x8F, 0x90, 0x9D}).decode("cp1252")
    if letter.isalpha() or letter in "\u2018\u2019\u201c\u201d\u2013\u2014\u2026\u20ac\u00b0\u00a0"
) - {"\u00b5", "\u00aa", "\u00ba"}
"""The letters and marks of Western European texts."""


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
        raise PipelineError(f"{path}: {NOT_UTF_8}") from None


def is_western(path: Path) -> bool:
    """Return whether a whole file reads as a Western European text in Windows-1252.

    Almost any bytes can be decoded so. Text in Windows-1252 has Latin letters and typographic marks beyond ASCII, and
    most of these letters stand alone; letters of Asian encodings have two bytes or more beyond ASCII.
    """
    beyond = together = 0
    try:
        with path.open(encoding="cp1252") as file:
            while text := file.read(_BLOCK_LETTERS):
                if not set(_BEYOND_ASCII.findall(text)) <= _WESTERN:
                    return False
                runs = _RUNS.findall(text)
                beyond += sum(map(len, runs))
                together += sum(len(run) for run in runs if len(run) > 1)
    except UnicodeDecodeError:
        return False
    return together <= beyond / 2


def decodes(path: Path, encoding: str) -> bool:
    """Return whether a whole file can be decoded; only a small part of it is in memory at any time."""
    try:
        with path.open(encoding=encoding) as file:
            while file.read(_BLOCK_LETTERS):
                pass
    except UnicodeDecodeError:
        return False
    return True
