"""Live log text to events, from the API's writes or from a file's text, each with the time at which it reached us."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from analyzer.containers import Zone
from analyzer.containers.writes import WriteJoiner
from analyzer.events import Event
from analyzer.lines import Piece, strip_controls
from analyzer.parse import Parser
from exporters.live_runs.live_text import LiveText
from exporters.observations import LogText, LogWrite


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveEvent:
    """An event and when it reached us. `backlog`: it happened before we came."""

    event: Event
    arrived_at: float
    backlog: bool


class LogEvents:
    """Reads a live log. `zone`: where a file's stamps without one come from."""

    def __init__(self, zone: Zone = None) -> None:
        self._zone = zone
        self._found: list[Event] = []
        self._parser = Parser(self._found.append)
        self._joiner = WriteJoiner()
        self._text: LiveText | None = None

    def feed(self, seen: LogWrite | LogText) -> Iterator[LiveEvent]:
        """The events of what was seen."""
        for piece in self._pieces(seen):
            self._parser.feed(piece)
        self._parser.flush()
        for event in self._found:
            yield LiveEvent(event=event, arrived_at=seen.at, backlog=seen.backlog)
        self._found.clear()

    @property
    def lines(self) -> int:
        """Lines of text read."""
        return self._parser.lines

    @property
    def unrecognised(self) -> int:
        """Those of them that no wording takes."""
        return self._parser.unrecognised

    def close(self) -> None:
        """The log is over."""
        if self._text:
            self._text.close()

    def _pieces(self, seen: LogWrite | LogText) -> Iterable[Piece]:
        if isinstance(seen, LogWrite):
            return [*self._joiner.feed(seen.written_at, strip_controls(seen.text)), *self._joiner.release()]
        self._text = self._text or LiveText(self._zone)
        return self._text.feed(seen.data, None if seen.backlog else seen.at)
