"""The ways in which a run may go on: which workflow it is, with a load here or not, with how many passes; each with its weight.

A run that has spent longer in its place than one way allows is on another: weights go with the chance to have lasted so long.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analyzer.predict.course import LAST, MOST_PASSES
from analyzer.predict.landmarks import BEGIN
from analyzer.predict.live_run import LiveRun
from analyzer.predict.phase_history import PhaseHistory
from analyzer.predict.spread import Spread
from analyzer.runs.model import Start

MOST_SCENARIOS = 4
_LEAST_WEIGHT = 0.005
# How much of its trust a way keeps at least before the run's time rules it out.
_FLOOR = 1e-6
# A landmark is believed once this many runs, or this share of them, had it.
_ENOUGH_RUNS = 5
_ENOUGH_SHARE = 1 / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The unstepped part that the run is in: its law, and how much of it has passed."""

    law: Spread
    elapsed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One way. `cold`: a model is still to be brought in; `count`: passes the run will have had; `waiting` None: it is in one."""

    weight: float
    history: PhaseHistory
    cold: bool
    count: int
    waiting: Waiting | None


def scenarios(live: LiveRun, likely: Sequence[tuple[PhaseHistory, float]], now: float) -> list[Scenario]:
    """The ways of a run, the likeliest first; their weights sum to one."""
    found = [one for history, weight in likely for one in _ways(live, history, weight, now)]
    total = sum(one.weight for one in found)
    found.sort(key=lambda one: one.weight, reverse=True)
    kept = [one for one in found[:MOST_SCENARIOS] if one.weight >= _LEAST_WEIGHT * total]
    total = sum(one.weight for one in kept)
    return [
        Scenario(weight=one.weight / total, history=one.history, cold=one.cold, count=one.count, waiting=one.waiting)
        for one in kept
    ]


def _ways(live: LiveRun, history: PhaseHistory, weight: float, now: float) -> Iterator[Scenario]:
    done = len(live.passes)
    for count, chance in history.likely_counts(done).items():
        if _in_pass(live):
            cold = live.start is Start.COLD
            yield Scenario(weight=weight * chance, history=history, cold=cold, count=count, waiting=None)
            continue
        for cold, share in _starts(live, history, count):
            waiting = _waiting(live, history, count, cold, now)
            lasted = max(waiting.law.longer(waiting.elapsed), _FLOOR)
            yield Scenario(weight=weight * chance * share * lasted, history=history, cold=cold, count=count, waiting=waiting)


def _in_pass(live: LiveRun) -> bool:
    """Whether the pass under way is one of those that are told apart."""
    return live.current is not None and len(live.passes) <= MOST_PASSES


def _number(live: LiveRun, count: int) -> int:
    """The place that the run is in, if it is to have so many passes."""
    done = len(live.passes)
    return LAST if done >= count or done >= MOST_PASSES else done


def _starts(live: LiveRun, history: PhaseHistory, count: int) -> list[tuple[bool, float]]:
    """(cold, chance) of what is left of the place that the run is in."""
    number = _number(live, count)
    known = _known_start(live, history, number)
    if known is not None:
        return [(known, 1.0)]
    had = (mark for mark, _ in _marks(live) if any(history.leg_runs(number, mark, cold) for cold in (True, False)))
    share = history.cold_share(number, next(had, BEGIN))
    return [(cold, chance) for cold, chance in ((True, share), (False, 1.0 - share)) if chance > 0]


def _known_start(live: LiveRun, history: PhaseHistory, number: int) -> bool | None:
    """Whether a model is still to be brought in at this place, where that is known."""
    place = live.place
    if place is not None and place.cold and history.placed:
        return place.loaded_at is None
    if live.start is Start.UNKNOWN or (number != 0 and history.placed):
        return None
    return live.start is Start.COLD


def _marks(live: LiveRun) -> list[tuple[str, float]]:
    """The landmarks of the place that the run is in since a model was brought in, the latest first, the beginning last."""
    if not live.places:
        return []
    place = live.places[min(len(live.places) - 1, MOST_PASSES)]
    since = place.began_at if place.loaded_at is None else place.loaded_at
    return [*(mark for mark in reversed(place.marks) if mark[1] >= since), (BEGIN, since)]


def _waiting(live: LiveRun, history: PhaseHistory, count: int, cold: bool, now: float) -> Waiting:
    """The law of what is left of this place: from its latest landmark that past runs had too."""
    if not history.placed:
        return Waiting(law=history.outside(cold), elapsed=live.outside_seconds(now))
    number = _number(live, count)
    runs = history.leg_runs(number, BEGIN, cold)
    for mark, at in _marks(live):
        known = history.leg_runs(number, mark, cold)
        if mark == BEGIN or known >= min(_ENOUGH_RUNS, max(1.0, _ENOUGH_SHARE * runs)):
            return Waiting(law=history.leg(number, mark, cold), elapsed=max(0.0, now - at))
    return Waiting(law=history.leg(number, BEGIN, cold), elapsed=live.elapsed_seconds(now))
