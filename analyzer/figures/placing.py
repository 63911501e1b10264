"""Where runs, their phases and their marks stand on an axis: by the clock, or in log order where no line has a stamp."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import chain

from analyzer.budgets.labels import phase_of_bar
from analyzer.renderers.words import failure_text, joined, size
from analyzer.renderers.words import seconds as seconds_text
from analyzer.report import Report
from analyzer.runs.model import Evidence, Outcome, Phase, Run


class Axis(Enum):
    """What the axis shows: Unix seconds, or the runs' own seconds one behind the other."""

    TIME = "time"
    ORDER = "order"


class MarkKind(Enum):
    """What can happen at a point of a run."""

    LOAD = "load"
    RELOAD = "reload"
    UNLOAD = "unload"
    SOFT_OOM = "out of memory, went on"
    OOM = "out of memory"
    FAILURE = "failure"
    LIMIT = "limit passed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedSpan:
    run: Run
    phase: Phase
    begin: float
    seconds: float
    evidence: Evidence
    first_line: int | None
    last_line: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    run: Run
    kind: MarkKind
    at: float
    line: int | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """`runs`: those that have a place, with their beginning."""

    axis: Axis
    runs: Sequence[tuple[Run, float]]

    def spans(self) -> Iterator[PlacedSpan]:
        """Phases, run by run."""
        of = _timed_spans if self.axis is Axis.TIME else _ordered_spans
        for run, begin in self.runs:
            yield from of(run, begin)

    def marks(self) -> Iterator[Mark]:
        """Loads, unloads, failures and passed limits, run by run."""
        for run, begin in self.runs:
            place = _clock if self.axis is Axis.TIME else _between_bars(run, begin)
            yield from _marks(run, begin, place)


def place_value(at: float, axis: Axis) -> float:
    """A place as Plotly takes it: times as milliseconds, which a browser need not parse."""
    return round(at, 3) if axis is Axis.ORDER else float(round(at * 1000))


def placement(report: Report) -> Placement:
    """The runs on their axis."""
    stamped = [(run, run.started_at) for run in report.runs if run.started_at is not None and run.total_seconds]
    if stamped:
        return Placement(axis=Axis.TIME, runs=stamped)
    placed, begin = [], 0.0
    for run in report.runs:
        if run.total_seconds:
            placed.append((run, begin))
            begin += run.total_seconds
    return Placement(axis=Axis.ORDER, runs=placed)


def time_range(placed: Placement) -> tuple[float, float]:
    """From the first beginning to the last end, with a little room."""
    begin = min(at for _, at in placed.runs)
    end = max(at + (run.total_seconds or 0.0) for run, at in placed.runs)
    room = (end - begin) * 0.02
    return place_value(begin - room, placed.axis), place_value(end + room, placed.axis)


def _timed_spans(run: Run, begin: float) -> Iterator[PlacedSpan]:
    if not run.spans:
        yield from _ordered_spans(run, begin)
    for span in run.spans:
        yield _span(run, span.phase, span.started_at, span.seconds, span.evidence, (span.first_line, span.last_line))


def _ordered_spans(run: Run, begin: float) -> Iterator[PlacedSpan]:
    """What bars and detections time, in log order; then the rest, whose place in the run no line tells."""
    total = run.total_seconds or 0.0
    parts = _clocks(run)
    known = sum(seconds for _, seconds, _, _ in parts)
    factor = min(1.0, total / known) if known else 1.0
    at = begin
    for phase, seconds, first_line, last_line in parts:
        yield _span(run, phase, at, seconds * factor, Evidence.MEASURED, (first_line, last_line))
        at += seconds * factor
    if begin + total > at:
        yield _span(run, Phase.OTHER, at, begin + total - at, Evidence.REMAINDER, (None, None))


def _span(
    run: Run, phase: Phase, begin: float, seconds: float, evidence: Evidence, lines: tuple[int | None, int | None]
) -> PlacedSpan:
    first, last = lines
    return PlacedSpan(run=run, phase=phase, begin=begin, seconds=seconds, evidence=evidence, first_line=first, last_line=last)


def _clocks(run: Run) -> list[tuple[Phase, float, int, int]]:
    parts = [
        (phase_of_bar(bar), bar.seconds - bar.nested_seconds, bar.line, bar.last_line)
        for bar in (*run.passes, *run.bars)
        if bar.seconds is not None and bar.seconds > bar.nested_seconds
    ]
    parts += [(Phase.DETECT, found.seconds, found.line, found.line) for found in run.detections]
    return sorted(parts, key=lambda part: part[2])


# A line's stamp and number to its place.
_Place = Callable[[float | None, int], float | None]


def _clock(at: float | None, line: int) -> float | None:
    return at


def _between_bars(run: Run, begin: float) -> _Place:
    """Without a stamp a line stands where the last bar before it ended."""
    ends = [(span.last_line, span.begin + span.seconds) for span in _ordered_spans(run, begin) if span.last_line is not None]
    return lambda at, line: max((end for last_line, end in ends if last_line <= line), default=begin)


def _marks(run: Run, begin: float, place: _Place) -> Iterator[Mark]:
    for kind, at, line, text in chain(_model_marks(run), _failure_marks(run)):
        where = place(at, line)
        if where is not None:
            yield Mark(run=run, kind=kind, at=where, line=line, text=text)
    limit, total = run.limit_seconds, run.total_seconds
    if limit is not None and total is not None and total > limit:
        yield Mark(run=run, kind=MarkKind.LIMIT, at=begin + limit, line=None, text=seconds_text(limit))


_Found = tuple[MarkKind, float | None, int, str]


def _model_marks(run: Run) -> Iterator[_Found]:
    for load in run.loads:
        kind = MarkKind.RELOAD if load.reload else MarkKind.LOAD
        text = joined((load.model or "model not named", load.mode.value, size(load.loaded_bytes)))
        yield kind, load.at, load.line, text
    for unload in run.unloads:
        freed = f"{size(unload.freed_bytes)} freed" if unload.freed_bytes is not None else ""
        yield MarkKind.UNLOAD, unload.at, unload.line, joined((f"{unload.mode.value} unload", freed))


def _failure_marks(run: Run) -> Iterator[_Found]:
    for note in run.soft_ooms:
        yield MarkKind.SOFT_OOM, note.at, note.line, note.text
    if run.failure:
        kind = MarkKind.OOM if run.outcome is Outcome.OOM else MarkKind.FAILURE
        yield kind, run.failure.at, run.failure.line, failure_text(run.failure)
