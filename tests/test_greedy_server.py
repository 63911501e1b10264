"""A ComfyUI server, or what stands in its place, whose answers never end: they are not read to their end."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from aiohttp import web

from exporters.comfyui import client, target_of
from exporters.comfyui.client import observe
from exporters.observations import ServerState, State
from tests.replayed import FAST

MOST = 1 << 20
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    with suppress(ConnectionError):
        while True:
            await response.write(b"[" * 65536)
    return response


async def packed(request: web.Request) -> web.StreamResponse:
    """Small on the wire."""
    body = gzip.compress(b" " * (64 << 20))
    return web.Response(body=body, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"})


@pytest.mark.parametrize("handler", [endless, packed])
def test_an_answer_that_is_too_much_is_no_answer(handler: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_MOST_BYTES", MOST)

    async def watch() -> ServerState:
        runner = web.AppRunner(_application(handler))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        seen = observe(target_of(f"http://127.0.0.1:{runner.addresses[0][1]}"), pace=FAST)
        try:
            async with asyncio.timeout(20):
                async for one in seen:
                    if isinstance(one, ServerState):
                        return one
        finally:
            await seen.aclose()
            await runner.cleanup()
        raise AssertionError("it is watched for ever")

    state = asyncio.run(watch())
    assert state.state is not State.UP
    assert "more than ComfyUI would" in state.reason


def _application(handler: Handler) -> web.Application:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    return application
