"""One log in the trace: a process with its tracks, to which runs are added in log order."""

from collections.abc import Generator, Iterable, Iterator, Sequence

from analyzer.renderers.placing import is_date, start_at
from analyzer.renderers.short_text import ShortText
from analyzer.renderers.trace.events import (
    TraceEvent,
    counter_event,
    mark_event,
    process_events,
    slice_event,
    thread_events,
    thread_of,
    wait_events,
)
from analyzer.renderers.trace.lanes import Lanes, filled, nested, whole
from analyzer.renderers.trace.layout import layout_of
from analyzer.renderers.trace.shapes import Layout, Track, facts
from analyzer.renderers.trace.words import run_facts, run_name, server_facts
from analyzer.runs.model import Run, ServerStart
from analyzer.runs.residency import Residency

# Some 250 years: a log of hostile figures ends here, within the integers of every viewer.
_LAST = whole(250 * 365 * 86400)
_LOADED = "models on the device, by the log"


class Process:
    """The tracks of one log. `epoch`: Unix seconds of time 0; None: its runs follow one another, order is all that is known."""

    def __init__(self, pid: int, epoch: float | None, text: ShortText) -> None:
        self._pid = pid
        self._epoch = epoch
        self._text = text
        self._lanes = Lanes()
        self._named: set[tuple[int, int]] = set()
        self._reached = self._ready = 0
        self._server = 0
        self._loaded = False

    def titles(self, name: str, label: str) -> Iterable[TraceEvent]:
        """The events that name the process."""
        return process_events(self._pid, name, label)

    def run(self, run: Run, changes: Sequence[Residency], start: ServerStart | None) -> Iterator[TraceEvent]:
        """The events of a run, and of the server's start where it is the first run behind it."""
        layout = layout_of(run, changes, self._text)
        lane, begin = self._lanes.place(self._wanted(run), whole(layout.seconds))
        begin = min(begin, _LAST)
        length = min(whole(layout.seconds), _LAST - begin)
        self._reached = begin + length
        if start and start.number != self._server:
            self._server = start.number
            yield from self._started(start, begin)
        yield from self._waited(run, begin)
        yield from self._slices(run, layout, lane, begin, length)
        yield from self._moments(layout, lane, begin)

    def _wanted(self, run: Run) -> int:
        return self._reached if self._epoch is None else whole(start_at(run) - self._epoch)

    def _slices(self, run: Run, layout: Layout, lane: int, begin: int, length: int) -> Iterator[TraceEvent]:
        thread = yield from self._thread(Track.RUNS, lane)
        yield slice_event(run_name(run, self._text), "run", begin, begin + length, thread, run_facts(run, self._text))
        for first, last, phase in filled(layout.phases, length):
            yield slice_event(phase.name, "phase", begin + first, begin + last, thread, phase.facts)
        for track, category, slices in ((Track.BARS, "bar", layout.bars), (Track.LOADS, "load", layout.loads)):
            for first, last, part in nested(slices, length):
                thread = yield from self._thread(track, lane)
                yield slice_event(part.name, category, begin + first, begin + last, thread, part.facts)

    def _moments(self, layout: Layout, lane: int, begin: int) -> Iterator[TraceEvent]:
        for mark in layout.marks:
            thread = yield from self._thread(mark.track, lane)
            yield mark_event(mark.name, mark.track.name.lower(), _within(begin + whole(mark.at)), thread, mark.facts)
        for at, size in layout.sizes:
            self._loaded = True
            yield counter_event(_LOADED, _within(begin + whole(at)), self._pid, size)

    def _waited(self, run: Run, begin: int) -> Iterator[TraceEvent]:
        if self._epoch is None or run.queued_at is None or not run.queue_seconds:
            return
        thread = yield from self._thread(Track.RUNS, 0)
        shown = facts(run=run.number, queue_seconds=run.queue_seconds, queued_line=run.queued_line)
        queued = max(0, min(begin, whole(run.queued_at - self._epoch)))
        yield from wait_events("queue", queued, begin, thread, run.number, shown)

    def _started(self, start: ServerStart, before: int) -> Iterator[TraceEvent]:
        """A start-up as long as its stamps say, or a mark in front of the first run behind it."""
        thread = yield from self._thread(Track.SERVER, 0)
        shown, begin, end = server_facts(start, self._text), before, before
        if self._epoch is not None and start.started_at is not None and is_date(start.started_at):
            begin = max(self._ready, min(before, whole(start.started_at - self._epoch)))
            ready = begin if start.ready_at is None else whole(start.ready_at - self._epoch)
            self._ready = end = max(begin, min(before, ready))
        if self._loaded:
            # A new process has nothing on the device.
            yield counter_event(_LOADED, begin, self._pid, 0)
        if end > begin:
            yield slice_event("start-up", "server", begin, end, thread, shown)
        else:
            yield mark_event("start", "server", begin, thread, shown)

    def _thread(self, track: Track, lane: int) -> Generator[TraceEvent, None, tuple[int, int]]:
        """The thread of a track; the events that name it come with its first use."""
        thread = thread_of(self._pid, track, lane)
        if thread not in self._named:
            self._named.add(thread)
            yield from thread_events(thread, track, lane)
        return thread


def _within(at: int) -> int:
    return min(max(at, 0), _LAST)
