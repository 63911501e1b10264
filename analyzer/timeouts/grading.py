"""How much the evidence carries, and which limit follows from an estimate."""

from collections.abc import Sequence

from analyzer.timeouts.advice import Grade
from analyzer.timeouts.estimate import Bound, Estimate
from analyzer.timeouts.rounding import round_up, rung_below

_LOW_RUNS, _FAIR_RUNS, _GOOD_RUNS = 5.0, 20.0, 99.0
_MANY_CUT = 0.30
_FEW_CUT = 0.10
_NEAR_ENOUGH = 1.1
_TRY_RATIO = 3.0
_LOWER_BELOW = 0.85
_LOWER_AFTER = 5
_KILLS_FORBID_LOWERING = 0.05


def grade(found: Estimate) -> Grade:
    """By the finished runs of the current state; one level down where much was cut short, no cold run was seen or starts are
    not told apart."""
    if not found.finished:
        return Grade.NONE
    level = _level(found.current_finished, found.current_killed_share)
    weak = found.current_killed_share > _MANY_CUT or not found.labelled or not found.cold
    grades = list(Grade)
    return grades[max(1, grades.index(level) - 1)] if weak else level


def _level(finished: float, cut_share: float) -> Grade:
    if finished < _LOW_RUNS:
        return Grade.PROVISIONAL
    if finished < _FAIR_RUNS:
        return Grade.LOW
    return Grade.GOOD if finished >= _GOOD_RUNS and cut_share <= _FEW_CUT else Grade.FAIR


def recommended(found: Estimate) -> float | None:
    """The lowest rung that keeps the risk (a tenth more is within the estimate's error) and the rails; None without any run.

    If no run has finished, three times the longest, to be tried once.
    """
    if not found.n or found.worst_seconds is None:
        return None
    if not found.finished:
        return round_up(_TRY_RATIO * found.worst_seconds)
    rung = round_up(found.wanted_seconds)
    below = rung_below(rung)
    if found.bound is Bound.RISK and below >= found.floor_seconds and found.risk_at(below) <= _NEAR_ENOUGH * found.risk:
        return below
    return rung


def recommended_interval(found: Estimate) -> tuple[float, float] | None:
    """Rungs between which the recommendation may lie (80 %); None where no run has finished."""
    chosen = recommended(found)
    if chosen is None or not found.finished:
        return None
    low, high = found.wanted_interval()
    return min(chosen, round_up(low)), max(chosen, round_up(high))


def keep_or_change(
    current_seconds: float | None, proposed_seconds: float, recent_wanted_seconds: Sequence[float], killed_share: float
) -> float:
    """The limit to have in force: raised at once; lowered only if the unrounded limit stayed well below it for five runs in a
    row, and never while more than a twentieth of the runs is killed (a limit must not learn from its own kills).

    `recent_wanted_seconds`: `Estimate.wanted_seconds` after each run, the newest last.
    """
    if current_seconds is None or proposed_seconds >= current_seconds:
        return proposed_seconds
    recent = recent_wanted_seconds[-_LOWER_AFTER:]
    clearly = len(recent) == _LOWER_AFTER and all(wanted < _LOWER_BELOW * current_seconds for wanted in recent)
    return proposed_seconds if clearly and killed_share <= _KILLS_FORBID_LOWERING else current_seconds
