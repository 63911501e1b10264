"""Runs with stamps: each gap between two lines has an owner, told by the line before and the line after it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Protocol

from analyzer.budgets.labels import phase_of_bar
from analyzer.events import (
    Attention,
    Bar,
    ClientTimeout,
    Detection,
    Event,
    LoadRequested,
    ModelLoaded,
    ModelsAnnounced,
    ModelsUnloaded,
    ModelType,
    PartialUnload,
    PromptFinished,
    Quantization,
    Role,
    WeightsRead,
)
from analyzer.families.roles import role_of
from analyzer.runs.model import Evidence, Load, Phase, PhaseSpan, ProgressBar


class Mark(Enum):
    """What happens at a moment of a run."""

    START = "start"
    FILE_READ = "file_read"
    REQUESTED = "requested"
    FREED = "freed"
    LOADED = "loaded"
    DETECTED = "detected"
    BAR_BEGINS = "bar_begins"
    BAR_ENDS = "bar_ends"
    PRINTED = "printed"
    END = "end"


@dataclass(frozen=True, slots=True)
class Moment:
    at: float
    line: int
    mark: Mark
    role: Role | None = None
    phase: Phase | None = None
    seconds: float = 0.0


_MARKS: dict[type[Event], Mark] = {
    WeightsRead: Mark.FILE_READ,
    ModelType: Mark.FILE_READ,
    Quantization: Mark.FILE_READ,
    Attention: Mark.FILE_READ,  # inside a run it is a VAE being built
    LoadRequested: Mark.REQUESTED,
    ModelsAnnounced: Mark.REQUESTED,
    PartialUnload: Mark.FREED,
    ModelsUnloaded: Mark.FREED,
    ModelLoaded: Mark.LOADED,
    Detection: Mark.DETECTED,
    PromptFinished: Mark.END,
}
# What a model of a role does once it is loaded.
WORK_OF_ROLE = {
    Role.TEXT_ENCODER: Phase.TEXT_ENCODE,
    Role.DIFFUSION: Phase.SAMPLE,
    Role.CONTROL: Phase.SAMPLE,
    Role.VAE: Phase.VAE,
}


class Timed(Protocol):
    """What the gaps of a run are made from; a `Run` has it, and so has one in flight."""

    @property
    def events(self) -> Sequence[Event]: ...
    @property
    def loads(self) -> Sequence[Load]: ...
    @property
    def passes(self) -> Sequence[ProgressBar]: ...
    @property
    def bars(self) -> Sequence[ProgressBar]: ...
    @property
    def started_at(self) -> float | None: ...
    @property
    def first_line(self) -> int: ...


def gaps(run: Timed) -> Iterator[PhaseSpan]:
    """Every second between the run's start and its last line, given to a phase, in the order of time."""
    moments = _moments(run)
    covering: list[Phase] = []
    for before, after in pairwise(moments):
        if before.mark is Mark.BAR_BEGINS and before.phase:
            covering.append(before.phase)
        elif before.mark is Mark.BAR_ENDS and before.phase in covering:
            covering.remove(before.phase)
        if after.at <= before.at:
            continue
        if covering:
            yield _span(covering[-1], before.at, after.at, Evidence.MEASURED, (before.line, after.line))
        else:
            yield from _between(before, after)


def _between(before: Moment, after: Moment) -> Iterator[PhaseSpan]:
    until = after.at
    if after.mark is Mark.DETECTED:
        until = max(before.at, after.at - after.seconds)
    phase, evidence = owner(before, after)
    if until > before.at:
        yield _span(phase, before.at, until, evidence, (before.line, after.line))
    if after.at > until:
        yield _span(Phase.DETECT, until, after.at, Evidence.MEASURED, (after.line, after.line))


def _span(phase: Phase, begin: float, end: float, evidence: Evidence, lines: tuple[int, int]) -> PhaseSpan:
    first, last = lines
    return PhaseSpan(phase=phase, started_at=begin, seconds=end - begin, evidence=evidence, first_line=first, last_line=last)


def owner(before: Moment, after: Moment) -> tuple[Phase, Evidence]:
    """Whose time the silence between two moments is, outside all bars."""
    if after.mark is Mark.LOADED or after.mark is Mark.FREED:
        evidence = Evidence.MEASURED if before.mark in (Mark.REQUESTED, Mark.FREED, Mark.LOADED) else Evidence.INFERRED
        return Phase.MODEL_LOAD, evidence
    if after.mark is Mark.FILE_READ or before.mark is Mark.FILE_READ:
        return Phase.MODEL_LOAD, Evidence.INFERRED
    if before.mark in (Mark.REQUESTED, Mark.LOADED) and before.role in WORK_OF_ROLE:
        return WORK_OF_ROLE[before.role], Evidence.INFERRED
    if after.mark is Mark.REQUESTED and after.role is Role.TEXT_ENCODER and before.mark is Mark.START:
        return Phase.MODEL_LOAD, Evidence.INFERRED
    return Phase.OTHER, Evidence.REMAINDER


def _moments(run: Timed) -> Sequence[Moment]:
    """Start, lines, and beginnings and ends of bars in the order of time."""
    roles = {load.line: load.role for load in run.loads}
    start = run.started_at
    if start is None:
        raise ValueError("a run without a start has no gaps")
    moments = [Moment(start, run.first_line, Mark.START)]
    moments += _line_moments(run.events, roles, start)
    for bar in (*run.passes, *run.bars):
        moments += _bar_moments(bar, start)
    # Sorting is stable, and at one moment a line stands before the bar that it announces.
    return sorted(moments, key=lambda moment: (moment.at, moment.line, _RANK.get(moment.mark, 1)))


_RANK = {Mark.START: 0, Mark.BAR_ENDS: 2, Mark.BAR_BEGINS: 3, Mark.END: 4}


def _line_moments(events: Sequence[Event], roles: Mapping[int, Role], start: float) -> Iterator[Moment]:
    """Lines in order; a clock that was set back must not make time run backwards."""
    latest = start
    for event in events:
        if event.at is None or isinstance(event, Bar | ClientTimeout):
            continue
        latest = max(latest, event.at)
        yield Moment(
            latest,
            event.line,
            _MARKS.get(type(event), Mark.PRINTED),
            role=_role(event, roles),
            seconds=event.seconds if isinstance(event, Detection) else 0.0,
        )


def _role(event: Event, roles: Mapping[int, Role]) -> Role | None:
    if isinstance(event, LoadRequested):
        return role_of(event.model)
    if isinstance(event, WeightsRead):
        return event.role
    return roles.get(event.line) if isinstance(event, ModelLoaded) else None


def bar_begin(bar: ProgressBar) -> float | None:
    """When a bar began: at its first frame if that has a stamp of its own, else its clock before its last frame.

    Docker and Manager's file give a whole bar one stamp, that of its end.
    """
    if bar.first_at is None or bar.last_at is None:
        return None
    clock = bar.seconds or 0.0
    return min(bar.first_at, bar.last_at - clock)


def _bar_moments(bar: ProgressBar, start: float) -> Iterator[Moment]:
    begin = bar_begin(bar)
    if begin is None or bar.last_at is None:
        return
    phase = phase_of_bar(bar)
    yield Moment(max(begin, start), bar.line, Mark.BAR_BEGINS, phase=phase)
    yield Moment(max(bar.last_at, start), bar.last_line, Mark.BAR_ENDS, phase=phase)
