"""Writes of the server's log, each told once: from the stream, and from the buffer of the last 300 where there was no stream.

The stream carries every write, but a print only when its stream is flushed, which may be minutes later; the buffer has it at
once, but of a progress bar only the newest frame. There are no numbers in either, so a write is known by its stamp and text.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from analyzer.containers.records import to_bytes
from exporters.comfyui.answers import Write
from exporters.comfyui.server_clock import ServerClock
from exporters.observations import LogGap, LogWrite

RING_WRITES = 300
# Writes that are remembered. Older ones are told apart by their stamps alone.
_MOST_KNOWN = 20_000


class LogBook:
    """Tells writes once and in order. `holds`: the stream is collected until the buffer has said what came before."""

    def __init__(self, clock: ServerClock) -> None:
        self.clock = clock
        self.holds = True
        self.overlapped: bool | None = None
        self._known: set[int] = set()
        self._order: deque[tuple[int, str]] = deque()
        self._forgotten_until = ""
        self._held: list[Write] = []
        self._first = True

    def hold(self) -> None:
        """The connection is gone: what the stream brings next comes behind a gap."""
        self.holds = True
        self._held.clear()

    def stream(self, writes: Sequence[Write], at: float) -> Iterator[LogWrite]:
        """Writes that were made just now."""
        self.clock.fresh((stamp for stamp, _ in writes), at)
        if self.holds:
            self._held += writes
        else:
            yield from self._told(writes, at)

    def ring(self, writes: Sequence[Write], at: float) -> Iterator[LogWrite | LogGap]:
        """The server's buffer, and what the stream brought meanwhile. `overlapped`: whether any of it was known before."""
        self.clock.old((stamp for stamp, _ in writes), at)
        unknown = [write for write in writes if not self._knows(write)]
        self.overlapped = len(unknown) < len(writes) if self._order and writes else None
        if self.overlapped is False and len(writes) >= RING_WRITES:
            yield LogGap(at=at)
        held, self._held, self.holds = self._held, [], False
        merged = sorted([*unknown, *held], key=lambda write: write[0]) if held else unknown
        yield from self._told(merged, at, backlog=self._first)
        self._first = False

    def no_ring(self, at: float) -> Iterator[LogWrite]:
        """The server has no such buffer."""
        held, self._held, self.holds, self._first = self._held, [], False, False
        yield from self._told(held, at)

    def _told(self, writes: Iterable[Write], at: float, *, backlog: bool = False) -> Iterator[LogWrite]:
        for write in writes:
            if not self._knows(write):
                self._learn(write)
                yield LogWrite(at=at, text=to_bytes(write[1]), written_at=self.clock.at(write[0]), backlog=backlog)

    def _knows(self, write: Write) -> bool:
        return hash(write) in self._known or write[0] <= self._forgotten_until

    def _learn(self, write: Write) -> None:
        self._known.add(hash(write))
        self._order.append((hash(write), write[0]))
        if len(self._order) > _MOST_KNOWN:
            forgotten, stamp = self._order.popleft()
            self._known.discard(forgotten)
            self._forgotten_until = max(self._forgotten_until, stamp)
