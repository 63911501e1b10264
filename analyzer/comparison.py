"""Two sets of runs against each other: how much longer or shorter, how sure, and where too few runs say nothing.

Durations are compared as ratios, without assuming their distribution: the Hodges-Lehmann estimate (median of all pairwise
ratios) with the interval that inverting the Mann-Whitney test gives (Hollander, Wolfe, Chicken: Nonparametric Statistical
Methods, section 4.3), and the probability that a run after is longer than one before. Where runs lack a phase altogether, a
ratio says nothing: then the same is done with differences, for the judgement alone.
"""

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from analyzer.runs.model import Outcome, Phase, Run, Start

# With four runs on each side the widest interval that the data can give first reaches 94 %.
FEWEST_RUNS = 4
# More than this says no more, and the number of pairs grows with the square.
_MOST_RUNS = 300
_Z95 = 1.959964


class Judgement(StrEnum):
    SLOWER = "slower"
    FASTER = "faster"
    SAME = "no difference shown"
    TOO_FEW = "too few runs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One measure of one workflow, before and after. `ratio`: after / before, with its 95 % interval; None: too few runs, or
    runs that took no time at all.

    `probability_longer`: that a run after takes longer than one before (0.5: no difference). Medians in seconds.
    """

    workflow: str
    measure: str
    runs_before: int
    runs_after: int
    median_before: float | None
    median_after: float | None
    ratio: float | None
    ratio_interval: tuple[float, float] | None
    probability_longer: float | None
    judgement: Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All changes; `only_before` and `only_after`: workflows that have no counterpart. `warm_only`: cold runs were left out."""

    changes: tuple[Change, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    warm_only: tuple[str, ...]


def compare(before: Sequence[Run], after: Sequence[Run]) -> Comparison:
    """Successful runs of the workflows that both have, as a whole and per phase."""
    first, second = _by_workflow(before), _by_workflow(after)
    changes: list[Change] = []
    warm_only: list[str] = []
    for name in (name for name in first if name in second):
        pair = first[name], second[name]
        warm = _warm(pair[0]), _warm(pair[1])
        if min(map(len, warm)) >= FEWEST_RUNS:
            if sum(map(len, warm)) < sum(map(len, pair)):
                warm_only.append(name)
            pair = warm
        changes += _changes(name, *pair)
    return Comparison(
        changes=tuple(changes),
        only_before=tuple(name for name in first if name not in second),
        only_after=tuple(name for name in second if name not in first),
        warm_only=tuple(warm_only),
    )


def _by_workflow(runs: Sequence[Run]) -> dict[str, list[Run]]:
    grouped: dict[str, list[Run]] = {}
    for run in runs:
        if run.outcome is Outcome.SUCCESS and run.duration_seconds:
            grouped.setdefault(run.workflow.name, []).append(run)
    return grouped


def _warm(runs: Sequence[Run]) -> list[Run]:
    return [run for run in runs if run.start is not Start.COLD]


def _changes(workflow: str, before: Sequence[Run], after: Sequence[Run]) -> Iterator[Change]:
    for measure, value in MEASURES:
        first, second = _values(before, value), _values(after, value)
        if any(first) or any(second):
            yield change(workflow, measure, first, second)


def _values(runs: Sequence[Run], value: Callable[[Run], float | None]) -> list[float]:
    return [seconds for run in runs if (seconds := value(run)) is not None]


# Bars and their own lines always tell whether there was such a phase; loads only where lines are stamped.
_ALWAYS_TOLD = (Phase.PIPELINE_LOAD, Phase.SAMPLE, Phase.DETECT)


def _phase(phase: Phase) -> Callable[[Run], float | None]:
    """Its seconds; 0 where the run shows that it had none of it, None where it does not tell."""

    def seconds(run: Run) -> float | None:
        told = phase in _ALWAYS_TOLD or (phase is Phase.MODEL_LOAD and run.silence_seconds is not None)
        return run.phase_seconds(phase) or (0.0 if run.phases and told else None)

    return seconds


def _seconds_per_step(run: Run) -> float | None:
    known = [bar.seconds_per_step for bar in run.passes if bar.seconds_per_step]
    return statistics.median(known) if known else None


MEASURES: tuple[tuple[str, Callable[[Run], float | None]], ...] = (
    ("total", lambda run: run.duration_seconds),
    *((phase.value, _phase(phase)) for phase in Phase),
    ("seconds per step", _seconds_per_step),
)


def change(workflow: str, measure: str, before: Sequence[float], after: Sequence[float]) -> Change:
    """The change of one measure, from seconds."""
    enough = min(len(before), len(after)) >= FEWEST_RUNS
    ratios = enough and min(*before, *after) > 0
    estimate = _estimate(before, after, math.log) if ratios else None
    shift = estimate or (_estimate(before, after, float) if enough else None)
    return Change(
        workflow=workflow,
        measure=measure,
        runs_before=len(before),
        runs_after=len(after),
        median_before=statistics.median(before) if before else None,
        median_after=statistics.median(after) if after else None,
        ratio=math.exp(estimate[0]) if estimate else None,
        ratio_interval=(math.exp(estimate[1]), math.exp(estimate[2])) if estimate else None,
        probability_longer=_probability(before, after) if enough else None,
        judgement=_judge(shift),
    )


def _judge(shift: tuple[float, float, float] | None) -> Judgement:
    if shift is None:
        return Judgement.TOO_FEW
    _, low, high = shift
    if low > 0:
        return Judgement.SLOWER
    return Judgement.FASTER if high < 0 else Judgement.SAME


def _estimate(before: Sequence[float], after: Sequence[float], scale: Callable[[float], float]) -> tuple[float, float, float]:
    """Shift, lower and upper end on a scale: the median of all pairwise differences, and those as far from the ends as the
    test allows."""
    first, second = [scale(value) for value in _thinned(before)], [scale(value) for value in _thinned(after)]
    shifts = sorted(late - early for early in first for late in second)
    pairs, runs = len(shifts), len(first) + len(second)
    half_width = _Z95 * math.sqrt(pairs * (runs + 1) / 12)
    place = max(0, math.floor(pairs / 2 - half_width))
    return statistics.median(shifts), shifts[place], shifts[pairs - 1 - place]


def _probability(before: Sequence[float], after: Sequence[float]) -> float:
    first, second = _thinned(before), _thinned(after)
    wins = sum((late > early) + 0.5 * (late == early) for early in first for late in second)
    return wins / (len(first) * len(second))


def _thinned(values: Sequence[float]) -> list[float]:
    """At most some hundred values that keep the shape: evenly spaced ranks. Deterministic, so that a report is repeatable."""
    ordered = sorted(values)
    if len(ordered) <= _MOST_RUNS:
        return ordered
    return [ordered[round(place * (len(ordered) - 1) / (_MOST_RUNS - 1))] for place in range(_MOST_RUNS)]
