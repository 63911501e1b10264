"""How much room a limit leaves, per workflow."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from analyzer.runs.model import Outcome, Run, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """`runs` counts all but cached ones; the seconds are those of `finished` ones, queue wait included where known.

    `margin_ratio` is the room as a part of the worst run: 50 s above a worst run of 550 s are 9 %.
    """

    workflow: str
    runs: int
    finished: int
    over: int
    median_seconds: float | None
    worst_seconds: float | None
    margin_seconds: float | None
    margin_ratio: float | None


def margins(runs: Iterable[Run], limit_seconds: float) -> list[Margin]:
    """One row per workflow, the least room first; workflows without a finished run last."""
    by_workflow: defaultdict[str, list[Run]] = defaultdict(list)
    for run in runs:
        if run.outcome is not Outcome.CACHED:
            by_workflow[run.workflow.name].append(run)
    rows = (_margin(name, members, limit_seconds) for name, members in by_workflow.items())
    return sorted(rows, key=lambda row: (row.margin_seconds is None, row.margin_seconds or 0.0, row.workflow))


def _margin(workflow: str, runs: list[Run], limit: float) -> Margin:
    taken = [
        run.duration_seconds + (run.queue_seconds or 0.0)
        for run in runs
        if run.duration_seconds is not None and run.outcome is Outcome.SUCCESS
    ]
    worst = max(taken, default=None)
    return Margin(
        workflow=workflow,
        runs=len(runs),
        finished=len(taken),
        over=sum(run.verdict is Verdict.OVER for run in runs),
        median_seconds=median(taken) if taken else None,
        worst_seconds=worst,
        margin_seconds=None if worst is None else limit - worst,
        margin_ratio=(limit - worst) / worst if worst else None,
    )
