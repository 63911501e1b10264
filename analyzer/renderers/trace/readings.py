"""Counters from readings taken beside the log: a process of their own on the same time axis."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from analyzer.renderers.placing import is_date
from analyzer.renderers.trace.events import TraceEvent, counter_event, process_events
from analyzer.renderers.trace.lanes import whole
from analyzer.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A size at a moment. `name`: of the counter's track, harmless text; `at`: Unix seconds, as the log's own."""

    name: str
    at: float
    size_bytes: int


def _vram(report: Report) -> Iterator[Reading]:
    """The most memory in use within each stretch of a GPU's samples, and what the server's processes held of it."""
    for series in report.vram:
        for point in series.points:
            yield Reading(name=f"GPU {series.gpu} in use", at=point.at, size_bytes=point.used_max_bytes)
            if point.process_bytes is not None:
                yield Reading(name=f"GPU {series.gpu} server", at=point.at, size_bytes=point.process_bytes)


# A row per kind of reading that a report may hold.
READINGS: tuple[Callable[[Report], Iterator[Reading]], ...] = (_vram,)


def reading_events(report: Report, epoch: float, pid: int) -> Iterator[TraceEvent]:
    """The events of all readings; none, and no process, where there are none. Those from before the epoch are left out."""
    named = False
    for readings in READINGS:
        for reading in readings(report):
            if reading.at < epoch or not is_date(reading.at):
                continue
            if not named:
                named = True
                yield from process_events(pid, "samples", "taken beside the log")
            yield counter_event(reading.name, whole(reading.at - epoch), pid, reading.size_bytes)
