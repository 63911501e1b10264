"""Is a series clearly rising? Kendall's tau for the doubt, Theil-Sen for the slope; both robust, both in plain Python."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import erfc, sqrt

from analyzer.findings.lookups import median

MIN_POINTS = 6
MAX_POINTS = 100
ALPHA = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A rise. `first` and `last` are on the fitted line; `per_item` is its slope per value of the series."""

    count: int
    first: float
    last: float
    per_item: float
    p: float

    @property
    def growth(self) -> float:
        """How much larger the end is than the beginning, as a part of the beginning."""
        return (self.last - self.first) / self.first if self.first > 0 else 0.0

    @property
    def test(self) -> str:
        return f"Kendall's tau: p = {self.p:.2g}; Theil-Sen slope over {self.count} runs"


def rising(values: Sequence[float]) -> Trend | None:
    """The rise of a series, None unless it is clear (p below ALPHA). Long series are thinned to medians of equal blocks."""
    if len(values) < MIN_POINTS:
        return None
    points = _thinned(values)
    score = sum((after > before) - (after < before) for before, after in combinations(points, 2))
    p = _p_value(score, points) if score > 0 else 1.0
    return _fitted(values, points, p) if p < ALPHA else None


def _thinned(values: Sequence[float]) -> list[float]:
    block = -(-len(values) // MAX_POINTS)
    whole = len(values) - len(values) % block
    return [median(values[at : at + block]) or 0.0 for at in range(0, whole, block)]


def _p_value(score: int, points: Sequence[float]) -> float:
    """Two-sided, normal approximation with ties and continuity correction."""
    n = len(points)
    ties = sum(t * (t - 1) * (2 * t + 5) for t in Counter(points).values())
    variance = (n * (n - 1) * (2 * n + 5) - ties) / 18
    return erfc((score - 1) / sqrt(2 * variance)) if variance > 0 else 1.0


def _fitted(values: Sequence[float], points: Sequence[float], p: float) -> Trend:
    slope = median((points[j] - points[i]) / (j - i) for i, j in combinations(range(len(points)), 2)) or 0.0
    level = median(point - slope * at for at, point in enumerate(points)) or 0.0
    last = level + slope * (len(points) - 1)
    return Trend(count=len(values), first=level, last=last, per_item=(last - level) / (len(values) - 1), p=p)
