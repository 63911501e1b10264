"""Runs of one workflow in one server's life, in order, whose figures rise: what creep and sampler-slowdown share."""

from collections.abc import Callable, Iterable, Sequence

from analyzer.findings.lookups import grouped_runs, life
from analyzer.findings.phrases import joined, percent
from analyzer.findings.trend import Trend
from analyzer.runs.model import Run

NO_SIZES = "The log tells no image sizes: larger ones in later runs explain it too."

Rise = tuple[Sequence[Run], Trend]


def series_of(runs: Sequence[Run], wanted: Callable[[Run], bool]) -> list[Sequence[Run]]:
    """Some of the runs by server life and workflow."""
    return list(grouped_runs(runs, lambda run: (life(run), run.workflow.signature), wanted).values())


def rises(series: Iterable[Sequence[Run]], trend_of: Callable[[Sequence[Run]], Trend | None]) -> list[Rise]:
    """The series that rise, the steepest first."""
    found = [(runs, trend) for runs in series if (trend := trend_of(runs))]
    return sorted(found, key=lambda rise: -rise[1].growth)


def others(found: list[Rise]) -> str | None:
    """The workflows behind the first, with their growth."""
    names = [f"{runs[0].workflow.name} ({percent(trend.growth)})" for runs, trend in found[1:]]
    return f"Also: {joined(names)}." if names else None
