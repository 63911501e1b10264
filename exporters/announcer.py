"""From happenings to notices: for each watched server what is worth telling, once, to all who want it."""

from collections.abc import Callable, Sequence
from contextlib import suppress

from analyzer.redaction import Redaction
from analyzer.units import GIB, format_bytes
from exporters.engine import Engine
from exporters.happenings import Happening, LimitPassed, RiskChanged, Stalled
from exporters.notifiers import Notice, Notifier, Outbox, Teller

# Smaller neighbours are desktops and monitors.
_LEAST_BYTES = GIB
_MOST_NEIGHBOURS = 2


class Announcer:
    """Make it in a running loop and end it with `close`. `redactor`: log text goes through it, since notices leave the machine.

    `on_notice`: hears every notice, also where nobody is told; `on_trouble`: the first failure of each notifier, in one line.
    """

    def __init__(
        self,
        engines: Sequence[Engine],
        notifiers: Sequence[Notifier],
        *,
        redactor: Redaction,
        on_trouble: Callable[[str], None],
        on_notice: Callable[[Notice], None] = lambda notice: None,
    ) -> None:
        self._engines = {engine.name: engine for engine in engines}
        self._tellers = {engine.name: Teller(engine.name, redactor) for engine in engines}
        self._on_notice = on_notice
        self._outbox = Outbox(notifiers, on_trouble, on_result=self._count)
        for engine in engines:
            engine.subscribe(self._happened)

    async def drained(self, patience_seconds: float) -> None:
        """Returns when all that waits has been sent, or after so long."""
        await self._outbox.drained(patience_seconds)

    async def close(self) -> None:
        """Stops what is under way, and forgets what waits."""
        await self._outbox.close()

    def _happened(self, engine: Engine, happening: Happening) -> None:
        beside = neighbours(engine) if _is_trouble(happening) else ""
        notice = self._tellers[engine.name].tell(happening, beside=beside)
        if notice is not None:
            self._on_notice(notice)
            self._outbox.put(notice)

    def _count(self, notice: Notice, sent: bool) -> None:
        with suppress(KeyError):
            engine = self._engines[notice.server]
            if sent:
                engine.notified[notice.event.value] += 1
            else:
                engine.notify_failures += 1


def _is_trouble(happening: Happening) -> bool:
    """Whether ending other programs on the GPU might help."""
    return isinstance(happening, RiskChanged | LimitPassed) or (isinstance(happening, Stalled) and not happening.over)


def neighbours(engine: Engine) -> str:
    """Who else holds memory of the server's GPU, in words; empty: nobody worth naming, or nobody knows."""
    large = [one for one in engine.gpu.others() if (one.used_bytes or 0) >= _LEAST_BYTES][:_MOST_NEIGHBOURS]
    if not large:
        return ""
    told = [f"{one.name or 'a program'} (process {one.pid}) {format_bytes(one.used_bytes or 0)}" for one in large]
    return f"Also on its GPU: {', '.join(told)}."
