"""Two loads of one diffusion model class in a run: what lies between them, and whether that is as it should be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from analyzer.events import LoadMode, Role
from analyzer.findings.lookups import classic_loads, grouped, life, steady
from analyzer.findings.phrases import exact, percent
from analyzer.findings.reloads import Place, much_slower
from analyzer.runs.model import Load, ProgressBar, Run, Unload
from analyzer.units import MIB, format_mib

ROUNDING_BYTES = MIB // 10
SLOWER_PART = 0.10
SLOWER_FROM_SECONDS = 5.0


class Cause(StrEnum):
    """Why a double load is not normal."""

    OFFLOADED = "offloaded"
    SLOWER = "slower"
    AGAIN = "again"
    SLOW_LOAD = "slow load"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two loads of one class in a run, the unloads between them, and the passes just before and after the second."""

    run: Run
    first: Load
    second: Load
    unloads: tuple[Unload, ...]
    before: ProgressBar | None
    after: ProgressBar | None

    @property
    def unload(self) -> Unload | None:
        """The unload that fits the first load's size, else the last one."""
        fitting = [unload for unload in self.unloads if adds_up(self.first, unload)]
        return next(iter(fitting or self.unloads[-1:]), None)

    @property
    def gain(self) -> float | None:
        """How much faster each step of the second pass is; negative: slower."""
        if not (self.before and self.after and self.before.seconds_per_step and self.after.seconds_per_step):
            return None
        return (self.before.seconds_per_step - self.after.seconds_per_step) / self.before.seconds_per_step

    @property
    def lines(self) -> tuple[int, ...]:
        parts = (self.first, self.before, *self.unloads, self.second, self.after)
        return tuple(part.line for part in parts if part)


def pairs_of(run: Run) -> Iterator[Pair]:
    """Each load of a diffusion model after an earlier one of its class in the same run."""
    loads = (load for load in classic_loads(run) if load.role is Role.DIFFUSION and load.model is not None)
    for of_class in grouped(loads, lambda load: load.model).values():
        ordered = sorted(of_class, key=lambda load: load.line)
        ends = [*(load.line for load in ordered[2:]), run.last_line + 1]
        for (first, second), end in zip(pairwise(ordered), ends, strict=False):
            yield _pair(run, first, second, end)


def _pair(run: Run, first: Load, second: Load, end: int) -> Pair:
    steps = [bar for bar in run.passes if steady(bar)]
    before = [bar for bar in steps if first.line < bar.line <= second.line]
    after = [bar for bar in steps if second.line < bar.line <= end]
    return Pair(
        run=run,
        first=first,
        second=second,
        unloads=tuple(unload for unload in run.unloads if first.line < unload.line <= second.line),
        before=before[-1] if before else None,
        after=after[0] if after else None,
    )


def adds_up(first: Load, unload: Unload) -> bool:
    if first.loaded_bytes is None or unload.freed_bytes is None or unload.remaining_bytes is None:
        return False
    return abs(first.loaded_bytes - unload.freed_bytes - unload.remaining_bytes) <= ROUNDING_BYTES


def reasons_of(pair: Pair, places: Mapping[Place, object]) -> dict[Cause, str]:
    """Why this double load is not normal, by cause; none: it is."""
    again = pair.second.reload and (life(pair.run), pair.second.model or "") in places
    found = {
        Cause.OFFLOADED: _offload_reason(pair),
        Cause.SLOWER: _slower_reason(pair),
        Cause.AGAIN: "this model is loaded again run after run" if again else None,
        Cause.SLOW_LOAD: _slow_reason(pair),
    }
    return {cause: reason for cause, reason in found.items() if reason}


def _offload_reason(pair: Pair) -> str | None:
    patches = max(pair.second.patches or 0, (pair.unload.patches or 0) if pair.unload else 0)
    if pair.second.mode is LoadMode.PARTIAL and pair.second.offloaded_bytes:
        return f"the second load is partial, {format_mib(pair.second.offloaded_bytes)} are offloaded"
    if patches:
        return f"lowvram patches: {patches}, so weights are patched on the fly"
    return "the second load is partial" if pair.second.mode is LoadMode.PARTIAL and pair.second.offloaded_bytes is None else None


def _slower_reason(pair: Pair) -> str | None:
    """Passes of two models, and very short ones, are no measure."""
    long = all(bar and (bar.seconds or 0) >= SLOWER_FROM_SECONDS for bar in (pair.before, pair.after))
    if pair.gain is None or pair.gain >= -SLOWER_PART or not long or not pair.second.reload:
        return None
    return f"the second pass is {percent(-pair.gain)} slower per step (unless its image is larger, which the log does not tell)"


def _slow_reason(pair: Pair) -> str | None:
    if not pair.second.reload or not much_slower(pair.first, pair.second):
        return None
    return f"the second load took {exact(pair.second.seconds or 0)}, the first {exact(pair.first.seconds or 0)}"
