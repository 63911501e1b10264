"""Observations of one workflow, cleaned and put in order, as arrays."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

import numpy as np
import numpy.typing as npt

from analyzer.timeouts.observations import SHORTEST_SECONDS, Cause, Dropped, Observation, Reason
from analyzer.timeouts.tails import FloatArray

MOST_RUNS = 20_000
HANG_RATIO = 10.0
HANG_LEAST_RUNS = 5
_CANCELLED_SHARE = 0.10
_LONGEST = 1e9  # seconds; no run takes thirty years

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """Observations per workflow, and how many runs said nothing, by reason."""

    modes: Mapping[str, tuple[Observation, ...]]
    dropped: Mapping[Reason, int] = field(default_factory=dict)


def collect(named: Iterable[tuple[str, Observation | Dropped]]) -> Collected:
    """The newest `MOST_RUNS` per workflow: more say nothing new, and a large log has hundreds of thousands."""
    modes: dict[str, deque[Observation]] = {}
    dropped: dict[Reason, int] = {}
    for name, found in named:
        if isinstance(found, Dropped):
            dropped[found.reason] = dropped.get(found.reason, 0) + 1
        else:
            modes.setdefault(name, deque(maxlen=MOST_RUNS)).append(found)
    return Collected(modes={name: tuple(group) for name, group in modes.items()}, dropped=dropped)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """One workflow's observations in order of time. `cold` None: starts are not told apart here."""

    observations: tuple[Observation, ...]
    seconds: FloatArray
    finished: BoolArray
    weights: FloatArray
    cold: BoolArray | None

    @property
    def total(self) -> float:
        return float(self.weights.sum())

    @property
    def done(self) -> float:
        return float(self.weights[self.finished].sum())

    def groups(self) -> tuple[BoolArray, BoolArray]:
        """(warm, cold); where starts are not told apart, all and none."""
        cold = np.zeros(len(self.seconds), dtype=np.bool_) if self.cold is None else self.cold
        return ~cold, cold

    def weighted(self, weights: FloatArray) -> "Sample":
        return replace(self, weights=self.weights * weights)


def sample(observations: Sequence[Observation]) -> Sample:
    """Unusable values out, suspected hangs cut, oldest first where the times are known."""
    usable = [one for one in observations if SHORTEST_SECONDS <= one.seconds <= _LONGEST and one.weight > 0]
    if all(one.at is not None for one in usable):
        usable.sort(key=lambda one: one.at or 0.0)
    kept = cut_hangs(usable)
    return Sample(
        observations=tuple(kept),
        seconds=np.array([one.seconds for one in kept], dtype=np.float64),
        finished=np.array([one.finished for one in kept], dtype=np.bool_),
        weights=np.array([one.weight for one in kept], dtype=np.float64),
        cold=_cold(kept),
    )


def cut_hangs(observations: Sequence[Observation]) -> list[Observation]:
    """A finished run far beyond its group (a laptop that slept, a hang that ended) counts as "longer than 10 medians"."""
    limits = {cold: _hang_limit(observations, cold) for cold in (None, False, True)}
    return [
        replace(one, seconds=limit, finished=False, cause=Cause.SUSPECTED_HANG)
        if one.finished and (limit := limits[one.cold]) is not None and one.seconds > limit
        else one
        for one in observations
    ]


def _hang_limit(observations: Sequence[Observation], cold: bool | None) -> float | None:
    seconds = [one.seconds for one in observations if one.finished and one.cold is cold]
    return HANG_RATIO * median(seconds) if len(seconds) >= HANG_LEAST_RUNS else None


def _cold(observations: Sequence[Observation]) -> BoolArray | None:
    """Starts are told apart where at least half of the runs say which they were; the others then count as warm: if one was not,
    it widens the warm curve, which errs on the long side."""
    known = sum(one.cold is not None for one in observations)
    if 2 * known < len(observations):
        return None
    return np.array([one.cold is True for one in observations], dtype=np.bool_)


def cancelled_as_slow(observations: Sequence[Observation]) -> list[Observation] | None:
    """People cancel slow runs: where over a tenth was interrupted beyond the median, the same runs with those counted as longer
    than everything seen, for a second value; None where that is not so."""
    finished = [one.seconds for one in observations if one.finished]
    if not finished:
        return None
    middle, longest = median(finished), max(one.seconds for one in observations)
    late = [one for one in observations if one.cause is Cause.INTERRUPTED and one.seconds > middle]
    if len(late) <= _CANCELLED_SHARE * len(observations):
        return None
    slow = {id(one) for one in late}
    return [replace(one, seconds=longest) if id(one) in slow else one for one in observations]
