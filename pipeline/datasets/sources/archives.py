"""Safe unpacking of untrusted zip and tar archives: entries stay in the folder, and their size is limited."""

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

# The first bytes of a compressed tar archive -> the function that opens it.
_COMPRESSED: dict[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
}


@dataclass(frozen=True)
class _Entry:
    name: str
    is_folder: bool
    refusal: str  # why the entry must not be unpacked; "" if it may be
    source: zipfile.ZipInfo | tarfile.TarInfo


def unpack(archive: Path, folder: Path, *, name: str, limits: Limits = LIMITS) -> None:
    """Unpack a zip archive, or a tar archive that may be compressed, into ``folder``.

    Args:
        archive: The file. Its type is recognised by its content, not by its name.
        folder: An empty folder that exists.
        name: The name of the archive in error messages.
        limits: The largest size and number of entries to unpack.

    Raises:
        PipelineError: The file is not an archive or is damaged; an entry is encrypted, a link or a device, or its path
            leads out of the folder; or the archive unpacks to more than the limits or the disk allow.
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
        if error.errno is None:  # A decompressor raised it, not the operating system.
            raise PipelineError(f"{name}: damaged archive: {error}") from None
        raise


def _unpack_zip(archive: Path, folder: Path, name: str, budget: "_Budget") -> None:
    with zipfile.ZipFile(archive) as zipped:
        _unpack(_zip_entries(zipped), lambda info: _Metered(zipped.open(info), budget), folder, name, budget)


def _unpack_tar(archive: Path, folder: Path, name: str, budget: "_Budget") -> None:
    """Unpack a tar archive as a stream.

    All bytes are counted, those of headers too, and the stream is read to its end, where its checksum is verified.
    """
    with archive.open("rb") as file:
        head = file.read(40)
    opener = next((opener for magic, opener in _COMPRESSED.items() if head.startswith(magic)), None)
    with opener(archive) if opener else archive.open("rb") as source:
        try:
            tarfile.TarInfo.frombuf(source.read(tarfile.BLOCKSIZE), tarfile.ENCODING, "surrogateescape")
        except tarfile.HeaderError:
            problem = "damaged archive, or not a tar archive" if opener else "neither a zip nor a tar archive"
            raise PipelineError(
                f"{name}: {problem}; it begins with {head!r}; check that dataset.url leads to the archive itself"
            ) from None
        source.seek(0)
        metered = _Metered(source, budget)
        with tarfile.open(fileobj=cast(IO[bytes], metered), mode="r|") as tarred:
            _unpack(_tar_entries(tarred), tarred.extractfile, folder, name, budget)
        while metered.read(_CHUNK):
            pass


def _zip_entries(archive: zipfile.ZipFile) -> Iterator[_Entry]:
    for info in archive.infolist():
        mode = info.external_attr >> 16
        refusal = ""
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            refusal = "a link or device"
        elif info.flag_bits & 1:
            refusal = "encrypted"
        yield _Entry(info.filename, info.is_dir(), refusal, info)


def _tar_entries(archive: tarfile.TarFile) -> Iterator[_Entry]:
    for info in archive:
        refusal = "" if info.isreg() or info.isdir() else "a link or device"
        yield _Entry(info.name, info.isdir(), refusal, info)


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
                        f"{name}: two entries claim the path {entry.name!r}, one as a file and one as a folder"
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
    """Write the file or create the folder of an entry. Yield the number of bytes of each chunk as it is written."""
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
    """Return the path of an entry relative to the folder, or None for the metadata files that macOS adds.

    Raises:
        PipelineError: The path leads out of the folder, or the entry is not a plain file or folder.
    """
    if entry.refusal:
        raise PipelineError(f"{name}: refused: its entry {entry.name!r} is {entry.refusal}")
    path = PurePosixPath(entry.name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or "\0" in entry.name or re.match("[A-Za-z]:", entry.name):
        raise PipelineError(f"{name}: refused: its entry {entry.name!r} lies outside the folder")
    if not path.parts or path.parts[0] == "__MACOSX" or path.name.startswith("._"):
        return None
    return str(path)


class _Budget:
    """The bytes and entries that may still be unpacked.

    Bytes are counted as they are unpacked, because the sizes that an archive declares may be false.
    """

    def __init__(self, archive: Path, folder: Path, name: str, limits: Limits) -> None:
        size = archive.stat().st_size
        free = shutil.disk_usage(folder).free
        by_ratio = max(limits.small, int(size * limits.ratio))
        self._bytes = min(by_ratio, free)
        self._entries = limits.entries
        bound = "the disk has room for" if free < by_ratio else f"{limits.ratio:g} times its own size"
        self._too_large = f"{name}: refused: it unpacks to more than {bound} ({self._bytes / 1e6:,.0f} MB)"
        self._too_many = f"{name}: refused: it has more than {limits.entries:,} entries"

    def count_entry(self) -> None:
        """Count one entry.

        Raises:
            PipelineError: The archive has too many entries.
        """
        self._entries -= 1
        if self._entries < 0:
            raise PipelineError(self._too_many)

    def count_bytes(self, count: int) -> None:
        """Count ``count`` unpacked bytes.

        Raises:
            PipelineError: The archive unpacks to more bytes than are allowed.
        """
        self._bytes -= count
        if self._bytes < 0:
            raise PipelineError(self._too_large)


class _Metered:
    """A readable file that counts its bytes against the budget as they are read."""

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
