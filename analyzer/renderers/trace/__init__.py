"""The report as a trace in Chrome's Trace Event Format, which Perfetto opens: runs, phases, bars and loads on a time axis.

One event per line, written run by run. Times are whole microseconds since the epoch that `otherData` names. Logs without stamps
have no time: their runs follow one another under a process that says so.
"""

import json
import math
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from analyzer.renderers.base import Options
from analyzer.renderers.clean import encodable
from analyzer.renderers.placing import is_date, is_placed, start_at
from analyzer.renderers.short_text import ShortText, short_text
from analyzer.renderers.trace.events import TraceEvent
from analyzer.renderers.trace.process import Process
from analyzer.renderers.trace.readings import reading_events
from analyzer.report import Report
from analyzer.runs.model import Run
from analyzer.runs.residency import device_bytes, residency
from analyzer.units import format_instant

SCHEMA = "comfymeter.trace/1"
ORDER = "order, not time"


def render(report: Report, options: Options) -> str:
    return "".join(parts(report, options))


def parts(report: Report, options: Options) -> Iterator[str]:
    """The document piece by piece; never more than one run in memory beside the report."""
    epoch = _epoch(report)
    yield f'{{"displayTimeUnit": "ms",\n"otherData": {_dump(_about(report, epoch, options), options)},\n"traceEvents": ['
    separator = "\n"
    for events in _events(report, epoch, short_text(options)):
        text = ",\n".join(_dump(event, options) for event in events)
        if text:
            yield separator + text
            separator = ",\n"
    yield "\n]}\n"


def _events(report: Report, epoch: float | None, text: ShortText) -> Iterator[Iterable[TraceEvent]]:
    zones = {source.name: source.timezone for source in report.sources}
    starts = {start.number: start for start in report.server_starts}
    changes = residency(report.runs, device_bytes(report.server_starts))
    processes: dict[tuple[str, bool], Process] = {}
    for run in report.runs:
        key = run.source, is_placed(run)
        if key not in processes:
            processes[key] = Process(len(processes) + 1, epoch if key[1] else None, text)
            yield processes[key].titles(*_titles(text(run.source), key[1], zones.get(run.source), epoch))
        own = list(islice(changes, len(run.loads) + len(run.unloads)))
        yield processes[key].run(run, own, starts.get(run.server_number))
    if epoch is not None:
        yield reading_events(report, epoch, len(processes) + 1)


def _titles(name: str, in_time: bool, zone: str | None, epoch: float | None) -> tuple[str, str]:
    if not in_time or epoch is None:
        return f"{name} ({ORDER})", "no stamps: runs follow one another, waits between them are not known"
    if zone is None:
        return name, f"0 is {format_instant(epoch, None)}; stamps have no zone and are taken as UTC"
    return name, f"0 is {format_instant(epoch, zone)}"


def _epoch(report: Report) -> float | None:
    """The whole second in or before which the earliest thing happens that has a date."""
    earliest = min((_first(run) for run in report.runs if is_placed(run)), default=math.inf)
    if math.isinf(earliest):
        return None
    starts = (start.started_at for start in report.server_starts if start.started_at is not None)
    return math.floor(min([earliest, *(at for at in starts if is_date(at))]))


def _first(run: Run) -> float:
    began = start_at(run)
    return min(began, run.queued_at) if run.queued_at is not None and is_date(run.queued_at) else began


def _about(report: Report, epoch: float | None, options: Options) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "generated_by": f"comfymeter {options.version}",
        "time_unit": "microseconds since the epoch",
        "epoch": None if epoch is None else format_instant(epoch, "UTC"),
        "epoch_unix_seconds": epoch,
    }


def _dump(value: Any, options: Options) -> str:
    return encodable(json.dumps(value, ensure_ascii=not options.unicode, allow_nan=False, separators=(",", ":")))
