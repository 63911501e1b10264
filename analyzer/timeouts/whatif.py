"""What if: a change applied to the phases of every measured run, and the same estimator on what comes out.

Savings of several changes are never added up: the changes are applied one after the other to the phases.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from analyzer.runs.model import Phase, Run
from analyzer.timeouts.changes import LOADS, Change, FasterSampling, Input, KeepLoaded, Phases, Tag, Without
from analyzer.timeouts.draws import COUNT, beta_quantile, interval, uniforms
from analyzer.timeouts.estimate import Estimate, estimate
from analyzer.timeouts.grading import recommended
from analyzer.timeouts.observations import Observation, observe
from analyzer.timeouts.order import median
from analyzer.timeouts.pooling import Counts, Share
from analyzer.timeouts.samples import BoolArray
from analyzer.timeouts.tails import FloatArray

_RESAMPLING_SEED = 20_240_601
_FACTOR_POINTS = (0.1, 0.3, 0.5, 0.7, 0.9)
_WARM_LOAD_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PhasedRun:
    """An observation with its seconds per phase (what a phase lacks counts as 0)."""

    observation: Observation
    phases: Mapping[Phase, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """`saving_seconds` per run on average: median and 80 % interval; None where the runs cannot say (no cold run, no phases).

    `risk_now` and `risk_then`: the chance to exceed the limit. `at_most`: the saving is an upper bound.
    """

    runs: int
    saving_seconds: float | None
    saving_interval_seconds: tuple[float, float] | None
    saving_when_cold_seconds: float | None
    limit_seconds: float
    risk_now: float
    risk_then: float
    risk_interval_now: tuple[float, float]
    risk_interval_then: tuple[float, float]
    at_most: bool
    inputs: tuple[Input, ...]
    recommended_now_seconds: float | None = None
    recommended_then_seconds: float | None = None


def phased(runs: Iterable[Run], *, limit_seconds: float | None = None) -> list[PhasedRun]:
    """The runs of a log that are observations, with their phases. `limit_seconds`: as for `observe`."""
    pairs = ((run, observe(run, limit_seconds=limit_seconds)) for run in runs)
    return [
        PhasedRun(observation=one, phases={time.phase: time.seconds for time in run.phases})
        for run, one in pairs
        if isinstance(one, Observation)
    ]


def what_if(runs: Sequence[PhasedRun], changes: Sequence[Change], *, limit_seconds: float, risk: float = 0.01) -> WhatIf:
    """The changes, one after the other, on runs of one workflow."""
    savings = _savings([run for run in runs if run.observation.finished and run.phases], changes)
    now = _estimate([run.observation for run in runs], None, risk)
    then = [_estimate(_changed(runs, changes, chance), _cold_share(changes), risk) for chance in _points(changes)]
    draws = np.concatenate([one.risk_draws(limit_seconds) for one in then])
    risk_then = float(np.mean([one.risk_at(limit_seconds) for one in then]))
    low, high = interval(draws)
    return WhatIf(
        runs=len(runs),
        saving_seconds=None if savings is None else median(savings),
        saving_interval_seconds=None if savings is None else interval(savings),
        saving_when_cold_seconds=_when_cold(runs) if _cold_share(changes) is not None else None,
        limit_seconds=limit_seconds,
        risk_now=now.risk_at(limit_seconds),
        risk_then=risk_then,
        risk_interval_now=now.risk_interval(limit_seconds),
        risk_interval_then=(min(low, risk_then), max(high, risk_then)),
        at_most=any(isinstance(change, Without) for change in changes),
        inputs=_inputs(runs, changes),
        recommended_now_seconds=recommended(now),
        # Where a factor is not known exactly, for its middle value.
        recommended_then_seconds=recommended(then[len(then) // 2]),
    )


def _estimate(observations: Sequence[Observation], cold_share: float | None, risk: float) -> Estimate:
    (found,) = estimate({"": observations}, risk, cold_share=cold_share).values()
    return found


def _cold_share(changes: Sequence[Change]) -> float | None:
    return next((change.cold_share for change in changes if isinstance(change, KeepLoaded)), None)


def _points(changes: Sequence[Change]) -> tuple[float, ...]:
    """Several values of an unknown factor, or one where nothing is unknown."""
    unknown = any(isinstance(change, FasterSampling) for change in changes)
    return _FACTOR_POINTS if unknown else (0.5,)


def _applied(phases: Phases, changes: Sequence[Change], chance: float) -> Phases:
    for change in changes:
        phases = change.apply(phases, chance)
    return phases


def _table(runs: Sequence[PhasedRun]) -> Phases:
    return {phase: np.array([run.phases.get(phase, 0.0) for run in runs], dtype=np.float64) for phase in Phase}


def _changed(runs: Sequence[PhasedRun], changes: Sequence[Change], chance: float) -> list[Observation]:
    """The same runs with the change's difference taken off; never below a second, which would drop them."""
    before = _table(runs)
    gone = _total(before) - _total(_applied(before, changes, chance))
    return [_shorter(run.observation, float(seconds)) for run, seconds in zip(runs, gone, strict=True)]


