"""A look into a few files, by which a format recognises its own."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.datasets.raw.folder import DatasetFolder

_FILES = 20  # a folder of another format may hold a stray file or two of the suffix

_BYTES = 2**21


def peek(folder: DatasetFolder, suffix: str) -> Iterator[bytes]:
    """Yield :func:`ends` of the first files of a suffix."""
    for file in folder.with_suffix(suffix)[:_FILES]:
        yield ends(folder.root / file)


def ends(path: Path) -> bytes:
    """Return a file's first and last 2 MiB, which is all of most; nothing where it cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(_BYTES)
            file.seek(max(len(head), path.stat().st_size - _BYTES))
            return head + file.read(_BYTES)
    except OSError:
        return b""
