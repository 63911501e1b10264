"""Two logs of one process: a file with stamps but no bars lends its stamps to the console capture, which has the bars.

ComfyUI's `--verbose LEVEL FILE` holds the logging records with their times, the console everything else. The records stand in
both in the same order, which is all that is needed to bring them together.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from itertools import islice

from analyzer.analysis import SourceInfo
from analyzer.events import Bar, Event
from analyzer.reading import LogReading
from analyzer.runs.model import Run
from analyzer.runs.progress import seconds_of

# How far the stamped file may be ahead: records that the console lacks, such as those of a lower level.
_LOOK_AHEAD = 1000
_TELLING_RUNS = 2
_TELLING_SECONDS = 0.5


def find_twins(readings: Sequence[LogReading]) -> Iterator[tuple[int, int]]:
    """Pairs of places: an unstamped log with bars, and a stamped one without that closes the same runs."""
    stamped = {place: _durations(one.runs) for place, one in enumerate(readings) if _is_stamped_without_bars(_read(one))}
    for place, reading in enumerate(readings):
        if not stamped or not _is_console(_read(reading)):
            continue
        own = _durations(reading.runs)
        twin = next((other for other, found in stamped.items() if _same_process(own, found, reading, readings[other])), None)
        if twin is not None:
            del stamped[twin]
            yield place, twin


def _read(reading: LogReading) -> list[SourceInfo]:
    return [source for source in reading.sources if not source.left_out]


def _is_console(sources: Sequence[SourceInfo]) -> bool:
    return all(source.stamps == "none" for source in sources) and any(source.bars for source in sources)


def _is_stamped_without_bars(sources: Sequence[SourceInfo]) -> bool:
    return all(source.stamps != "none" and not source.bars for source in sources)


def _same_process(own: list[float], found: list[float], console: LogReading, stamped: LogReading) -> bool:
    """The same durations in the same order; one log may begin earlier or end later than the other. A single run may look like
    another server's: then both must have been asked for as many."""
    longer, shorter = sorted((own, found), key=len, reverse=True)
    if len(shorter) < _TELLING_RUNS and (not shorter or console.requests.received != stamped.requests.received):
        return False
    places = range(len(longer) - len(shorter) + 1)
    return any(longer[place] == shorter[0] and longer[place : place + len(shorter)] == shorter for place in places)


def _durations(runs: Iterable[Run]) -> list[float]:
    """Of runs that took any time: cached ones are all alike."""
    known = (run.duration_seconds for run in runs)
    return [seconds for seconds in known if seconds is not None and seconds >= _TELLING_SECONDS]


class StampTransfer:
    """Gives the events of an unstamped log the stamps of the same events in a stamped one.

    What lies between two such events is held back until the second is known: a bar in between is placed behind the first, with
    the length that its own clock says.
    """

    def __init__(self, stamped: Iterable[Event], emit: Callable[[Event], None]) -> None:
        self._stamped = iter(stamped)
        self._ahead: deque[tuple[tuple[object, ...], float | None]] = deque()
        self._emit = emit
        self._held: list[Event] = []
        self._at: float | None = None

    def feed(self, event: Event) -> None:
        at = None if isinstance(event, Bar) else self._find(event)
        if at is None:
            self._held.append(event)
            return
        self._release(at)
        self._at = at
        self._emit(replace(event, at=at))

    def finish(self) -> None:
        """Hands on what is still held back."""
        self._release(None)

    def _find(self, event: Event) -> float | None:
        key = _key(event)
        self._ahead.extend((_key(other), other.at) for other in islice(self._stamped, _LOOK_AHEAD - len(self._ahead)))
        for place, (other_key, at) in enumerate(self._ahead):
            if other_key == key:
                for _ in range(place + 1):
                    self._ahead.popleft()
                return at
        return None

    def _release(self, until: float | None) -> None:
        cursor = self._at
        for event in self._held:
            if isinstance(event, Bar) and cursor is not None:
                length = seconds_of(event, complete=event.steps == event.total) or 0.0
                at = cursor + length if until is None else min(until, cursor + length)
                self._emit(replace(event, at=at))
                if event.steps == event.total:
                    cursor = at
            else:
                self._emit(event)
        self._held.clear()


def _key(event: Event) -> tuple[object, ...]:
    """What two lines that say the same have in common: all but their place and time."""
    values = (getattr(event, field.name) for field in fields(event) if field.name not in ("line", "at"))
    return (type(event), *values)
