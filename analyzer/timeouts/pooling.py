"""What workflows of one server share: how often a run is cold, and how much longer a cold run takes.

The spread is not shared: quiet workflows would make the noisy one look safe (comparison in docs/timeout-statistics.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.timeouts.grid import Cells

_RATIO_MEAN = 0.5  # ln(cold / warm) before any is seen: cold takes about 1.65 times as long,
_RATIO_VARIANCE = 0.25  # 90 % range 0.7 to 3.8
_BETWEEN = 0.4**2  # how much the ratio differs from workflow to workflow
_MOST_SHARED = 6.0  # runs that the others' cold share may count for


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Runs of one workflow whose start is known, and the cold ones among them."""

    runs: float
    cold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The cold share as a Beta law."""

    a: float = 0.5
    b: float = 1.5

    @property
    def mean(self) -> float:
        return self.a / (self.a + self.b)

    def after(self, own: Counts) -> "Share":
        return Share(a=self.a + own.cold, b=self.b + own.runs - own.cold)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """ln(cold / warm): mean and variance for a further workflow."""

    mean: float = _RATIO_MEAN
    variance: float = _RATIO_VARIANCE


def shared_cold_share(others: Sequence[Counts]) -> Share:
    """Prior of the cold share from the other workflows, worth a few runs at most."""
    runs, cold = sum(one.runs for one in others), sum(one.cold for one in others)
    if not runs:
        return Share()
    rate, worth = (0.5 + cold) / (2 + runs), min(2 + runs, _MOST_SHARED)
    return Share(a=worth * rate, b=worth * (1 - rate))


def shared_ratio(others: Sequence[tuple[Cells, Cells]]) -> Ratio:
    """Prior of the ratio from the other workflows' (warm, cold) posteriors, by precision."""
    if not others:
        return Ratio()
    precision, total = 1 / _RATIO_VARIANCE, _RATIO_MEAN / _RATIO_VARIANCE
    for warm, cold in others:
        variance = warm.variance_mu + cold.variance_mu + _BETWEEN
        precision += 1 / variance
        total += (cold.mean_mu - warm.mean_mu) / variance
    return Ratio(mean=total / precision, variance=1 / precision + _BETWEEN)
