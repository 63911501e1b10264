"""Questions that several rules ask of an analysis: the runs of a server's life, a pass's model, what was seen last."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from analyzer.analysis import Analysis
from analyzer.events import LoadMode, Role
from analyzer.runs.model import Load, Outcome, PhaseTime, ProgressBar, Run, ServerStart
from analyzer.runs.table import RunTable

Item = TypeVar("Item")
Key = TypeVar("Key", bound=Hashable)
Life = tuple[str, int]

MIN_STEPS = 4
SUCCESSFUL = (Outcome.SUCCESS, Outcome.CACHED)


def grouped(items: Iterable[Item], key: Callable[[Item], Key]) -> dict[Key, list[Item]]:
    """Items by key, keys in order of appearance."""
    groups: dict[Key, list[Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def grouped_runs(
    runs: Sequence[Run], key: Callable[[Run], Key], wanted: Callable[[Run], bool] = lambda run: True
) -> Mapping[Key, Sequence[Run]]:
    """Some of the runs by key, in little memory also where they are very many."""
    return runs.groups(key, wanted) if isinstance(runs, RunTable) else grouped(filter(wanted, runs), key)


def some_of(runs: Sequence[Run], wanted: Callable[[Run], bool]) -> Sequence[Run]:
    """The runs that are wanted, in little memory also where they are very many."""
    return runs.select(wanted) if isinstance(runs, RunTable) else list(filter(wanted, runs))


def life(run: Run) -> Life:
    """One server process as one log tells it."""
    return run.source, run.server_number


def starts_by_number(analysis: Analysis) -> dict[int, ServerStart]:
    """Server starts by `Run.server_number`; the first where a number repeats."""
    return {start.number: start for start in reversed(analysis.server_starts)}


def classic_loads(run: Run) -> Iterator[Load]:
    """Loads whose lines tell what is on the device: dynamic VRAM's do not."""
    return (load for load in run.loads if load.mode is not LoadMode.DYNAMIC)


def steady(bar: ProgressBar) -> bool:
    """Whether a pass is long enough for its seconds per step to mean something."""
    return bar.steps >= MIN_STEPS and bool(bar.seconds_per_step and bar.seconds_per_step > 0)


def passes_with_models(run: Run) -> Iterator[tuple[ProgressBar, Load | None]]:
    """Every pass with the diffusion model loaded last before it; None where the run shows none (a resident model)."""
    loads = sorted((load for load in run.loads if load.role is Role.DIFFUSION), key=lambda load: load.line)
    at = 0
    for bar in sorted(run.passes, key=lambda bar: bar.line):
        while at < len(loads) and loads[at].line < bar.line:
            at += 1
        yield bar, loads[at - 1] if at else None


def largest_phase(run: Run) -> PhaseTime | None:
    return max(run.phases, key=lambda time: time.seconds, default=None)


def median(values: Iterable[float]) -> float | None:
    """The middle value; None of nothing."""
    ordered = sorted(values)
    if not ordered:
        return None
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
