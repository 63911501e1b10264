"""A watch from its start to its end: the engine, the display, and those who are told."""

import asyncio
import signal
import sys
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING, Protocol

from rich.console import RenderableType

from analyzer.cli.output import harmless
from analyzer.errors import ExitCode
from analyzer.redaction import Redaction
from exporters.announcer import Announcer
from exporters.engine import Engine
from exporters.notifiers import Notice, Notifier, Severity
from exporters.tasks import end_all
from exporters.watching.gpu_rows import gpus_now
from exporters.watching.lines import Lines
from exporters.watching.past_rows import MOST_TOLD, Told
from exporters.watching.remarks import remarks
from exporters.watching.screen import Screen, console_for
from exporters.watching.view import view

if TYPE_CHECKING:
    from exporters.keeper import Keeper

DRAW_SECONDS = 0.5
# How long those who are to be told are waited for when the sources have ended. Who ends the watch does not wait.
_PATIENCE_SECONDS = 65.0
_SIGNALS = ("SIGTERM", "SIGHUP")


class Display(Protocol):
    """Shows the watch; `draw` may raise OSError where nobody reads any more."""

    def draw(self, now: float) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """How it is shown. `live`: as a picture on a terminal, else as lines. `quiet`: without remarks."""

    live: bool
    color: bool
    unicode: bool
    zone: tzinfo
    quiet: bool = False


class Session:
    """Watches with an engine. `notifiers`: who is told; `redactor`: what log text goes through before."""

    def __init__(
        self,
        engine: Engine,
        showing: Showing,
        *,
        keeper: "Keeper | None" = None,
        notifiers: Sequence[Notifier] = (),
        redactor: Redaction,
    ) -> None:
        self._engine, self._showing, self._keeper = engine, showing, keeper
        self._notifiers, self._redactor = notifiers, redactor
        self._told: deque[Told] = deque(maxlen=MOST_TOLD)
        self._screen: Screen | None = None
        self._signal: signal.Signals | None = None

    async def run(self) -> int:
        """Watches until the sources end, or somebody ends it; the exit code."""
        over = self._listen_to_signals()
        display = self._display()
        announcer = Announcer(
            [self._engine], self._notifiers, redactor=self._redactor, on_trouble=self._remark, on_notice=self._show_notice
        )
        with remarks(self._remark):
            try:
                if self._keeper:
                    self._keeper.start()
                await self._engine.start()
                await self._show(display, over)
                if self._signal is None:
                    over.clear()
                    await _first_of(announcer.drained(_PATIENCE_SECONDS), over.wait())
            finally:
                with suppress(OSError):
                    display.close()
                await self._engine.stop()
                await announcer.close()
                if self._keeper:
                    await self._keeper.close()
        return ExitCode.OK if self._signal is None else 128 + self._signal

    def picture(self, now: float, width: int) -> RenderableType:
        """The live view."""
        engine = self._engine
        gpus = gpus_now(engine.gpu.latest(now), engine.gpu.run_peaks(), engine.watched.stats, engine.gpu.others)
        showing = self._showing
        return view(engine.watched, gpus, now, width, told=self._told, zone=showing.zone, unicode=showing.unicode)

    # --- what is shown -------------------------------------------------------------------------------------------

    def _display(self) -> Display:
        if not self._showing.live:
            lines = Lines(self._engine.watched, _write, self._showing.zone)
            self._engine.subscribe(lambda _, happening: lines.happened(happening))
            return lines
        self._screen = Screen(console_for(sys.stdout, color=self._showing.color), self.picture)
        self._screen.open()
        return self._screen

    async def _show(self, display: Display, over: asyncio.Event) -> None:
        relay = asyncio.ensure_future(_when(self._engine.ended, over.set))
        try:
            while not over.is_set():
                display.draw(self._engine.clock())
                with suppress(TimeoutError):
                    await asyncio.wait_for(over.wait(), DRAW_SECONDS)
            display.draw(self._engine.clock())
        finally:
            relay.cancel()

    # --- what happens --------------------------------------------------------------------------------------------

    def _show_notice(self, notice: Notice) -> None:
        self._told.append(Told(at=notice.at, text=notice.title.removeprefix(f"{notice.server}: "), severity=notice.severity))

    def _remark(self, text: str) -> None:
        """Something went wrong beside the watch."""
        self._told.append(Told(at=self._engine.clock(), text=text, severity=Severity.WARNING))
        if self._showing.quiet:
            return
        line = harmless(f"comfymeter: {text}")
        if self._screen and sys.stderr.isatty():
            self._screen.print(line)
        else:
            print(line, file=sys.stderr, flush=True)  # noqa: T201

    def _listen_to_signals(self) -> asyncio.Event:
        """Ctrl-C is asyncio's own; the others end the watch as well as it does."""
        over = asyncio.Event()

        def stop(number: signal.Signals) -> None:
            self._signal = number
            over.set()

        for name in _SIGNALS:
            with suppress(AttributeError, NotImplementedError):
                number = signal.Signals[name] if name in signal.Signals.__members__ else None
                if number is not None:
                    asyncio.get_running_loop().add_signal_handler(number, stop, number)
        return over


async def _first_of(*waits: Coroutine[None, None, object]) -> None:
    """Returns when one of them has; the others are stopped."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end_all(tasks)


async def _when(event: asyncio.Event, then: Callable[[], None]) -> None:
    await event.wait()
    then()


def _write(text: str) -> None:
    """Whatever the terminal's encoding can hold of it, at once."""
    sys.stdout.buffer.write(text.encode(sys.stdout.encoding or "utf-8", "replace"))
    sys.stdout.flush()
