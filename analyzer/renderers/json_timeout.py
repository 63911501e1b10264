"""Timeout advice as JSON: the object of `comfymeter timeout --format json`, `comfymeter.timeout/1`."""

from typing import Any

from analyzer.renderers.rounding import number
from analyzer.timeouts.advice import TimeoutAdvice, WorkflowAdvice

SCHEMA = "comfymeter.timeout/1"


def timeout_object(advice: TimeoutAdvice | None) -> dict[str, Any] | None:
    """None where there is no evidence at all: no run was looked at."""
    if advice is None or not advice.overall.n:
        return None
    return {
        "schema": SCHEMA,
        "risk": number(advice.risk),
        "overall": _workflow(advice.overall),
        "workflows": [_workflow(row) for row in advice.workflows],
    }


def _workflow(row: WorkflowAdvice) -> dict[str, Any]:
    return {
        "workflow": row.workflow,
        "n": row.n,
        "finished": row.finished,
        "censored": row.censored,
        "cold": row.cold,
        "median_seconds": number(row.median_seconds),
        "worst_seconds": number(row.worst_seconds),
        "quantile_seconds": number(row.quantile_seconds),
        "recommended_seconds": number(row.recommended_seconds),
        "recommended_interval_seconds": _interval(row.recommended_interval_seconds),
        "risk_at": {f"{limit:g}": number(risk) for limit, risk in sorted(row.risk_at.items())},
        "risk_interval_at": {f"{limit:g}": _interval(ends) for limit, ends in sorted(row.risk_interval_at.items())},
        "grade": row.grade.value,
        "reason": row.reason,
        "notes": list(row.notes),
        "risk_at_recommended": number(row.risk_at_recommended),
    }


def _interval(ends: tuple[float, float] | None) -> list[float | int | None] | None:
    return None if ends is None else [number(end) for end in ends]
