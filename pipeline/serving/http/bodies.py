"""The reading of the bodies of requests, within limits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import HTTPException, Request
from starlette.requests import ClientDisconnect

from pipeline.serving.http.limits import Limits

HELD_BODIES = 16
"""How many of the largest bodies the server holds at a time. It holds many more of usual images, which are smaller."""

DRAINED_BODIES = 4
"""A body of up to this many times the limit is read, and not kept, before it is refused.

A client that is still sending when the connection is closed does not see the answer.
"""

RETRY_AFTER_S = 1
"""After how many seconds a client should try again that was refused because the server is busy."""


def busy(reason: str) -> HTTPException:
    """Return the refusal of a request that may succeed later."""
    return HTTPException(503, f"{reason}; try again later", {"Retry-After": str(RETRY_AFTER_S)})


class Bodies:
    """The bodies of the requests that are being answered, whose bytes together are limited."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._held = 0

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[bytes]:
        """Read the body of a request. Its bytes count as held until the block ends.

        Raises:
            HTTPException: The body is compressed (415), larger than the limit (413), or slow (408), or the bodies of
                other requests leave no room for it (503).
        """
        _refuse_unread(request, self._limits.body_bytes)
        parts: list[bytes] = []
        try:
            await self._collect_in_time(request, parts)
            parts[:] = [b"".join(parts)]  # the body is in memory once
            yield parts[0]
        finally:
            self._held -= sum(map(len, parts))

    async def _collect_in_time(self, request: Request, parts: list[bytes]) -> None:
        seconds = self._limits.seconds
        try:
            async with asyncio.timeout(seconds):
                await self._collect(request, parts)
        except TimeoutError:
            raise HTTPException(408, f"the body took more than {seconds:g} s to arrive") from None
        except ClientDisconnect:  # nobody reads the answer
            raise HTTPException(400, "the connection was closed before the body was complete") from None

    async def _collect(self, request: Request, parts: list[bytes]) -> None:
        """Append the parts of a body to ``parts``, which count as held."""
        received, limit = 0, self._limits.body_bytes
        async for part in request.stream():
            received += len(part)
            if received > DRAINED_BODIES * limit:
                break
            if received <= limit:
                parts.append(part)
                self._held += len(part)
            if self._held > HELD_BODIES * limit:
                raise busy("the server holds too many large requests")
        if received > limit:
            raise _too_large(limit)


def _refuse_unread(request: Request, limit: int) -> None:
    """Refuse a body by what its headers say, where it is not worth reading or the client waits for a word."""
    if encoding := request.headers.get("content-encoding"):
        raise HTTPException(415, f"Content-Encoding is {encoding[:40]}; send the body as it is")
    declared = int(request.headers.get("content-length", 0))
    if declared > DRAINED_BODIES * limit or (declared > limit and "expect" in request.headers):
        raise _too_large(limit)


def _too_large(limit: int) -> HTTPException:
    return HTTPException(413, f"the body is larger than {limit / 2**20:g} MiB; send fewer or smaller images")
