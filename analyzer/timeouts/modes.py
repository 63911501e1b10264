"""One workflow on its way to an estimate: its sample, what it says alone, and what it says with the others' help."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analyzer.timeouts import survival
from analyzer.timeouts.drift import Drift, independent_share
from analyzer.timeouts.drift import weights as drift_weights
from analyzer.timeouts.grid import Cells, Prior, posterior
from analyzer.timeouts.observations import Observation
from analyzer.timeouts.points import Points
from analyzer.timeouts.pooling import Counts, Ratio, Share
from analyzer.timeouts.samples import BoolArray, Sample, sample

FLOOR_RATIO = 1.05
CAP_RATIO = 3.0
COLD_ALLOWANCE_SECONDS = 180.0
_CURRENT_ENOUGH = 5  # runs of the current epoch from which the older ones no longer hold the recommendation up


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mode:
    """A workflow's sample and the posteriors from it alone."""

    observations: Sequence[Observation]
    sample: Sample
    drift: Drift | None
    warm: Cells
    cold: Cells | None

    @property
    def counts(self) -> Counts:
        cold = self.sample.cold
        if cold is None:
            return Counts(runs=0.0, cold=0.0)
        return Counts(runs=self.sample.total, cold=float(self.sample.weights[cold].sum()))

    @property
    def pair(self) -> tuple[Cells, Cells] | None:
        warm, cold = self.sample.groups()
        return (self.warm, self.cold) if self.cold is not None and warm.any() and cold.any() else None


def learn(observations: Sequence[Observation]) -> Mode:
    raw = sample(observations)
    factors, found = drift_weights(raw)
    used = raw.weighted(factors)
    warm, cold = used.groups()
    return Mode(
        observations=observations,
        sample=used,
        drift=found,
        warm=posterior(_points(used, warm), Prior()),
        cold=posterior(_points(used, cold), Prior()) if cold.any() else None,
    )


def _points(used: Sample, group: BoolArray) -> Points:
    group = group & (used.weights > 0)
    return Points.of(used.seconds[group], used.finished[group].astype(np.float64), used.weights[group])


def joined(mode: Mode, ratio: Ratio, share: Share) -> survival.Model:
    warm_runs, cold_runs = mode.sample.groups()
    warm, cold = mode.warm, mode.cold
    if cold is not None and not warm_runs.any():
        sd = float(np.sqrt(cold.variance_mu + ratio.variance))
        warm = posterior(_points(mode.sample, warm_runs), Prior(mean=cold.mean_mu - ratio.mean, sd=sd))
    elif mode.sample.cold is not None:
        sd = float(np.sqrt(warm.variance_mu + ratio.variance))
        cold = posterior(_points(mode.sample, cold_runs), Prior(mean=warm.mean_mu + ratio.mean, sd=sd))
    runs = mode.sample.total * independent_share(mode.sample)
    told_apart = mode.sample.cold is not None
    return survival.model(mode.sample, warm, cold or warm, share if told_apart else None, runs)


def rails(mode: Mode, runs: float, risk: float) -> tuple[float, float]:
    """(floor, cap): too few runs to prove the risk never go below what was seen, and nothing goes far beyond it."""
    used = mode.sample
    if not len(used.seconds):
        return 0.0, float("inf")
    old = mode.drift.old if mode.drift else 0
    current = used.seconds[old:] if len(used.seconds) - old >= _CURRENT_ENOUGH else used.seconds
    floor = FLOOR_RATIO * float(current.max()) if runs < 1 / risk - 1 else 0.0
    never_cold = used.cold is not None and not used.cold.any()
    cap = CAP_RATIO * float(used.seconds.max()) + (COLD_ALLOWANCE_SECONDS if never_cold else 0.0)
    return floor, cap
