"""Everything that `serve` is while it runs: engines, their history, the server; and its orderly end."""

import asyncio
import logging
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analyzer.redaction import Redaction, Redactor
from exporters.announcer import Announcer
from exporters.engine import Engine
from exporters.notifiers import Notifier
from exporters.server import Server

if TYPE_CHECKING:
    from exporters.keeper import Keeper

_LOG = logging.getLogger("comfymeter")
_STARTS_AT_ONCE = 20


@dataclass(slots=True, kw_only=True)
class Service:
    """`notifiers`: told of what happens at any of the servers; `redactor`: for log text in notices. `on_start`: told once
    connections are taken. `over`: set it, or send SIGTERM or SIGINT, and all comes to an end."""

    engines: Sequence[Engine]
    server: Server
    keeper: "Keeper | None" = None
    notifiers: Sequence[Notifier] = ()
    redactor: Redaction = field(default_factory=Redactor)
    on_start: Callable[[Server], None] = lambda server: None
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Serves until it is over. Raises ComfymeterError where the address cannot be had."""
        self._hear_signals()
        await self.server.start()
        announcer = Announcer(self.engines, self.notifiers, redactor=self.redactor, on_trouble=_LOG.warning)
        try:
            self.on_start(self.server)
            if self.keeper:
                self.keeper.start()
            starting = asyncio.ensure_future(self._start())
            await self.over.wait()
            starting.cancel()
            with suppress(asyncio.CancelledError):
                await starting
        finally:
            await self._end(announcer)

    async def _start(self) -> None:
        """The engines, not all at the same moment."""
        some = asyncio.Semaphore(_STARTS_AT_ONCE)

        async def one(engine: Engine) -> None:
            async with some:
                await engine.start()

        await asyncio.gather(*map(one, self.engines))
        self.server.ready = True

    async def _end(self, announcer: Announcer) -> None:
        await self.server.stop()
        await asyncio.gather(*(engine.stop() for engine in self.engines))
        await announcer.close()
        if self.keeper and (lost := await self.keeper.close()):
            _LOG.warning("%d runs could not be written to the history", lost)

    def _hear_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            with suppress(NotImplementedError, RuntimeError):  # Windows, and loops outside the main thread
                loop.add_signal_handler(number, self.over.set)
