"""Worst first: the order in which every renderer lists runs."""

import heapq
from collections.abc import Iterable

from analyzer.runs.model import Outcome, Run, Verdict

FINE = frozenset({Outcome.SUCCESS, Outcome.CACHED})


def worst_first(runs: Iterable[Run], top: int) -> list[Run]:
    """The `top` runs that deserve a look: over the limit, given up on, failed, near the limit, then the slowest."""
    return heapq.nsmallest(top, runs, key=lambda run: (_rank(run), -_waited(run), run.number))


def _waited(run: Run) -> float:
    """What counts against a limit: the queue wait too, where one was asked about."""
    wait = run.queue_seconds if run.limit_seconds is not None else None
    return (run.total_seconds or 0.0) + (wait or 0.0)


def _rank(run: Run) -> int:
    if run.verdict is Verdict.OVER or run.client_timeout:
        return 0
    if run.outcome not in FINE:
        return 1
    return 2 if run.verdict is Verdict.NEAR else 3
