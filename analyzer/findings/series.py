"""Runs of one workflow in one server's life, in order, whose figures rise: what creep and sampler-slowdown share."""

from collections.abc import Callable, Iterable

from analyzer.findings.lookups import grouped, life
from analyzer.findings.phrases import joined, percent
from analyzer.findings.trend import Trend
from analyzer.runs.model import Run

NO_SIZES = "The log tells no image sizes: larger ones in later runs explain it too."

Rise = tuple[list[Run], Trend]


def series_of(runs: Iterable[Run]) -> list[list[Run]]:
    """The runs by server life and workflow."""
    return list(grouped(runs, lambda run: (life(run), run.workflow.signature)).values())


def rises(series: Iterable[list[Run]], trend_of: Callable[[list[Run]], Trend | None]) -> list[Rise]:
    """The series that rise, the steepest first."""
    found = [(runs, trend) for runs in series if (trend := trend_of(runs))]
    return sorted(found, key=lambda rise: -rise[1].growth)


def others(found: list[Rise]) -> str | None:
    """The workflows behind the first, with their growth."""
    names = [f"{runs[0].workflow.name} ({percent(trend.growth)})" for runs, trend in found[1:]]
    return f"Also: {joined(names)}." if names else None
