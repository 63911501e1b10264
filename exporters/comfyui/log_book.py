"""Writes of the server's log, each told once: from the stream, and from the buffer of the last 300 where there was no stream.

The stream carries every write, but a print only when its stream is flushed, which may be minutes later; the buffer has it at
once, but of a progress bar only the newest frame. There are no numbers in either, so a write is known by its stamp and text.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from analyzer.containers.records import to_bytes
from exporters.comfyui.answers import Write
from exporters.comfyui.server_clock import ServerClock
from exporters.observations import LogGap, LogWrite

RING_WRITES = 300
# Writes that are remembered. Older ones are told apart by their stamps alone.
_MOST_KNOWN = 20_000


@dataclass(slots=True)
class _Copies:
    """How often a write with this stamp and text has been told, and how often the stream has brought it.

    Clocks may be coarse: two line ends in one tick are two writes.
    """

    told: int = 0
    streamed: int = 0


class LogBook:
    """Tells writes once and in order. `holds`: the stream is collected until the buffer has said what came before.

    `overlapped`: whether the buffer held anything known when it was looked at last; None: there was nothing to compare.
    """

    def __init__(self, clock: ServerClock) -> None:
        self.clock = clock
        self.holds = True
        self.overlapped: bool | None = None
        self._known: dict[Write, _Copies] = {}
        self._forgotten_until = ""
        self._held: list[Write] = []
        self._first = True
        self._newest_streamed = self._newest_of_ring = ""

    def hold(self) -> None:
        """The connection is gone: what the stream brings next comes behind a gap."""
        self.holds = True
        self._held.clear()
        self.closed()

    def closed(self) -> None:
        """There is no stream: the buffer tells everything."""
        self._newest_streamed = ""

    def stream(self, writes: Sequence[Write], at: float) -> Iterator[LogWrite]:
        """Writes that were made just now."""
        self.clock.fresh((stamp for stamp, _ in writes), at)
        if self.holds:
            self._held += writes
        else:
            yield from self._tell([write for write in writes if self._is_new_in_stream(write)], at)

    def ring(self, writes: Sequence[Write], at: float, *, joins_stream: bool = True) -> Iterator[LogWrite | LogGap]:
        """The server's buffer. `joins_stream`: it was asked for when the stream had begun, which goes on from it."""
        self.clock.old((stamp for stamp, _ in writes), at)
        unknown = list(self._unknown(writes))
        self.overlapped = len(unknown) < len(writes) if self._known and writes else None
        if self._newest_streamed and not self.holds:
            # Newer ones are on their way; of a bar the stream has frames that must come before.
            unknown = [write for write in unknown if write[0] < self._newest_streamed]
        elif self.overlapped is False and len(writes) >= RING_WRITES:
            yield LogGap(at=at)
        held: list[Write] = []
        for write in unknown:
            self._copies(write).told += 1
        if self.holds and joins_stream:
            self._newest_of_ring, self.holds = max((stamp for stamp, _ in writes), default=""), False
            held, self._held = self._held, []
        streamed = [write for write in held if self._is_new_in_stream(write)]
        merged = sorted([*unknown, *streamed], key=lambda write: write[0]) if streamed else unknown
        yield from self._tell(merged, at, backlog=self._first)
        self._first = False

    def no_ring(self, at: float) -> Iterator[LogWrite]:
        """The server has no such buffer."""
        held, self._held, self.holds, self._first = self._held, [], False, False
        yield from self._tell([write for write in held if self._is_new_in_stream(write)], at)

    def _tell(self, writes: Iterable[Write], at: float, *, backlog: bool = False) -> Iterator[LogWrite]:
        for stamp, text in writes:
            yield LogWrite(at=at, text=to_bytes(text), written_at=self.clock.at(stamp), backlog=backlog)

    def _unknown(self, writes: Sequence[Write]) -> Iterator[Write]:
        seen: Counter[Write] = Counter()
        for write in writes:
            seen[write] += 1
            known = self._known.get(write)
            if seen[write] > (known.told if known else 0) and write[0] > self._forgotten_until:
                yield write

    def _is_new_in_stream(self, write: Write) -> bool:
        """Counts it; the buffer may have told it before, or a later frame of the same bar."""
        frame = write[1].startswith("\r")
        if write[0] > self._newest_of_ring:
            # From here on frames are new, whatever their stamps: the server's clock may be set back, as each autumn.
            self._newest_of_ring = ""
        # A print may come late, a frame does not.
        self._newest_streamed = write[0] if frame else max(self._newest_streamed, write[0])
        if frame and write[0] < self._newest_of_ring:
            return False
        copies = self._copies(write)
        copies.streamed += 1
        if copies.streamed <= copies.told:
            return False
        copies.told += 1
        return True

    def _copies(self, write: Write) -> _Copies:
        if write not in self._known and len(self._known) >= _MOST_KNOWN:
            oldest = next(iter(self._known))
            self._forgotten_until = max(self._forgotten_until, oldest[0])
            del self._known[oldest]
        return self._known.setdefault(write, _Copies())
