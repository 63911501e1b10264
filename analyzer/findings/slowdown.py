"""sampler-slowdown: steps that get slower, from one pass to the next or over the runs of a server's life."""

from array import array
from collections.abc import Iterator, Sequence
from itertools import pairwise

from analyzer.analysis import Analysis
from analyzer.findings.base import Finding, Rule, Severity
from analyzer.findings.lookups import passes_with_models, steady
from analyzer.findings.phrases import lines_of, numbers, per_step, percent, sentences, some_runs
from analyzer.findings.series import NO_SIZES, Rise, others, rises, series_of
from analyzer.findings.trend import Trend, rising
from analyzer.runs.model import Outcome, ProgressBar, Run

SLOWER = 0.25
CREEP = 0.10

Slower = tuple[Run, ProgressBar, ProgressBar]


def find(analysis: Analysis) -> Iterator[Finding]:
    slower = [pair for run in analysis.runs for pair in slower_passes(run)]
    if slower:
        yield _between_passes(slower)
    if creeping := rises(series_of(analysis.runs, _is_steady), _creep):
        yield _over_runs(creeping)


def _is_steady(run: Run) -> bool:
    return run.outcome is Outcome.SUCCESS and step_seconds(run) is not None


def slower_passes(run: Run) -> Iterator[Slower]:
    """Neighbouring passes with the very same load before them (a load in between is double-load's matter)."""
    useful = [(bar, load) for bar, load in passes_with_models(run) if bar.complete and steady(bar)]
    for (before, load), (after, same) in pairwise(useful):
        if load is same and _slower_by(before, after) >= SLOWER:
            yield run, before, after


def _speed(bar: ProgressBar) -> str:
    return per_step(bar.seconds_per_step or 0.0)


def _slower_by(before: ProgressBar, after: ProgressBar) -> float:
    return (after.seconds_per_step or 0.0) / (before.seconds_per_step or 1.0) - 1


def _between_passes(slower: list[Slower]) -> Finding:
    run, before, after = max(slower, key=lambda pair: _slower_by(pair[1], pair[2]))
    runs = list(dict.fromkeys(run.number for run, _, _ in slower))
    change = f"{_speed(before)} became {_speed(after)} in run {run.number} ({percent(_slower_by(before, after))} slower)"
    return Finding(
        rule=RULE.id,
        severity=Severity.INFO,
        summary=f"A later pass with the same model is slower in {some_runs(runs)}: {change}.",
        detail=f"Lines {before.line} and {after.line}. The log tells no image sizes: a larger image in the later pass "
        "explains it too.",
        advice="Compare image size, ControlNets and masks of the two passes; if they are equal, "
        "look at GPU heat and at other processes.",
        runs=numbers(run for run, _, _ in slower),
        lines=lines_of((run, [before.line, after.line]) for run, before, after in slower),
    )


def step_seconds(run: Run) -> float | None:
    """Seconds per step over all passes of a run; None where one of them is short of evidence."""
    if not run.passes or not all(bar.complete and steady(bar) for bar in run.passes):
        return None
    steps = sum(bar.steps for bar in run.passes)
    return sum(bar.steps * (bar.seconds_per_step or 0.0) for bar in run.passes) / steps


def _creep(runs: Sequence[Run]) -> Trend | None:
    trend = rising(array("d", (step_seconds(run) or 0.0 for run in runs)))
    return trend if trend and trend.growth >= CREEP else None


def _over_runs(creeping: list[Rise]) -> Finding:
    runs, trend = creeping[0]
    everyone = [run for series, _ in creeping for run in series]
    return Finding(
        rule=RULE.id,
        severity=Severity.WARNING,
        summary=f"Steps of {runs[0].workflow.name} get slower over {some_runs(runs)}: about {per_step(trend.first)} "
        f"at first, {per_step(trend.last)} in the end ({percent(trend.growth)} slower).",
        detail=sentences(f"{trend.test}.", NO_SIZES, others(creeping)),
        advice="Look at GPU temperature, clocks, VRAM and other processes; restart ComfyUI and see if it recovers.",
        runs=numbers(everyone),
        lines=lines_of((run, [bar.line for bar in run.passes]) for run in (runs[0], runs[-1])),
    )


RULE = Rule(
    id="sampler-slowdown",
    about="A later pass with the same model is 25 % slower per step, or a workflow's steps get slower over 6 or more runs.",
    find=find,
)
