"""Getting a dataset from where it is: drawn here, a folder, an archive at a URL, or TensorFlow Datasets."""

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec

from pipeline.artifacts import remove
from pipeline.datasets.archives import unpack
from pipeline.errors import PipelineError
from pipeline.params import Dataset
from pipeline.progress import progress_bar

TFDS = "tfds:"  # begins a source that is a dataset of TensorFlow Datasets
_CHUNK = 2**20
_ATTEMPTS = 4
_FIRST_PAUSE = 0.5  # s before the second attempt, then twice as long each time
_CONNECT_TIMEOUT, _READ_TIMEOUT = 30, 60  # s


def fetch(dataset: Dataset, folder: Path, *, seed: int) -> None:
    """Put the dataset of the parameters into an empty folder.

    Raises:
        PipelineError: it is not there, not whole, not what the checksum says, or no archive.
    """
    if dataset.source == "builtin":
        from pipeline.datasets.builtin import (
            write_catalogue,
        )  # draws with OpenCV, which nothing else here needs

        write_catalogue(folder, scenes=dataset.builtin.scenes, size=dataset.builtin.size, seed=seed)
    elif dataset.source == "path":
        copy_folder(Path(dataset.path), folder)
    elif dataset.source.startswith(TFDS):
        from pipeline.datasets.tfds_source import fetch_tfds  # imports TensorFlow, which takes seconds

        fetch_tfds(dataset.source.removeprefix(TFDS), folder)
    else:
        fetch_archive(dataset.url or "", dataset.sha256, folder)


def copy_folder(source: Path, folder: Path) -> None:
    """Copy a dataset's folder; links in it are followed, so that the copy stands alone.

    Files are copied, not hard-linked: DVC makes the files it caches read-only, and these are the user's own.
    """
    if not source.is_dir():
        said = "is not a folder" if source.exists() else "does not exist"
        raise PipelineError(f"dataset.path {source} {said}; set it to the dataset's folder")
    if source.resolve() in (folder.resolve(), *folder.resolve().parents):
        raise PipelineError(
            f"dataset.path {source} holds the download's own output; point it at the dataset only"
        )
    files = sum(len(names) for _, _, names in os.walk(source, followlinks=True))
    if not files:
        raise PipelineError(f"dataset.path {source}: the dataset is empty: there is no file in it")
    with progress_bar("copying files", files) as advance:

        def copy(origin: str, target: str) -> None:
            shutil.copyfile(origin, target)
            advance(1)

        try:
            shutil.copytree(source, folder, copy_function=copy, dirs_exist_ok=True)
        except shutil.Error as error:
            origin, _, reason = error.args[0][0]
            raise PipelineError(f"dataset.path: {origin} cannot be copied: {reason}") from None
        except OSError as error:
            raise PipelineError(
                f"dataset.path: {error.filename or source} cannot be copied: {error.strerror}"
            ) from None


def fetch_archive(url: str, sha256: str | None, folder: Path) -> None:
    """Download an archive beside ``folder``, check it and unpack it into ``folder``; it is then removed."""
    archive = folder.with_name(f"{folder.name}.archive")
    try:
        digest = _with_retries(url, lambda: _download(url, archive))
        if sha256 is None:
            print(f"downloaded {url}; set dataset.sha256 to be sure of the same file next time: {digest}")
        elif digest != sha256.lower():
            raise PipelineError(f"{url}: its sha256 is {digest}, not {sha256.lower()} as dataset.sha256 says")
        unpack(archive, folder, name=url)
    finally:
        remove(archive)
    if not any(path.is_file() for path in folder.rglob("*")):
        raise PipelineError(f"{url}: the dataset is empty: the archive holds no file")


class _TemporaryError(Exception):
    """A fault that may be gone at the next attempt."""


def _with_retries(url: str, download: Callable[[], str]) -> str:
    for attempt in range(_ATTEMPTS):
        try:
            return download()
        except _TemporaryError as error:
            if attempt == _ATTEMPTS - 1:
                raise PipelineError(f"{url}: {error}; tried {_ATTEMPTS} times") from None
            time.sleep(_FIRST_PAUSE * 2**attempt)
    raise AssertionError("unreachable")


def _download(url: str, archive: Path) -> str:
    """Download to ``archive`` and return its sha256.

    Raises:
        PipelineError: no further attempt would help.
        _TemporaryError: one might.
    """
    try:
        filesystem, path = fsspec.core.url_to_fs(url, **_options(url))
        size = filesystem.info(path).get("size")
        with filesystem.open(path, "rb", **_streamed(url)) as source:
            return _copy_stream(source, archive, size)
    except FileNotFoundError as error:
        # fsspec says this of a refused connection too
        cause = error.__cause__
        if isinstance(cause, Exception) and getattr(cause, "status", None) is None:
            raise _TemporaryError(_reason(cause)) from None
        raise PipelineError(f"{url}: not found; check dataset.url") from None
    except (
        ValueError,
        ImportError,
        PermissionError,
        IsADirectoryError,
    ) as error:  # unknown scheme, driver missing
        raise PipelineError(f"{url}: {error}; check dataset.url") from None
    except Exception as error:  # each scheme's driver raises its own
        status = getattr(error, "status", None)
        if isinstance(status, int) and 400 <= status < 500 and status not in (408, 429):
            raise PipelineError(
                f"{url}: the server answers {status} {getattr(error, 'message', '')}"
            ) from None
        raise _TemporaryError(_reason(error)) from None


def _copy_stream(source: Any, archive: Path, size: int | None) -> str:
    digest = hashlib.sha256()
    received = 0
    with archive.open("wb") as out, progress_bar("downloading", size, in_bytes=True) as advance:
        while chunk := source.read(_CHUNK):
            out.write(chunk)
            digest.update(chunk)
            received += len(chunk)
            advance(len(chunk))
    if size is not None and received != size:
        raise _TemporaryError(f"the transfer broke off after {received} of {size} bytes")
    return digest.hexdigest()


def _options(url: str) -> dict[str, Any]:
    """Return the driver's options: for HTTP no limit on the whole time, but one on each silence."""
    if not url.startswith(("http://", "https://")):
        return {}
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_TIMEOUT, sock_read=_READ_TIMEOUT)
    return {
        # bytes as they are stored, or a .tar.gz would arrive unpacked and its checksum be another
        "client_kwargs": {"timeout": timeout, "trust_env": True, "auto_decompress": False},
        "headers": {"Accept-Encoding": "identity"},
        "skip_instance_cache": True,  # a cached session would keep what an earlier attempt learned
    }


def _streamed(url: str) -> dict[str, Any]:
    """Return the options that make HTTP one request, not many for a range each."""
    return {"block_size": 0} if url.startswith(("http://", "https://")) else {}


def _reason(error: Exception) -> str:
    kind = type(error).__name__
    if "ClientPayload" in kind or "IncompleteRead" in kind:
        return "the transfer broke off before its end"
    if "Timeout" in kind:
        return f"no answer within {_READ_TIMEOUT} s"
    if isinstance(error, OSError) and "Connect" in kind:
        return f"no connection: {error}"
    return f"{kind}: {error}"
