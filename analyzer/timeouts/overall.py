"""One limit for all workflows: the largest of theirs, and what it means for the runs as they come."""

from collections.abc import Sequence
from statistics import median

import numpy as np

from analyzer.timeouts import wording
from analyzer.timeouts.advice import Grade, WorkflowAdvice
from analyzer.timeouts.draws import interval
from analyzer.timeouts.estimate import Estimate

ALL = "all"
_APART = 2.0


def overall(found: Sequence[Estimate], rows: Sequence[WorkflowAdvice], limits: Sequence[float]) -> WorkflowAdvice:
    """The largest of the workflows' limits, so that each of them keeps its risk."""
    known = [row for row in rows if row.recommended_seconds is not None]
    slowest = max(known, key=lambda row: row.recommended_seconds or 0.0, default=None)
    measured = [one for one in found if one.finished]
    finished = [one.seconds for each in found for one in each.observations if one.finished]
    chosen = slowest.recommended_seconds if slowest else None
    return WorkflowAdvice(
        workflow=ALL,
        n=sum(row.n for row in rows),
        finished=sum(row.finished for row in rows),
        censored=sum(row.censored for row in rows),
        cold=sum(row.cold for row in rows),
        median_seconds=median(finished) if finished else None,
        worst_seconds=max((row.worst_seconds for row in rows if row.worst_seconds is not None), default=None),
        quantile_seconds=max((row.quantile_seconds for row in rows if row.quantile_seconds is not None), default=None),
        recommended_seconds=chosen,
        recommended_interval_seconds=slowest.recommended_interval_seconds if slowest else None,
        risk_at={limit: _mixed(measured, limit) for limit in limits} if measured else {},
        risk_interval_at={limit: _mixed_interval(measured, limit) for limit in limits} if measured else {},
        grade=slowest.grade if slowest else Grade.NONE,
        reason=_overall_reason(slowest, rows, measured),
        notes=_overall_notes(slowest, rows),
        risk_at_recommended=_mixed(measured, chosen) if measured and chosen else None,
        n_effective=sum(one.n_effective for one in found),
    )


def _mixed(found: Sequence[Estimate], limit: float) -> float:
    """The risk of any run, workflows weighted by how often they run."""
    return sum(one.n * one.risk_at(limit) for one in found) / sum(one.n for one in found)


def _mixed_interval(found: Sequence[Estimate], limit: float) -> tuple[float, float]:
    draws = np.sum([one.n * one.risk_draws(limit) for one in found], axis=0) / sum(one.n for one in found)
    low, high = interval(draws)
    middle = _mixed(found, limit)
    return min(low, middle), max(high, middle)


def _overall_reason(slowest: WorkflowAdvice | None, rows: Sequence[WorkflowAdvice], measured: Sequence[Estimate]) -> str:
    if slowest is None or slowest.recommended_seconds is None:
        return "not enough evidence: no run says anything about durations"
    if len(rows) == 1:
        return slowest.reason
    why = slowest.reason[:1].upper() + slowest.reason[1:]
    text = f"Set by {slowest.workflow}, which needs the most of {len(rows)} workflows. {why}"
    if not measured:
        return text
    share = _mixed(measured, slowest.recommended_seconds)
    return f"{text.rstrip('.')}. Over all runs as they come, about {wording.chance(share)} will exceed it."


def _overall_notes(slowest: WorkflowAdvice | None, rows: Sequence[WorkflowAdvice]) -> tuple[str, ...]:
    notes = slowest.notes if slowest else ()
    if apart(rows):
        notes = (
            "the workflows differ so much that each should have its own limit: one for all makes every hang expensive",
            *notes,
        )
    return notes


def apart(rows: Sequence[WorkflowAdvice]) -> bool:
    """Whether the slowest workflow needs more than twice what half of them need."""
    known = [row.recommended_seconds for row in rows if row.recommended_seconds is not None]
    return len(known) > 1 and max(known) > _APART * median(known)
