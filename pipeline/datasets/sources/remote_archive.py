"""Download of a dataset in an archive at a URL, with retries, a checksum and unpacking."""

import hashlib
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec

from pipeline.artifacts import remove
from pipeline.datasets.sources.archives import unpack
from pipeline.errors import PipelineError
from pipeline.progress import progress_bar

logger = logging.getLogger(__name__)

_CHUNK = 2**20  # bytes

_ATTEMPTS = 4

_FIRST_PAUSE = 0.5  # s before the second attempt; each further pause is twice as long as the one before

_CONNECT_TIMEOUT, _READ_TIMEOUT = 30, 60  # s


def fetch_archive(url: str, sha256: str | None, folder: Path) -> None:
    """Download an archive, verify its checksum and unpack it into ``folder``.

    The archive is stored as a sibling of ``folder`` and removed in any case.

    Args:
        url: A URL of any scheme that fsspec knows.
        sha256: The expected checksum in 64 hex digits. None means that any file is accepted, and its checksum is
            logged.
        folder: An empty folder that exists.

    Raises:
        PipelineError: The download fails, the checksum differs, or the file is not an archive that may be unpacked.
    """
    archive = folder.with_name(f"{folder.name}.archive")
    try:
        digest = _with_retries(url, lambda: _download(url, archive))
        if sha256 is None:
            logger.info("downloaded %s; set dataset.sha256 to get the same file next time: %s", url, digest)
        elif digest != sha256.lower():
            raise PipelineError(
                f"{url}: its sha256 is {digest}, but dataset.sha256 is {sha256.lower()}; "
                "check the URL, or set dataset.sha256 to the new value if the file was meant to change"
            )
        unpack(archive, folder, name=url)
    finally:
        remove(archive)
    if not any(path.is_file() for path in folder.rglob("*")):
        raise PipelineError(f"{url}: the archive holds no file; check dataset.url")


class _TemporaryError(Exception):
    """A fault that may not occur in the next attempt."""


def _with_retries(url: str, download: Callable[[], str]) -> str:
    for attempt in range(_ATTEMPTS):
        try:
            return download()
        except _TemporaryError as error:
            if attempt == _ATTEMPTS - 1:
                raise PipelineError(
                    f"{url}: {error}; tried {_ATTEMPTS} times; try again later or check dataset.url"
                ) from None
            time.sleep(_FIRST_PAUSE * 2**attempt)
    raise AssertionError("unreachable")


def _download(url: str, archive: Path) -> str:
    """Download the file at ``url`` to ``archive``, and return its sha256 in hex digits.

    Raises:
        PipelineError: The download failed, and another attempt would fail too.
        _TemporaryError: The download failed, but another attempt may succeed.
    """
    try:
        filesystem, path = fsspec.core.url_to_fs(url, **_options(url))
        size = filesystem.info(path).get("size")
        with filesystem.open(path, "rb", **_streamed(url)) as source:
            return _copy_stream(source, archive, size)
    except FileNotFoundError as error:
        # fsspec raises this for a refused connection too.
        cause = error.__cause__
        if isinstance(cause, Exception) and getattr(cause, "status", None) is None:
            raise _TemporaryError(_reason(cause)) from None
        raise PipelineError(f"{url}: not found; check dataset.url") from None
    except (ValueError, ImportError, PermissionError, IsADirectoryError) as error:
        # A ValueError means that the scheme is unknown; an ImportError, that its driver is not installed.
        raise PipelineError(f"{url}: {error}; check dataset.url") from None
    except Exception as error:  # The driver of each scheme raises errors of its own types.
        status = getattr(error, "status", None)
        if isinstance(status, int) and 400 <= status < 500 and status not in (408, 429):
            answer = f"{status} {getattr(error, 'message', '')}".strip()
            raise PipelineError(f"{url}: the server answered {answer}; check dataset.url") from None
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
        raise _TemporaryError(f"the transfer stopped after {received:,} of {size:,} bytes")
    return digest.hexdigest()


def _options(url: str) -> dict[str, Any]:
    """Return the options of the scheme's driver. For HTTP, they limit each wait, but not the total time."""
    if not url.startswith(("http://", "https://")):
        return {}
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_TIMEOUT, sock_read=_READ_TIMEOUT)
    return {
        # Without decompression the bytes arrive as they are stored, so the checksum of a .tar.gz is right.
        "client_kwargs": {"timeout": timeout, "trust_env": True, "auto_decompress": False},
        "headers": {"Accept-Encoding": "identity"},
        "skip_instance_cache": True,  # A cached session would reuse the results of an earlier attempt.
    }


def _streamed(url: str) -> dict[str, Any]:
    """Return the options that make HTTP use one request instead of one per range of bytes."""
    return {"block_size": 0} if url.startswith(("http://", "https://")) else {}


def _reason(error: Exception) -> str:
    kind = type(error).__name__
    if "ClientPayload" in kind or "IncompleteRead" in kind:
        return "the transfer stopped before its end"
    if "Timeout" in kind:
        return f"the server did not answer within {_READ_TIMEOUT} s"
    if isinstance(error, OSError) and "Connect" in kind:
        return f"no connection: {error}"
    return f"{kind}: {error}"
