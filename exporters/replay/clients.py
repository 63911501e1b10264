"""The WebSocket clients of a replayed server: who is connected, who gets the log, and what is on its way to each."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web

from exporters.replay.process import Entry


class Clients:
    """Connected clients by id. A second socket of one id takes over; when the first one ends, the id is gone (as in `server.py`).

    `awake`: cleared while the server is stalled; nothing is sent or answered then, pings included.
    """

    def __init__(self, awake: asyncio.Event) -> None:
        self._awake = awake
        self._outgoing: dict[str, asyncio.Queue[str]] = {}
        self._subscribers: set[str] = set()
        self._told_size = False

    def subscribe(self, client_id: str, *, enabled: bool) -> None:
        """Whether a client wants the log; one that is not connected is forgotten at the next write."""
        (self._subscribers.add if enabled else self._subscribers.discard)(client_id)

    def send_all(self, message: Mapping[str, Any]) -> None:
        """To every client."""
        text = json.dumps(message)
        for outgoing in self._outgoing.values():
            outgoing.put_nowait(text)

    def send_log(self, entries: Sequence[Entry], size: Mapping[str, int]) -> None:
        """To the subscribers. The terminal's size is told once."""
        self._subscribers &= self._outgoing.keys()
        if not self._subscribers or not entries:
            return
        text = json.dumps({"type": "logs", "data": {"entries": list(entries), "size": None if self._told_size else size}})
        self._told_size = True
        for client_id in self._subscribers:
            self._outgoing[client_id].put_nowait(text)

    async def serve(self, socket: web.WebSocketResponse, client_id: str, first: Mapping[str, Any]) -> None:
        """Sends and answers until the connection ends."""
        outgoing: asyncio.Queue[str] = asyncio.Queue()
        self._outgoing[client_id] = outgoing
        outgoing.put_nowait(json.dumps(first))
        sender = asyncio.ensure_future(self._send(socket, outgoing))
        try:
            await self._receive(socket)
        finally:
            sender.cancel()
            self._outgoing.pop(client_id, None)

    async def _send(self, socket: web.WebSocketResponse, outgoing: asyncio.Queue[str]) -> None:
        with suppress(ConnectionError):
            while True:
                text = await outgoing.get()
                await self._awake.wait()
                await socket.send_str(text)

    async def _receive(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            await self._awake.wait()
            if message.type is WSMsgType.PING:
                with suppress(ConnectionError):
                    await socket.pong(message.data)
