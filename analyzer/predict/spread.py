"""What a handful of past values says about the next one: ln x is a Student t around their middle.

The spread is the past's own, held by a prior that weighs four values; the t carries that it is not known
(section "The model" of docs/prediction.md).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from analyzer.timeouts.order import median
from analyzer.timeouts.tails import FloatArray, log_density

_PRIOR_WEIGHT = 4
_CLIP = 1.2  # ln units: one bad run must not widen everything
_FEW = 5
_MOST_DEGREES = 60  # beyond it a t is a normal for all that matters here
_NO_HISTORY_SCALE = 1.0
_SHORTEST_SECONDS = 0.02
# Beyond this part of the law it knows nothing any more: the longer it lasts, the longer it will.
_KNOWN_PART = 0.999
_TAIL_POWER = 1.5
_GRID = np.sinh(np.linspace(-6.0, 6.0, 1601))


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """`middle` and `scale` of ln x for the next value, with `degrees` of freedom; `n` values are behind it."""

    n: int
    middle: float
    scale: float
    degrees: int

    @classmethod
    def of(cls, values: Sequence[float], prior_scale: float) -> "Spread":
        """From past values (seconds, or seconds per step), at least one."""
        logs = np.log(np.maximum(np.asarray(values, dtype=np.float64), _SHORTEST_SECONDS))
        n = len(logs)
        middle = float(logs.mean()) if n < _FEW else median(logs)
        squares = float(np.sum(np.clip(logs - middle, -_CLIP, _CLIP) ** 2))
        degrees = _PRIOR_WEIGHT + n - 1
        scale = math.sqrt((_PRIOR_WEIGHT * prior_scale**2 + squares) / degrees * (1 + 1 / n))
        return cls(n=n, middle=middle, scale=scale, degrees=min(degrees, _MOST_DEGREES))

    @classmethod
    def guess(cls, median: float) -> "Spread":
        """Without any past value: a factor of three either way."""
        return cls(n=0, middle=math.log(median), scale=_NO_HISTORY_SCALE, degrees=_PRIOR_WEIGHT)

    @classmethod
    def normal(cls, middle: float, scale: float) -> "Spread":
        """A lognormal whose spread is known."""
        return cls(n=0, middle=middle, scale=scale, degrees=_MOST_DEGREES)

    @property
    def median(self) -> float:
        return math.exp(self.middle)

    def variance_seen_from(self, logs: float, variance: float) -> float:
        """Its variance as one observation of ln x (with its own variance) makes it: far from the middle, a t is a wide normal."""
        squared = (logs - self.middle) ** 2 / (self.scale**2 + variance)
        return self.scale**2 * max(1.0, (self.degrees + squared) / (self.degrees + 1))

    def given(self, deviation: float, correlation: float) -> "Spread":
        """The same, once something that it is correlated with has come out so much higher (in ln)."""
        scale = self.scale * math.sqrt(1.0 - correlation**2)
        return replace(self, middle=self.middle + correlation * deviation, scale=scale)

    def draw(self, uniforms: FloatArray) -> FloatArray:
        """Values at these chances."""
        drawn: FloatArray = np.exp(self.middle + self.scale * np.interp(uniforms, _below(self.degrees), _GRID))
        return drawn

    def longer(self, elapsed: float) -> float:
        """P(x > elapsed)."""
        if elapsed <= 0:
            return 1.0
        z = (math.log(elapsed) - self.middle) / self.scale
        return 1.0 - float(np.interp(z, _GRID, _below(self.degrees)))

    def left(self, elapsed: float, uniforms: FloatArray) -> FloatArray:
        """x - elapsed for values that are longer than `elapsed`."""
        below = 1.0 - self.longer(elapsed)
        if below > _KNOWN_PART:
            return elapsed * (uniforms ** (-1.0 / _TAIL_POWER) - 1.0)
        return np.maximum(self.draw(below + (1.0 - below) * uniforms) - elapsed, 0.0)


@lru_cache(maxsize=_MOST_DEGREES)
def _below(degrees: int) -> FloatArray:
    """P(t < z) on the grid, by summing the density (to about 1e-5)."""
    density = np.exp(log_density(_GRID, degrees))
    parts = 0.5 * (density[1:] + density[:-1]) * np.diff(_GRID)
    total = np.concatenate([[0.0], np.cumsum(parts)])
    found: FloatArray = total / total[-1]
    return found
