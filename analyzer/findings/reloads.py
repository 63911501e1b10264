"""Facts about models that come back to the device: which loads are real reloads, which are slow, which models never stay."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from analyzer.analysis import Analysis
from analyzer.events import Role
from analyzer.findings.lookups import Life, classic_loads, grouped, life
from analyzer.findings.phrases import RUNS_SHOWN
from analyzer.runs.model import Load, Outcome, Run

THRASH_RUNS = 3
SMALL_PART = 0.05
SLOW_RATIO = 2.0
SLOW_SECONDS = 5.0
RUNS_KEPT = 2 * RUNS_SHOWN

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


@dataclass(slots=True)
class Reloaded:
    """A model class that came back, added up over runs; of the runs themselves only the first few are kept."""

    runs: int = 0
    loads: int = 0
    timed: int = 0
    seconds: float = 0.0
    sized: int = 0
    moved_bytes: int = 0
    largest_bytes: int = 0
    run_seconds: float = 0.0
    diffusion: bool = False
    shown: list[tuple[Run, list[Load]]] = field(default_factory=list)
    longest_row: int = 0
    _row: int = 0
    _last: int = -2

    def add(self, run: Run, loads: list[Load], place: int) -> None:
        """A run that reloads the model; `place`: its number among the runs of its server life."""
        self._row = self._row + 1 if place == self._last + 1 else 1
        self._last, self.longest_row = place, max(self.longest_row, self._row)
        self.runs += 1
        self.run_seconds += run.total_seconds or 0.0
        if len(self.shown) < RUNS_KEPT:
            self.shown.append((run, loads))
        for load in loads:
            self._add_load(load)

    def _add_load(self, load: Load) -> None:
        self.loads += 1
        self.diffusion = self.diffusion or load.role is Role.DIFFUSION
        self.largest_bytes = max(self.largest_bytes, load.added_bytes or load.loaded_bytes or 0)
        if load.seconds is not None:
            self.timed += 1
            self.seconds += load.seconds
        if load.added_bytes:
            self.sized += 1
            self.moved_bytes += load.added_bytes

    def plus(self, other: "Reloaded") -> "Reloaded":
        """The same of two server lives."""
        return Reloaded(
            runs=self.runs + other.runs,
            loads=self.loads + other.loads,
            timed=self.timed + other.timed,
            seconds=self.seconds + other.seconds,
            sized=self.sized + other.sized,
            moved_bytes=self.moved_bytes + other.moved_bytes,
            largest_bytes=max(self.largest_bytes, other.largest_bytes),
            run_seconds=self.run_seconds + other.run_seconds,
            diffusion=self.diffusion or other.diffusion,
            shown=(self.shown + other.shown)[:RUNS_KEPT],
        )


def thrashing(analysis: Analysis) -> dict[Place, Reloaded]:
    """Per server life and model class: what came back, where that is the rule: three runs in a row, or most of three and more."""
    found: dict[Place, Reloaded] = {}
    worked: Counter[Life] = Counter()
    for run in analysis.runs:
        if run.outcome is Outcome.CACHED:
            continue
        where = life(run)
        for model, loads in grouped(reloads(run), lambda load: load.model or "").items():
            found.setdefault((where, model), Reloaded()).add(run, loads, worked[where])
        worked[where] += 1
    return {place: seen for place, seen in found.items() if _is_thrash(seen, worked[place[0]])}


def _is_thrash(seen: Reloaded, runs: int) -> bool:
    return seen.runs >= THRASH_RUNS and (seen.runs * 2 > runs or seen.longest_row >= THRASH_RUNS)
