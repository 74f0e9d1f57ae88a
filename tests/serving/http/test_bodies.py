import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from fastapi import HTTPException, Request

from pipeline.serving.http.bodies import HELD_BODIES, Bodies
from pipeline.serving.http.limits import Limits

LIMITS = Limits(body_bytes=100, instances=1, pixels=1, queue=1, seconds=0.05)
Receive = Callable[[], Awaitable[dict[str, Any]]]


def request(receive: Receive) -> Request:
    return Request({"type": "http", "method": "POST", "path": "/", "headers": []}, receive)


def sending(*parts: bytes) -> Receive:
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    remaining = iter([*messages, {"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        return next(remaining)

    return receive


async def read(bodies: Bodies, receive: Receive) -> bytes:
    async with bodies.read(request(receive)) as body:
        return body


async def refusal(bodies: Bodies, receive: Receive) -> HTTPException:
    with pytest.raises(HTTPException) as refused:
        await read(bodies, receive)
    return refused.value


async def silent() -> dict[str, Any]:
    await asyncio.sleep(30)
    raise AssertionError


async def gone() -> dict[str, Any]:
    return {"type": "http.disconnect"}


def test_a_body_is_read_in_parts_up_to_its_limit() -> None:
    async def check() -> None:
        assert await read(Bodies(LIMITS), sending(b"a" * 60, b"b" * 40)) == b"a" * 60 + b"b" * 40
        assert (await refusal(Bodies(LIMITS), sending(b"a" * 60, b"b" * 41))).status_code == 413

    asyncio.run(check())


def test_a_slow_body_and_one_that_ends_early_are_refused() -> None:
    async def check() -> None:
        slow = await refusal(Bodies(LIMITS), silent)
        assert (slow.status_code, slow.detail) == (408, "the body took more than 0.05 s to arrive")
        assert (await refusal(Bodies(LIMITS), gone)).status_code == 400

    asyncio.run(check())


def test_the_bodies_of_all_requests_are_limited_while_they_are_held() -> None:
    async def check() -> None:
        bodies = Bodies(LIMITS)
        async with AsyncExitStack() as others:
            for _ in range(HELD_BODIES):
                await others.enter_async_context(bodies.read(request(sending(b"a" * 100))))
            busy = await refusal(bodies, sending(b"a"))
            assert busy.status_code == 503 and busy.headers == {"Retry-After": "1"}
        assert await read(bodies, sending(b"a")) == b"a"

    asyncio.run(check())
