"""Runs with stamps: each gap between two lines has an owner, told by the line before and the line after it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from functools import partial
from itertools import pairwise
from operator import itemgetter
from typing import Any, NamedTuple, Protocol

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
from analyzer.runs.model import Evidence, Load, Phase, ProgressBar


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


class Moment(NamedTuple):
    """Something that happens in a run. Moments in order of `at`, `line`, `rank`: at one moment a line stands before the bar
    that it announces."""

    at: float
    line: int
    rank: int
    mark: Mark
    role: Role | None
    phase: Phase | None
    seconds: float


class Stretch(NamedTuple):
    """Time between two moments, given to a phase."""

    phase: Phase
    evidence: Evidence
    begin: float
    end: float
    first_line: int
    last_line: int


# From a tuple, without a Python call: a log of many runs has some dozen per run.
_new_moment: Callable[[tuple[float, int, int, Mark, Role | None, Phase | None, float]], Moment] = partial(tuple.__new__, Moment)
_new_stretch: Callable[[tuple[Phase, Evidence, float, float, int, int]], Stretch] = partial(tuple.__new__, Stretch)
_in_time = itemgetter(0, 1, 2)
_RANK_OF_LINE = 1
_RANK = {Mark.START: 0, Mark.BAR_ENDS: 2, Mark.BAR_BEGINS: 3, Mark.END: 4}

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
_RANKED = {kind: (mark, _RANK.get(mark, _RANK_OF_LINE)) for kind, mark in _MARKS.items()}
_PRINTED = (Mark.PRINTED, _RANK_OF_LINE)
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


def gaps(run: Timed) -> list[Stretch]:
    """Every second between the run's start and its last line, given to a phase, in the order of time."""
    stretches: list[Stretch] = []
    covering: list[Phase] = []
    for before, after in pairwise(_moments(run)):
        if before.phase:
            if before.mark is Mark.BAR_BEGINS:
                covering.append(before.phase)
            elif before.phase in covering:
                covering.remove(before.phase)
        if after.at <= before.at:
            continue
        if covering:
            stretches.append(
                _new_stretch((covering[-1], Evidence.MEASURED, before.at, after.at, before.line, after.line)),
            )
        elif after.mark is Mark.DETECTED:
            stretches += _detecting(before, after)
        else:
            phase, evidence = owner(before, after)
            stretches.append(_new_stretch((phase, evidence, before.at, after.at, before.line, after.line)))
    return stretches


def _detecting(before: Moment, after: Moment) -> Iterator[Stretch]:
    """A detector's line says how long it took; what is left of the gap before it is somebody else's."""
    until = max(before.at, after.at - after.seconds)
    if until > before.at:
        phase, evidence = owner(before, after)
        yield Stretch(phase, evidence, before.at, until, before.line, after.line)
    if after.at > until:
        yield Stretch(Phase.DETECT, Evidence.MEASURED, until, after.at, after.line, after.line)


def owner(before: Moment, after: Moment) -> tuple[Phase, Evidence]:
    """Whose time the silence between two moments is, outside all bars."""
    if after.mark in _BROUGHT_IN:
        return Phase.MODEL_LOAD, Evidence.MEASURED if before.mark in _BRINGING_IN else Evidence.INFERRED
    if after.mark is Mark.FILE_READ or before.mark is Mark.FILE_READ:
        return Phase.MODEL_LOAD, Evidence.INFERRED
    if before.role in WORK_OF_ROLE and before.mark in (Mark.REQUESTED, Mark.LOADED):
        return WORK_OF_ROLE[before.role], Evidence.INFERRED
    if after.mark is Mark.REQUESTED and after.role is Role.TEXT_ENCODER and before.mark is Mark.START:
        return Phase.MODEL_LOAD, Evidence.INFERRED
    return Phase.OTHER, Evidence.REMAINDER


_BROUGHT_IN = (Mark.LOADED, Mark.FREED)
_BRINGING_IN = (Mark.REQUESTED, Mark.FREED, Mark.LOADED)


def _moments(run: Timed) -> list[Moment]:
    """Start, lines, and beginnings and ends of bars in the order of time."""
    start = run.started_at
    if start is None:
        raise ValueError("a run without a start has no gaps")
    moments = [Moment(start, run.first_line, _RANK[Mark.START], Mark.START, None, None, 0.0)]
    moments += _line_moments(run.events, {load.line: load.role for load in run.loads}, start)
    for bar in (*run.passes, *run.bars):
        moments += _bar_moments(bar, start)
    moments.sort(key=_in_time)
    return moments


def _line_moments(events: Sequence[Event], roles: Mapping[int, Role], start: float) -> Iterator[Moment]:
    """Lines in order; a clock that was set back must not make time run backwards."""
    latest = start
    for event in events:
        kind, at = type(event), event.at
        if at is None or kind is Bar or kind is ClientTimeout:
            continue
        if at > latest:
            latest = at
        mark, rank = _RANKED.get(kind, _PRINTED)
        role = get_role(event, roles) if (get_role := _ROLES.get(kind)) else None
        seconds = event.seconds if isinstance(event, Detection) else 0.0
        yield _new_moment((latest, event.line, rank, mark, role, None, seconds))


# Events that name a model, or whose load does.
_ROLES: dict[type[Event], Callable[[Any, Mapping[int, Role]], Role | None]] = {
    LoadRequested: lambda event, roles: role_of(event.model),
    WeightsRead: lambda event, roles: event.role,
    ModelLoaded: lambda event, roles: roles.get(event.line),
}


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
    yield Moment(max(begin, start), bar.line, _RANK[Mark.BAR_BEGINS], Mark.BAR_BEGINS, None, phase, 0.0)
    yield Moment(max(bar.last_at, start), bar.last_line, _RANK[Mark.BAR_ENDS], Mark.BAR_ENDS, None, phase, 0.0)
