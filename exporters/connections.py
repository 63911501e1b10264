"""Connections to our own server: how many at once, how long each may take to ask, and how much it may say without being answered.

The HTTP library alone waits for ever for a request that trickles in, and takes as many connections as the system has files.
"""

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from exporters.tasks import end_all

_PAUSE_SECONDS = 0.1
_WAITING = 128
_NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`first_seconds`: to agree on TLS, and again to the end of the first request's head; `idle_seconds`: from an answer to the
    next request, the time to take the answer included; `unanswered_bytes`: heads, bodies and what is sent ahead."""

    connections: int = 200
    first_seconds: float = 10.0
    idle_seconds: float = 75.0
    unanswered_bytes: int = 1 << 16


class Connections:
    """Takes connections for an HTTP protocol that `make` gives. Who comes while it is full is turned away at once."""

    def __init__(self, make: Callable[[], asyncio.Protocol], limits: Limits) -> None:
        self._make, self._limits = make, limits
        self._open: dict[object, _Connection] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._sockets: list[socket.socket] = []

    async def listen(self, host: str, port: int, tls: ssl.SSLContext | None) -> tuple[str, int]:
        """Begins; where it listens. Raises OSError where the address cannot be had."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        trouble: OSError | None = None
        for family, address in dict.fromkeys((row[0], row[4]) for row in found):
            try:
                self._sockets.append(socket.create_server(address[:2], family=family, backlog=_WAITING))
            except OSError as error:
                if error.errno not in _NOT_HERE:
                    raise
                trouble = error  # `localhost` has an address of a kind that this machine has not
        if trouble and not self._sockets:
            raise trouble
        for one in self._sockets:
            one.setblocking(False)
            self._spawn(self._take(one, tls))
        name = self._sockets[0].getsockname()
        return name[0], name[1]

    async def close(self) -> None:
        """Takes no more; those that are there stay."""
        await end_all(self._tasks)
        for one in self._sockets:
            one.close()

    @contextmanager
    def answering(self, protocol: object) -> Iterator[None]:
        """While a request of `protocol` is answered it may take its time."""
        connection = self._open.get(protocol)
        if connection is not None:
            connection.wait(None)
        try:
            yield
        finally:
            if connection is not None:
                connection.wait(self._limits.idle_seconds)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _take(self, listening: socket.socket, tls: ssl.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                taken, _ = await loop.sock_accept(listening)
            except OSError:  # it went again, or there are no files left
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            if len(self._open) >= self._limits.connections:
                taken.close()
            else:
                self._spawn(self._admit(taken, tls))

    async def _admit(self, taken: socket.socket, tls: ssl.SSLContext | None) -> None:
        inner = self._make()
        connection = self._open[inner] = _Connection(inner, self._limits, lambda: self._open.pop(inner, None))
        seconds = self._limits.first_seconds if tls else None
        try:
            with suppress(OSError):  # it goes again, or speaks no TLS, or not in time
                await asyncio.get_running_loop().connect_accepted_socket(
                    lambda: connection, taken, ssl=tls, ssl_handshake_timeout=seconds
                )
        finally:
            if not connection.is_made:
                del self._open[inner]
                taken.close()


class _Connection(asyncio.Protocol):
    """Stands between a connection and the HTTP protocol, and breaks it off where it takes too long or says too much."""

    def __init__(self, inner: asyncio.Protocol, limits: Limits, on_lost: Callable[[], object]) -> None:
        self._inner, self._limits, self._on_lost = inner, limits, on_lost
        self._timer: asyncio.TimerHandle | None = None
        self._unanswered = 0
        self.is_made = False

    def wait(self, seconds: float | None) -> None:
        """Breaks off after so long, unless told otherwise before; None: not."""
        self._unanswered = 0
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._transport.abort) if seconds is not None else None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self.is_made = transport, True
        self.wait(self._limits.first_seconds)
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        self._unanswered += len(data)
        if self._unanswered > self._limits.unanswered_bytes:
            self._transport.abort()
        else:
            self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        if self._timer:
            self._timer.cancel()
        self._on_lost()
        self._inner.connection_lost(error)
