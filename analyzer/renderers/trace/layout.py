"""A run's shapes: by its stamps where it has them, else by the order of its lines and the clocks of its bars."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise

from analyzer.budgets.clocks import Clocked, clocked
from analyzer.budgets.gaps import bar_begin
from analyzer.renderers.placing import start_at
from analyzer.renderers.short_text import ShortText
from analyzer.renderers.trace.marks import When, marks
from analyzer.renderers.trace.shapes import Layout, Slice, facts
from analyzer.renderers.trace.words import load_facts, load_name, work_facts, work_name
from analyzer.runs.model import Evidence, Phase, Run
from analyzer.runs.residency import Residency


def layout_of(run: Run, changes: Sequence[Residency], text: ShortText) -> Layout:
    """The shapes of a run. `changes`: what its loads and unloads make of the device."""
    return _by_stamps(run, changes, text) if run.spans else _by_order(run, changes, text)


def _by_stamps(run: Run, changes: Sequence[Residency], text: ShortText) -> Layout:
    start = start_at(run)
    phases = [
        _phase(span.phase, span.started_at - start, span.seconds, span.evidence, (span.first_line, span.last_line))
        for span in run.spans
    ]
    places = _Places(phases)

    def when(at: float | None, line: int) -> float:
        return places.of(line) if at is None else at - start

    return Layout(
        seconds=run.total_seconds or 0.0,
        phases=tuple(phases),
        bars=tuple(_stamped_work(run, start, text)),
        loads=tuple(_stamped_loads(run, start, text)),
        marks=tuple(marks(run, when, text)),
        sizes=tuple(_sizes(changes, when)),
    )


def _phase(phase: Phase, begin: float, seconds: float, evidence: Evidence, lines: tuple[int, int]) -> Slice:
    shown = facts(evidence=evidence.value, first_line=lines[0], last_line=lines[1])
    return Slice(name=phase.value, begin=begin, end=begin + seconds, facts=shown)


def _stamped_work(run: Run, start: float, text: ShortText) -> Iterator[Slice]:
    for bar in (*run.passes, *run.bars):
        begin = bar_begin(bar)
        if begin is not None and bar.last_at is not None:
            yield Slice(name=work_name(bar, text), begin=begin - start, end=bar.last_at - start, facts=work_facts(bar))
    for found in run.detections:
        if found.at is not None:
            end = found.at - start
            yield Slice(name=work_name(found, text), begin=end - found.seconds, end=end, facts=work_facts(found))


def _stamped_loads(run: Run, start: float, text: ShortText) -> Iterator[Slice]:
    for load in run.loads:
        if load.at is not None and load.seconds is not None:
            end = load.at - start
            yield Slice(name=load_name(load, text), begin=end - load.seconds, end=end, facts=load_facts(load, text))


def _by_order(run: Run, changes: Sequence[Residency], text: ShortText) -> Layout:
    """Bars and detections one after another in the order of lines, each as long as it says; what is missing comes last."""
    parts = sorted((part for part in clocked(run) if part.seconds > 0), key=lambda part: part.first_line)
    known = sum(part.seconds for part in parts)
    total = known if run.total_seconds is None else run.total_seconds
    factor = total / known if known > total else 1.0
    ends = list(accumulate((part.seconds * factor for part in parts), initial=0.0))
    phases = [_part_phase(part, begin, end) for part, (begin, end) in zip(parts, pairwise(ends), strict=True)]
    places = _Places(phases)

    def when(at: float | None, line: int) -> float:
        return places.of(line)

    return Layout(
        seconds=total,
        phases=tuple(phases),
        bars=tuple(_ordered_work(parts, ends, text)),
        loads=(),
        marks=tuple(marks(run, when, text)),
        sizes=tuple(_sizes(changes, when)),
    )


def _part_phase(part: Clocked, begin: float, end: float) -> Slice:
    return _phase(part.phase, begin, end - begin, part.evidence, (part.first_line, part.last_line))


def _ordered_work(parts: Sequence[Clocked], ends: Sequence[float], text: ShortText) -> Iterator[Slice]:
    for part, (begin, end) in zip(parts, pairwise(ends), strict=True):
        if part.evidence is Evidence.MEASURED:
            yield Slice(name=work_name(part.item, text), begin=begin, end=end, facts=work_facts(part.item))


def _sizes(changes: Iterable[Residency], when: When) -> Iterator[tuple[float, int]]:
    for change in changes:
        if change.loaded_bytes is not None:
            yield when(change.at, change.line), change.loaded_bytes


class _Places:
    """Where a line without a time of its own stands: behind everything that ended before it."""

    def __init__(self, phases: Iterable[Slice]) -> None:
        ended = sorted((phase.facts["last_line"], phase.end) for phase in phases)
        self._lines = [line for line, _ in ended]
        self._ends = list(accumulate((end for _, end in ended), max, initial=0.0))

    def of(self, line: int) -> float:
        return self._ends[bisect_right(self._lines, line)]
