"""One run as a timeline of its log lines (`comfymeter show LOG RUN`): rows, JSON, and the choice of format."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from analyzer.events import Bar, Event
from analyzer.renderers.base import Options
from analyzer.renderers.event_words import describe
from analyzer.renderers.formats import check_format, json_document, uncoloured
from analyzer.renderers.json_run import run_object
from analyzer.renderers.private import learn
from analyzer.renderers.rounding import number
from analyzer.report import Report
from analyzer.runs.model import Run
from analyzer.units import format_instant

SCHEMA = "comfymeter.show/1"
SILENCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One event, or `count` equal ones in a row. `silence_seconds`: so long nothing was printed before it, and no bar ran."""

    event: Event
    last_line: int
    offset_seconds: float | None
    what: str
    figures: str
    count: int = 1
    silence_seconds: float | None = None


def timeline(run: Run) -> list[Row]:
    """The run's events in log order. Offsets are from its start, or from its first stamp where the start is not known."""
    start = run.started_at if run.started_at is not None else next((e.at for e in run.events if e.at is not None), None)
    rows: list[Row] = []
    before: Event | None = None
    for event in run.events:
        what, figures = describe(event)
        if rows and _same(rows[-1], what, figures, event):
            rows[-1] = replace(rows[-1], count=rows[-1].count + 1, last_line=event.line)
        elif not _is_first_frame_of(before, event):
            rows.append(_row(event, before, start, what, figures))
        else:
            rows[-1] = replace(rows[-1], event=event, figures=figures)
        before = event
    return rows


def _row(event: Event, before: Event | None, start: float | None, what: str, figures: str) -> Row:
    return Row(
        event=event,
        last_line=event.line,
        offset_seconds=None if event.at is None or start is None else event.at - start,
        what=what,
        figures=figures,
        silence_seconds=_silence(before, event),
    )


def _same(row: Row, what: str, figures: str, event: Event) -> bool:
    return (row.what, row.figures, type(row.event)) == (what, figures, type(event))


def _is_first_frame_of(before: Event | None, event: Event) -> bool:
    """An empty frame in front of its bar's last one, on the same line and without a stamp, says nothing."""
    if not isinstance(before, Bar) or not isinstance(event, Bar) or before.at is not None:
        return False
    return (before.line, before.label, before.steps) == (event.line, event.label, 0)


def _silence(before: Event | None, event: Event) -> float | None:
    """Between the first and the last frame of one bar others were printed, which are left out of a run's events."""
    if before is None or before.at is None or event.at is None or event.at - before.at < SILENCE_SECONDS:
        return None
    same_bar = isinstance(before, Bar) and isinstance(event, Bar) and before.label == event.label
    return None if same_bar else event.at - before.at


def render_timeline(name: str, report: Report, run: Run, options: Options) -> str:
    """The run in one of `formats.FORMATS`."""
    check_format(name)
    learn(report, options.redactor)
    if name == "json":
        return _json(report, run, options)
    from analyzer.renderers.terminal.timeline import render

    return render(run, uncoloured(name, options))


def _json(report: Report, run: Run, options: Options) -> str:
    zone = next((source.timezone for source in report.sources if source.name == run.source), None)
    value = {
        "schema": SCHEMA,
        "generated_by": {"name": "comfymeter", "version": options.version},
        "run": run_object(run, zone=zone),
        "events": list(_events(run, zone=zone)),
    }
    return json_document(value, options)


def _events(run: Run, *, zone: str | None) -> Iterator[dict[str, Any]]:
    """Each event with its name and fields; repeated lines are one object with their count."""
    for row in timeline(run):
        event = row.event
        more = {name: _value(value) for name, value in event.values().items() if name not in ("line", "at")}
        yield {
            "event": event_name(event),
            "line": event.line,
            "last_line": row.last_line,
            "count": row.count,
            "at": None if event.at is None else format_instant(event.at, zone),
            "offset_seconds": number(row.offset_seconds),
            **more,
        }


def _value(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else number(value) if isinstance(value, float) else value


def event_name(event: Event) -> str:
    """`ModelLoaded` as `model_loaded`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(event).__name__).lower()
