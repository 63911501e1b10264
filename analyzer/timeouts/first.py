"""A first advice from one log alone: a rule of thumb that says how little it rests on.

Half as much again as the slowest run seen is a guess that few runs cannot improve on (for five clean runs it was exceeded by
2 % of further ones in simulation, for one run by 7 %); what was cut off counts as at least that long.
"""

import statistics
from collections.abc import Sequence

from analyzer.runs.model import Outcome, Run, Start
from analyzer.timeouts.advice import Grade, TimeoutAdvice, WorkflowAdvice
from analyzer.timeouts.rounding import round_up

_HEADROOM = 1.5
_GRADES = ((5, Grade.PROVISIONAL), (20, Grade.LOW), (99, Grade.FAIR))
_MOSTLY_CENSORED = 0.3


def advise(runs: Sequence[Run]) -> TimeoutAdvice | None:
    """Advice per workflow and overall; None where no run says anything about durations."""
    measured = [run for run in runs if run.total_seconds and run.outcome is not Outcome.CACHED]
    if not measured:
        return None
    groups: dict[str, list[Run]] = {}
    for run in measured:
        groups.setdefault(run.workflow.name, []).append(run)
    return TimeoutAdvice(
        risk=None,
        overall=_advise("all", measured),
        workflows=tuple(_advise(name, group) for name, group in groups.items()),
    )


def _advise(name: str, runs: Sequence[Run]) -> WorkflowAdvice:
    finished = [run.total_seconds for run in runs if run.outcome in (Outcome.SUCCESS, Outcome.UNKNOWN) and run.total_seconds]
    seen = [run.total_seconds for run in runs if run.total_seconds]
    censored = len(seen) - len(finished)
    cold = sum(run.start is Start.COLD for run in runs)
    worst = max(seen)
    grade = _grade(len(finished), censored)
    return WorkflowAdvice(
        workflow=name,
        n=len(seen),
        finished=len(finished),
        censored=censored,
        cold=cold,
        median_seconds=statistics.median(finished) if finished else None,
        worst_seconds=worst,
        quantile_seconds=None,
        recommended_seconds=round_up(worst * _HEADROOM),
        recommended_interval_seconds=None,
        grade=grade,
        reason=_reason(len(finished), censored, cold, worst),
    )


def _grade(finished: int, censored: int) -> Grade:
    if not finished:
        return Grade.NONE
    level = next((grade for limit, grade in _GRADES if finished < limit), Grade.GOOD)
    if censored > _MOSTLY_CENSORED * (finished + censored):
        grades = list(Grade)
        level = grades[max(1, grades.index(level) - 1)]
    return level


def _reason(finished: int, censored: int, cold: int, worst: float) -> str:
    runs = f"{finished} finished run{'s' if finished != 1 else ''}"
    if not finished:
        return f"no run has finished: it takes more than {worst:.0f} s; try this once and measure"
    parts = [f"half as much again as the slowest of {runs}, a rule of thumb"]
    if censored:
        parts.append(f"{censored} cut short, counted as at least as long as seen")
    if not cold:
        parts.append("no cold start seen: the first run after a restart may take longer")
    return "; ".join(parts)