def _shorter(one: Observation, seconds: float) -> Observation:
    return Observation(
        seconds=max(one.seconds - seconds, 1.0),
        finished=one.finished,
        cold=one.cold,
        at=one.at,
        epoch=one.epoch,
        weight=one.weight,
        cause=one.cause,
    )


def _total(phases: Phases, only: Sequence[Phase] = tuple(Phase)) -> FloatArray:
    total: FloatArray = np.sum([phases[phase] for phase in only], axis=0)
    return total


def _savings(runs: Sequence[PhasedRun], changes: Sequence[Change]) -> FloatArray | None:
    """The mean saving per run under resampled runs, a drawn cold share and drawn factors."""
    share_then = _cold_share(changes)
    cold = np.array([run.observation.cold is True for run in runs], dtype=np.bool_)
    if not runs or (share_then is not None and not _loads_are_timed(runs, cold)):
        return None
    counts = Share().after(Counts(runs=float(len(runs)), cold=float(cold.sum())))
    numbers = uniforms()
    shares = beta_quantile(counts.a, counts.b, numbers[:, 2])
    picks = np.random.Generator(np.random.PCG64(_RESAMPLING_SEED)).random((COUNT, len(runs)))
    before = _table(runs)
    found = np.zeros(COUNT)
    for place in range(COUNT):
        chosen = (picks[place] * len(runs)).astype(np.intp)
        sampled = {phase: values[chosen] for phase, values in before.items()}
        after = _applied(sampled, changes, float(numbers[place, 3]))
        share = float(shares[place])
        now = _mean(sampled, cold[chosen], share, before, cold)
        found[place] = now - _mean(after, cold[chosen], share if share_then is None else share_then, before, cold)
    return found


def _loads_are_timed(runs: Sequence[PhasedRun], cold: BoolArray) -> bool:
    """Whether a cold run tells what its loads took: without stamps no line does, and 0 would be no answer."""
    return bool(cold.any()) and float(_total(_table(runs), LOADS)[cold].sum()) > 0


def _mean(phases: Phases, cold: BoolArray, share: float, everything: Phases, all_cold: BoolArray) -> float:
    """Mean seconds of a run: loads of cold and warm runs by their share, the rest as it comes."""
    rest = [phase for phase in Phase if phase not in LOADS]
    loads, fallback = _total(phases, LOADS), _total(everything, LOADS)
    of_cold = loads[cold] if cold.any() else fallback[all_cold]
    of_warm = loads[~cold] if not cold.all() else fallback[~all_cold]
    # No warm run was seen: its loads take little, and never longer than a cold run's.
    warm = float(of_warm.mean()) if len(of_warm) else min(_WARM_LOAD_SECONDS, float(of_cold.mean()) if len(of_cold) else 0.0)
    base = float(_total(phases, rest).mean())
    return base + (share * float(of_cold.mean()) + (1 - share) * warm if len(of_cold) else warm)


def _when_cold(runs: Sequence[PhasedRun]) -> float | None:
    """What a cold run's loads take longer than a warm run's."""
    loads = _total(_table(runs), LOADS)
    cold = np.array([run.observation.cold is True for run in runs], dtype=np.bool_)
    if not cold.any():
        return None
    return float(loads[cold].mean()) - (float(loads[~cold].mean()) if not cold.all() else _WARM_LOAD_SECONDS)


def _inputs(runs: Sequence[PhasedRun], changes: Sequence[Change]) -> tuple[Input, ...]:
    given = [item for change in changes for item in change.inputs()]
    if _cold_share(changes) is not None:
        cold = sum(run.observation.cold is True for run in runs)
        given.append(Input(name="cold runs seen", value=f"{cold} of {len(runs)}", tag=Tag.MEASURED))
        if cold == len(runs):
            given.append(Input(name="load of a warm run", value=f"{_WARM_LOAD_SECONDS:g} s", tag=Tag.ASSUMED))
    return (Input(name="seconds per phase", value=f"{len(runs)} runs", tag=Tag.MEASURED), *given)
