"""Reads parts of a few files, by which a format is recognised."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.datasets.raw.folder import DatasetFolder

_FILES = 20  # more than one, because a folder of another format may hold a few files with the suffix

_BYTES = 2**21

_LINE_BYTES = 2**16


def peek(folder: DatasetFolder, suffix: str) -> Iterator[bytes]:
    """Yield the :func:`head_and_tail` of the first 20 files that end in ``suffix``, in order of their paths."""
    for file in folder.with_suffix(suffix)[:_FILES]:
        yield head_and_tail(folder.root / file)


def head_and_tail(path: Path) -> bytes:
    """Return the first and the last 2 MiB of a file, without overlap, or b"" if it cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(_BYTES)
            file.seek(max(len(head), path.stat().st_size - _BYTES))
            return head + file.read(_BYTES)
    except OSError:
        return b""


def first_line(path: Path) -> str:
    """Return the first line of a text file without blanks around it, or "" if the file cannot be read."""
    try:
        with path.open("rb") as file:
            return file.readline(_LINE_BYTES).decode("utf-8-sig", errors="replace").strip()
    except OSError:
        return ""
