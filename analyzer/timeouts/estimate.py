"""From observations per workflow to a survival function, a recommended limit and the risk of any other limit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from analyzer.timeouts.curve import Curve
from analyzer.timeouts.drawn import Drawn
from analyzer.timeouts.draws import interval
from analyzer.timeouts.drift import Drift
from analyzer.timeouts.modes import Mode, joined, learn, rails
from analyzer.timeouts.observations import Cause, Observation
from analyzer.timeouts.order import median
from analyzer.timeouts.pooling import Ratio, Share, shared_cold_share, shared_ratio
from analyzer.timeouts.samples import cancelled_as_slow
from analyzer.timeouts.survival import Model
from analyzer.timeouts.tails import FloatArray


class Bound(StrEnum):
    """What the recommendation rests on: the wanted risk, or a rail."""

    RISK = "risk"
    FLOOR = "floor"
    CAP = "cap"


@dataclass(frozen=True, kw_only=True, eq=False)
class Estimate:
    """What is known of one workflow's durations. `wanted_seconds`: the limit for `risk` after the rails, not yet rounded.

    `n_effective`: independent runs of the current state that the sample is worth. `without_cold_seconds`: the same limit if no
    run were cold, where none was seen. `if_cancelled_were_slow_seconds`: the limit if runs that people cancelled late would have
    been the longest, where they cancel many. Counts are of all runs, of any epoch; `current_*` of the current one.
    `number`: the workflow's place, which picks its fixed draws.
    """

    workflow: str
    risk: float
    observations: tuple[Observation, ...]
    n: int
    finished: int
    censored: int
    killed: int
    cold: int
    labelled: bool
    n_effective: float
    current_finished: float
    current_killed_share: float
    hangs: int
    median_seconds: float | None
    worst_seconds: float | None
    shortest_seconds: float | None
    quantile_seconds: float
    wanted_seconds: float
    floor_seconds: float
    cap_seconds: float
    bound: Bound
    curve: Curve
    model: Model
    number: int
    drift: Drift | None = None
    without_cold_seconds: float | None = None
    if_cancelled_were_slow_seconds: float | None = None

    @cached_property
    def drawn(self) -> Drawn:
        """The draws behind the intervals, made when one is asked for."""
        return Drawn.of(self.model, self.number)

    def risk_at(self, seconds: float) -> float:
        """P(the next run takes longer)."""
        return self.curve.survival(seconds)

    def risk_draws(self, seconds: float) -> FloatArray:
        return self.drawn.survival(np.full(len(self.drawn.warm), np.log(max(seconds, 1e-6))))

    def risk_interval(self, seconds: float, share: float = 0.8) -> tuple[float, float]:
        """Where the risk lies with this probability; stretched to hold `risk_at`, a mean that skewed draws may leave outside."""
        low, high = interval(self.risk_draws(seconds), share)
        middle = self.risk_at(seconds)
        return min(low, middle), max(high, middle)

    def wanted_interval(self, share: float = 0.8) -> tuple[float, float]:
        """Where the limit for the risk lies with this probability, rails aside; stretched to hold the limit itself."""
        low, high = interval(self.drawn.quantiles(self.risk), share)
        return min(low, self.wanted_seconds), max(high, self.wanted_seconds)


def estimate(
    modes: Mapping[str, Sequence[Observation]], risk: float = 0.01, *, cold_share: float | None = None
) -> dict[str, Estimate]:
    """An estimate per workflow, each from its own runs and from what it shares with the others.

    `cold_share` sets the chance of a cold run instead of learning it (for what-ifs).
    """
    if not 0 < risk < 1:
        raise ValueError(f"a risk lies between 0 and 1, not {risk}")
    alone = {name: learn(observations) for name, observations in modes.items()}
    found = {}
    for number, (name, mode) in enumerate(alone.items()):
        others = [other for key, other in alone.items() if key != name]
        ratio = shared_ratio([pair for other in others if (pair := other.pair)])
        share = shared_cold_share([other.counts for other in others]).after(mode.counts)
        found[name] = _finish(name, number, mode, ratio, share if cold_share is None else _fixed(cold_share), risk)
    return found


def _fixed(cold_share: float) -> Share:
    return Share(a=100 * cold_share, b=100 * (1 - cold_share))


def _finish(name: str, number: int, mode: Mode, ratio: Ratio, share: Share, risk: float) -> Estimate:
    used = mode.sample
    model = joined(mode, ratio, share)
    curve = model.curve()
    quantile = curve.inverse(risk)
    floor, cap = rails(mode, model.runs, risk)
    wanted = min(max(quantile, floor), cap)
    current = slice(mode.drift.old if mode.drift else 0, None)
    finished = used.seconds[used.finished]
    independent = model.runs / used.total if used.total else 1.0
    cold = 0 if used.cold is None else int(used.cold.sum())
    return Estimate(
        workflow=name,
        risk=risk,
        observations=used.observations,
        n=len(used.seconds),
        finished=len(finished),
        censored=len(used.seconds) - len(finished),
        killed=sum(one.killed for one in used.observations),
        cold=cold,
        labelled=used.cold is not None,
        n_effective=model.runs,
        current_finished=float(used.finished[current].sum()) * independent,
        current_killed_share=_killed_share(used.observations[current]),
        hangs=sum(one.cause is Cause.SUSPECTED_HANG for one in used.observations),
        median_seconds=median(finished) if len(finished) else None,
        worst_seconds=float(used.seconds.max()) if len(used.seconds) else None,
        shortest_seconds=float(used.seconds.min()) if len(used.seconds) else None,
        quantile_seconds=quantile,
        wanted_seconds=wanted,
        floor_seconds=floor,
        cap_seconds=cap,
        bound=Bound.RISK if wanted == quantile else Bound.FLOOR if wanted > quantile else Bound.CAP,
        curve=curve,
        model=model,
        number=number,
        drift=mode.drift,
        without_cold_seconds=_warm_only(model, floor, cap, risk) if used.cold is not None and not cold else None,
        if_cancelled_were_slow_seconds=_if_slow(mode, ratio, share, risk),
    )


def _warm_only(model: Model, floor: float, cap: float, risk: float) -> float:
    return min(max(model.warm_curve().inverse(risk), floor), cap)


def _if_slow(mode: Mode, ratio: Ratio, share: Share, risk: float) -> float | None:
    slow = cancelled_as_slow(mode.observations)
    if slow is None:
        return None
    again = learn(slow)
    model = joined(again, ratio, share)
    floor, cap = rails(again, model.runs, risk)
    return min(max(model.curve().inverse(risk), floor), cap)


def _killed_share(observations: Sequence[Observation]) -> float:
    return sum(not one.finished for one in observations) / len(observations) if observations else 0.0
