"""The replay server: sessions played on a clock, served over real HTTP and WebSocket."""

import asyncio
import ssl
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from aiohttp import web

from exporters.replay.behaviour import AS_RECORDED, Behaviour, Front
from exporters.replay.clients import Clients
from exporters.replay.endpoints import Endpoints, status_message
from exporters.replay.faults import Fault
from exporters.replay.player import Player
from exporters.replay.process import Process, stats_of
from exporters.replay.session import Session

# A demo may run for days.
_MOST_ASKED = 20_000


class ReplayServer:
    """Serves recorded sessions, one after the other, `loop` for ever. Use it as an async context manager.

    `speed`: 20 plays a minute in three seconds, 0.02 makes fifteen seconds last over twelve minutes; every time in the
    answers, the log's text included, fits that speed. `utc_offset_seconds`: the zone of the server's naive log stamps;
    None: that of this machine.
    The server answers at once; with `play=False` its clock starts with `play()`.

    For tests: `asked` holds what was asked of it lately (method, path, headers); `drop()`, `stall()`, `close_port()` do what
    `faults` do at their second.
    """

    def __init__(
        self,
        *sessions: Session,
        speed: float = 1.0,
        behaviour: Behaviour = AS_RECORDED,
        front: Front | None = None,
        faults: Sequence[Fault] = (),
        loop: bool = False,
        utc_offset_seconds: float | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        play: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.behaviour, self.front = behaviour, front or Front()
        self.process = Process()
        self.terminal: Mapping[str, int] = sessions[0].terminal
        self.awake = asyncio.Event()
        self.awake.set()
        self.clients = Clients(self.awake)
        self.asked: deque[tuple[str, str, Mapping[str, str]]] = deque(maxlen=_MOST_ASKED)
        self.host, self.port = host, port
        self.free_bytes = (0, 0)
        self._session, self._play = sessions[0], play
        self._player = Player(
            self,
            sessions,
            speed=speed,
            faults=faults,
            loop=loop,
            utc_offset_seconds=time.localtime().tm_gmtoff if utc_offset_seconds is None else utc_offset_seconds,
            clock=clock,
        )
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._playing: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        scheme = "https" if self.front.certificate else "http"
        return f"{scheme}://{self.host}:{self.port}{self.front.prefix}"

    def stats(self) -> Mapping[str, Any]:
        """The answer of /system_stats."""
        return stats_of(self._session, self.behaviour, self.free_bytes)

    async def __aenter__(self) -> "ReplayServer":
        self._runner = web.AppRunner(Endpoints(self).application(), access_log=None, handle_signals=False, shutdown_timeout=0.1)
        await self._runner.setup()
        self._player.start_up()
        await self.open_port()
        if self._play:
            self.play()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.awake.set()
        if self._playing:
            self._playing.cancel()
            with suppress(asyncio.CancelledError):
                await self._playing
        self.drop()
        if self._runner:
            await self._runner.cleanup()

    def play(self) -> None:
        """Starts the clock."""
        self._playing = asyncio.ensure_future(self._player.run())

    async def played(self) -> None:
        """Returns when the last session has been played to its end; the server stays."""
        if self._playing:
            await asyncio.shield(self._playing)

    # --- what happens to it --------------------------------------------------------------------------------------

    async def open_port(self) -> None:
        """Takes connections (again, on the same port)."""
        assert self._runner is not None
        self._site = web.TCPSite(self._runner, self.host, self.port, ssl_context=_tls(self.front), reuse_address=True)
        await self._site.start()
        self.port = self._runner.addresses[0][1]

    async def close_port(self) -> None:
        """The process is gone: connections break and new ones are refused."""
        if self._site:
            await self._site.stop()
            self._site = None
        self.drop()

    def drop(self) -> None:
        """Breaks all connections."""
        if self._runner and self._runner.server:
            for connection in self._runner.server.connections:
                if connection.transport is not None:
                    connection.transport.abort()

    def stall(self, *, stalled: bool) -> None:
        """Stops (or resumes) answering and sending; connections are still taken."""
        (self.awake.clear if stalled else self.awake.set)()

    def tell_status(self) -> None:
        """The queue has changed."""
        self.clients.send_all(status_message(self.process))


def _tls(front: Front) -> ssl.SSLContext | None:
    if front.certificate is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(front.certificate, front.key)
    return context
