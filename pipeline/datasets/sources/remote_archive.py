"""A dataset in an archive at a URL: download, checksum, retries, unpacking."""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec

from pipeline.artifacts import remove
from pipeline.datasets.sources.archives import unpack
from pipeline.errors import PipelineError
from pipeline.progress import progress_bar

_CHUNK = 2**20

_ATTEMPTS = 4

_FIRST_PAUSE = 0.5  # s before the second attempt, then twice as long each time

_CONNECT_TIMEOUT, _READ_TIMEOUT = 30, 60  # s


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
