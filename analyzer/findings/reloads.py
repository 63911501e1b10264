"""Facts about models that come back to the device: which loads are real reloads, which are slow, which models never stay."""

from collections.abc import Iterator

from analyzer.analysis import Analysis
from analyzer.findings.lookups import Life, classic_loads, grouped, lives, streaks
from analyzer.runs.model import Load, Run

THRASH_RUNS = 3
SMALL_PART = 0.05
SLOW_RATIO = 2.0
SLOW_SECONDS = 5.0

Place = tuple[Life, str]


def moves_weights(load: Load) -> bool:
    """Whether a load copied more than a small part of its model, as far as the log says."""
    return load.added_bytes is None or not load.loaded_bytes or load.added_bytes >= SMALL_PART * load.loaded_bytes


def is_reload(load: Load) -> bool:
    return load.reload and load.model is not None and moves_weights(load)


def reloads(run: Run) -> Iterator[Load]:
    return (load for load in classic_loads(run) if is_reload(load))


def much_slower(first: Load, second: Load) -> bool:
    """A load took far longer than an earlier one of its model, for the bytes that it brought in."""
    if not first.seconds or second.seconds is None or second.seconds < SLOW_SECONDS:
        return False
    ratio = _bytes_ratio(first, second)
    return ratio is not None and second.seconds >= SLOW_RATIO * first.seconds * max(1.0, ratio)


def _bytes_ratio(first: Load, second: Load) -> float | None:
    if first.added_bytes and second.added_bytes:
        return second.added_bytes / first.added_bytes
    if first.loaded_bytes and second.loaded_bytes:
        return second.loaded_bytes / first.loaded_bytes
    return None


def thrashing(analysis: Analysis) -> dict[Place, list[tuple[Run, list[Load]]]]:
    """Per server life and model class: the runs that had to bring it in again, where that is the rule."""
    found: dict[Place, list[tuple[Run, list[Load]]]] = {}
    for place, runs in lives(analysis).items():
        for model, seen in _reloaded(runs).items():
            if _is_thrash(runs, {run.number for run, _ in seen}):
                found[place, model] = seen
    return found


def _reloaded(runs: list[Run]) -> dict[str, list[tuple[Run, list[Load]]]]:
    seen: dict[str, list[tuple[Run, list[Load]]]] = {}
    for run in runs:
        for model, loads in grouped(reloads(run), lambda load: load.model or "").items():
            seen.setdefault(model, []).append((run, loads))
    return seen


def _is_thrash(runs: list[Run], hit: set[int]) -> bool:
    """Three runs in a row, or most of three and more."""
    if len(hit) < THRASH_RUNS:
        return False
    return len(hit) * 2 > len(runs) or max(streaks(run.number in hit for run in runs), default=0) >= THRASH_RUNS
