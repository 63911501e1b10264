"""Durations of one group as the grid takes them: logarithms, binned where there are many, and where to centre the grid."""

import math
from dataclasses import dataclass

import numpy as np

from analyzer.timeouts.order import median
from analyzer.timeouts.tails import FloatArray

_MOST_POINTS = 256
_LEAST_SPREAD = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Points:
    """Durations of one group: ln seconds, finished or cut short, weight."""

    logs: FloatArray
    finished: FloatArray
    weights: FloatArray

    @classmethod
    def of(cls, seconds: FloatArray, finished: FloatArray, weights: FloatArray) -> "Points":
        """Many points are put into bins narrower than any spread that could matter, so that time does not grow with them."""
        logs = np.log(seconds)
        if len(logs) <= _MOST_POINTS:
            return cls(logs=logs, finished=finished, weights=weights)
        return _binned(logs, finished, weights)

    @property
    def observed(self) -> float:
        return float(np.sum(self.weights * self.finished))

    @property
    def total(self) -> float:
        return float(np.sum(self.weights))


def censored_normal(points: Points, steps: int = 8) -> tuple[float, float]:
    """Mean and spread by a few EM steps (Dempster, Laird, Rubin 1977): only to place the grid."""
    share = points.weights / points.total
    cut = points.finished <= 0
    mean = median(points.logs)
    spread = max(float(np.sqrt(np.sum(share * (points.logs - mean) ** 2))), _LEAST_SPREAD)
    for _ in range(steps):
        z = (points.logs - mean) / spread
        hazard = np.zeros_like(z)
        hazard[cut] = [_hazard(value) for value in z[cut]]
        expected = np.where(cut, mean + spread * hazard, points.logs)
        rest = np.where(cut, spread**2 * (1 + z * hazard - hazard**2), 0.0)
        mean = float(np.sum(share * expected))
        spread = max(float(np.sqrt(np.sum(share * ((expected - mean) ** 2 + np.maximum(rest, 0.0))))), _LEAST_SPREAD)
    return mean, spread


def _hazard(z: float) -> float:
    """Density over upper tail of the normal law."""
    if z > 8:
        return z + 1 / z
    return math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi) / (0.5 * math.erfc(z / math.sqrt(2)))


def _binned(logs: FloatArray, finished: FloatArray, weights: FloatArray) -> Points:
    """Weighted means within equal bins of ln seconds, finished and cut runs apart."""
    low, high = float(logs.min()), float(logs.max())
    half = _MOST_POINTS // 2
    place = np.zeros(len(logs), dtype=np.intp)
    if high > low:
        place = np.minimum(((logs - low) / (high - low) * half).astype(np.intp), half - 1)
    place = place + np.where(finished > 0, 0, half)
    counts = np.bincount(place, weights=weights, minlength=2 * half).astype(np.float64)
    sums = np.bincount(place, weights=weights * logs, minlength=2 * half)
    used = counts > 0
    return Points(
        logs=sums[used] / counts[used],
        finished=(np.flatnonzero(used) < half).astype(np.float64),
        weights=counts[used],
    )
