"""Unpacking zip and tar archives of strangers: nothing leaves the folder, nothing grows without bound."""

import bz2
import errno
import gzip
import lzma
import re
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, Self, cast

from pipeline.datasets.raw.limits import LIMITS, Limits
from pipeline.errors import PipelineError
from pipeline.progress import progress_bar

_CHUNK = 2**20

_COMPRESSED: dict[bytes, Callable[[Path], Any]] = {  # how a compressed tar begins, and what reads it
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
}


@dataclass(frozen=True)
class _Entry:
    name: str
    is_folder: bool
    refused: str  # why it may not be unpacked, "" if it may
    source: zipfile.ZipInfo | tarfile.TarInfo


def unpack(archive: Path, folder: Path, *, name: str, limits: Limits = LIMITS) -> None:
    """Unpack a zip or tar archive, compressed or not, into ``folder``.

    Args:
        archive: The file; its first bytes, not its name, say what it is.
        folder: Exists and is empty.
        name: What to call the archive in a fault's line.
        limits: What it may unpack to.

    Raises:
        PipelineError: it is neither, is damaged, or holds an entry that is absolute, climbs out of the
            folder, is a link or a device; or it unpacks to more than the limits or the disk allow.
    """
    budget = _Budget(archive, folder, name, limits)
    try:
        if zipfile.is_zipfile(archive):
            _unpack_zip(archive, folder, name, budget)
        else:
            _unpack_tar(archive, folder, name, budget)
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        EOFError,
        zlib.error,
        lzma.LZMAError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise PipelineError(f"{name}: damaged archive: {error}") from None
    except OSError as error:
        if error.errno is None:  # of a decompressor, not of the system
            raise PipelineError(f"{name}: damaged archive: {error}") from None
        raise


def _unpack_zip(archive: Path, folder: Path, name: str, budget: "_Budget") -> None:
    with zipfile.ZipFile(archive) as zipped:
        _unpack(_zip_entries(zipped), lambda info: _Metered(zipped.open(info), budget), folder, name, budget)


def _unpack_tar(archive: Path, folder: Path, name: str, budget: "_Budget") -> None:
    """Unpack a tar as a stream: each byte counts, those of headers too, and it is read to its end, the checksum."""
    with archive.open("rb") as file:
        head = file.read(40)
    opener = next((opener for magic, opener in _COMPRESSED.items() if head.startswith(magic)), None)
    with opener(archive) if opener else archive.open("rb") as source:
        try:
            tarfile.TarInfo.frombuf(source.read(tarfile.BLOCKSIZE), tarfile.ENCODING, "surrogateescape")
        except tarfile.HeaderError:
            said = "damaged archive, or no tar" if opener else "neither zip nor tar archive"
            raise PipelineError(f"{name}: {said}; it begins with {head!r}") from None
        source.seek(0)
        metered = _Metered(source, budget)
        with tarfile.open(fileobj=cast(IO[bytes], metered), mode="r|") as tarred:
            _unpack(_tar_entries(tarred), tarred.extractfile, folder, name, budget)
        while metered.read(_CHUNK):
            pass


def _zip_entries(archive: zipfile.ZipFile) -> Iterator[_Entry]:
    for info in archive.infolist():
        mode = info.external_attr >> 16
        refused = ""
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            refused = "a link or device"
        elif info.flag_bits & 1:
            refused = "encrypted"
        yield _Entry(info.filename, info.is_dir(), refused, info)


def _tar_entries(archive: tarfile.TarFile) -> Iterator[_Entry]:
    for info in archive:
        refused = "" if info.isreg() or info.isdir() else "a link or device"
        yield _Entry(info.name, info.isdir(), refused, info)


def _unpack(
    entries: Iterator[_Entry],
    open_entry: Callable[[Any], "IO[bytes] | _Metered | None"],
    folder: Path,
    name: str,
    budget: "_Budget",
) -> None:
    with progress_bar("unpacking", None, in_bytes=True) as advance:
        for entry in entries:
            budget.count_entry()
            if path := _safe_path(entry, name):
                try:
                    for size in _write_entry(entry, open_entry, folder / path):
                        advance(size)
                except (FileExistsError, NotADirectoryError, IsADirectoryError):
                    raise PipelineError(
                        f"{name}: entry {entry.name!r} is a file and a folder at once"
                    ) from None
                except OSError as error:
                    if error.errno != errno.ENAMETOOLONG:
                        raise
                    raise PipelineError(
                        f"{name}: the name of entry {entry.name[:40]!r}... is too long"
                    ) from None


def _write_entry(
    entry: _Entry, open_entry: Callable[[Any], "IO[bytes] | _Metered | None"], target: Path
) -> Iterator[int]:
    """Write a file or make a folder; yield the bytes of each chunk."""
    if entry.is_folder:
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    source = open_entry(entry.source)
    if source is None:
        return
    with source, target.open("wb") as out:
        while chunk := source.read(_CHUNK):
            out.write(chunk)
            yield len(chunk)


def _safe_path(entry: _Entry, name: str) -> str | None:
    """Return where the entry belongs below the folder, None for what macOS adds.

    Raises:
        PipelineError: it belongs elsewhere, or is no plain file or folder.
    """
    if entry.refused:
        raise PipelineError(f"{name}: refused: its entry {entry.name!r} is {entry.refused}")
    path = PurePosixPath(entry.name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or "\0" in entry.name or re.match("[A-Za-z]:", entry.name):
        raise PipelineError(f"{name}: refused: its entry {entry.name!r} lies outside the folder")
    if not path.parts or path.parts[0] == "__MACOSX" or path.name.startswith("._"):
        return None
    return str(path)


class _Budget:
    """What is left of the limits. Bytes are counted as they come: what an archive declares may be a lie."""

    def __init__(self, archive: Path, folder: Path, name: str, limits: Limits) -> None:
        size = archive.stat().st_size
        free = shutil.disk_usage(folder).free
        by_ratio = max(limits.small, int(size * limits.ratio))
        self._bytes = min(by_ratio, free)
        self._entries = limits.entries
        said = "the disk has room for" if free < by_ratio else f"{limits.ratio:g} times its own size"
        self._too_large = f"{name}: refused: it unpacks to more than {said} ({self._bytes / 1e6:,.0f} MB)"
        self._too_many = f"{name}: refused: it has more than {limits.entries:,} entries"

    def count_entry(self) -> None:
        """Take an entry off the budget."""
        self._entries -= 1
        if self._entries < 0:
            raise PipelineError(self._too_many)

    def count_bytes(self, count: int) -> None:
        """Take unpacked bytes off the budget."""
        self._bytes -= count
        if self._bytes < 0:
            raise PipelineError(self._too_large)


class _Metered:
    """A file whose bytes are counted as they are read."""

    def __init__(self, source: Any, budget: _Budget) -> None:
        self._source, self._budget = source, budget

    def read(self, size: int) -> bytes:
        data: bytes = self._source.read(size)
        self._budget.count_bytes(len(data))
        return data

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._source.close()
