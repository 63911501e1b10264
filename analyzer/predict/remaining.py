"""Seconds that a run has left in one scenario: what it is in, given how long that has lasted, and fresh draws of what follows."""

import math
from collections.abc import Sequence

import numpy as np

from analyzer.predict.course import LAST, MOST_PASSES
from analyzer.predict.landmarks import BEGIN
from analyzer.predict.live_run import LiveRun
from analyzer.predict.phase_history import PhaseHistory
from analyzer.predict.scenarios import Scenario
from analyzer.predict.spread import Spread
from analyzer.predict.steps import Steps
from analyzer.timeouts.tails import FloatArray

_HALF_LIFE_STEPS = 4
_STEP_NOISE = 0.08
_FIRST_STEP_NOISE = 0.20
_RATE_DRIFT = 0.05
# A run that is slow in one pass (a larger picture, a busy machine) is mostly slow in the next.
_PACE_CORRELATION = 0.7
# An open step that takes this many usual ones is stalling: the longer it hangs, the longer it will.
_STALLING = 2.5
_STALL_POWER = 1.5
# The chance of a slow-down that nothing shows yet, and how many times longer it may make the rest.
_UNFORESEEN = 0.02
_UNFORESEEN_MOST = 3.0
# Rows of the uniforms, by what they are for; each later place has its own.
_LEG, _RATE, _STALL, _UNFORESEEN_IF, _UNFORESEEN_BY, _LATER = 0, 1, 2, 3, 4, 5
_STEPS, _LATER_RATE, _LATER_LEG, _LATER_COLD, _PER_PLACE = 0, 1, 2, 3, 4


def remaining(scenario: Scenario, live: LiveRun, now: float, uniforms: FloatArray) -> FloatArray:
    """Seconds left, one value per column of the uniforms."""
    history, done = scenario.history, len(live.passes)
    if scenario.waiting is not None:
        rest = scenario.waiting.law.left(scenario.waiting.elapsed, uniforms[_LEG])
        if live.current is not None:  # one of very many passes
            rest = np.maximum(rest, _rest_of_pass(live, history, now, uniforms))
    else:
        assert live.current is not None
        rest = _rest_of_pass(live, history, now, uniforms)
        rest = rest + _later_leg(history, done, scenario.count, uniforms)
        if not history.placed:
            rest = rest + history.outside(scenario.cold).left(live.outside_seconds(now), uniforms[_LEG])
    pace = _pace(live.passes, history)
    for place in range(done, min(scenario.count, MOST_PASSES)):
        rest = rest + _later_pass(history, place, pace, uniforms) + _later_leg(history, place + 1, scenario.count, uniforms)
    hit = uniforms[_UNFORESEEN_IF] < _UNFORESEEN
    return np.where(hit, rest * (1.0 + _UNFORESEEN_MOST * uniforms[_UNFORESEEN_BY]), rest)


# --- what follows -------------------------------------------------------------------------------------------------------


def _row(place: int, what: int) -> int:
    return _LATER + _PER_PLACE * min(place, MOST_PASSES) + what


def _later_pass(history: PhaseHistory, place: int, pace: float | None, uniforms: FloatArray) -> FloatArray:
    steps = np.asarray(history.steps(place), dtype=np.float64)
    chosen: FloatArray = steps[(uniforms[_row(place, _STEPS)] * len(steps)).astype(np.intp)]
    return _paced(history.rate(place), pace).draw(uniforms[_row(place, _LATER_RATE)]) * (chosen - 1.0 + history.first_step)


def _later_leg(history: PhaseHistory, place: int, count: int, uniforms: FloatArray) -> FloatArray:
    if not history.placed:
        return np.zeros(uniforms.shape[1])
    number = LAST if place >= min(count, MOST_PASSES) else place
    row, kind = uniforms[_row(place, _LATER_LEG)], uniforms[_row(place, _LATER_COLD)]
    share = history.cold_share(number)
    if share <= 0 or share >= 1:
        return history.leg(number, BEGIN, share >= 1).draw(row)
    return np.where(kind < share, history.leg(number, BEGIN, True).draw(row), history.leg(number, BEGIN, False).draw(row))


# --- the pass under way -------------------------------------------------------------------------------------------------


def _rest_of_pass(live: LiveRun, history: PhaseHistory, now: float, uniforms: FloatArray) -> FloatArray:
    """The rest of the open step and the steps after it."""
    current = live.passes[-1]
    rate = step_seconds(live.passes, history, uniforms[_RATE])
    first = history.first_step if current.done < 1 else 1.0
    open_seconds = max(0.0, now - current.last_at)
    usual = first * rate
    stalled = open_seconds * (uniforms[_STALL] ** (-1.0 / _STALL_POWER) - 1.0)
    step = np.where(open_seconds < _STALLING * usual, np.maximum(usual - open_seconds, 0.0), stalled)
    return step + rate * max(current.total - current.done - 1.0, 0.0)


def step_seconds(passes: Sequence[Steps], history: PhaseHistory, uniforms: FloatArray) -> FloatArray:
    """Seconds per step of the last of these passes: its own rate, pulled to the past's as far as it is not known yet."""
    past = _paced(history.rate(min(len(passes), MOST_PASSES) - 1), _pace(passes[:-1], history))
    own = _own_rate(passes[-1], history.first_step)
    if own is None:
        return past.draw(uniforms)
    seen, variance = own
    trust = past.variance_seen_from(seen, variance)
    weight = trust / (trust + variance)
    middle = weight * seen + (1.0 - weight) * past.middle
    scale = math.sqrt(weight * variance + _RATE_DRIFT**2)
    return Spread.normal(middle, scale).draw(uniforms)


def _pace(passes: Sequence[Steps], history: PhaseHistory) -> float | None:
    """How much slower this run's passes have been than the past's, in ln."""
    logs = [
        own[0] - past.middle
        for place, steps in enumerate(passes[:MOST_PASSES])
        if steps.recent and (past := history.rate(place)).n and (own := _own_rate(steps, history.first_step)) is not None
    ]
    return sum(logs) / len(logs) if logs else None


def _paced(rate: Spread, pace: float | None) -> Spread:
    return rate if pace is None else rate.given(pace, _PACE_CORRELATION)


def _own_rate(current: Steps, first_step: float) -> tuple[float, float] | None:
    """ln seconds per step of this pass and its variance; None before its first step, or where that brought weights in."""
    if current.recent:
        seconds = np.array(current.recent, dtype=np.float64)
        weights = 0.5 ** (np.arange(len(seconds))[::-1] / _HALF_LIFE_STEPS)
        mean = float(weights @ seconds / weights.sum())
        effective = float(weights.sum() ** 2 / (weights @ weights))
        return (math.log(mean), _STEP_NOISE**2 / effective) if mean > 0 else None
    if current.joined_steps > 0 and current.joined_seconds > 0:
        mean = current.joined_seconds / (current.joined_steps - 1.0 + first_step)
        return math.log(mean), _STEP_NOISE**2 / current.joined_steps + _FIRST_STEP_NOISE**2 / current.joined_steps
    if current.first_seconds and not current.first_loads:
        return math.log(current.first_seconds / first_step), _FIRST_STEP_NOISE**2
    return None
