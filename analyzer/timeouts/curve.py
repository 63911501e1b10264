"""A survival curve as a table: P(longer than t), its inverse, and what is left once a run has lasted some time."""

from dataclasses import dataclass

import numpy as np

from analyzer.timeouts.tails import FloatArray

_SMALLEST = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """ln S against ln t, non-increasing. Before the table S falls in a straight line from 1 at 0; beyond it
    the last slope goes on."""

    logs: FloatArray
    log_survival: FloatArray

    @classmethod
    def of(cls, logs: FloatArray, survival: FloatArray) -> "Curve":
        falling = np.minimum.accumulate(np.clip(survival, _SMALLEST, 1.0))
        return cls(logs=logs, log_survival=np.log(falling))

    def at(self, logs: FloatArray) -> FloatArray:
        """S for many ln t."""
        inside = np.interp(logs, self.logs, self.log_survival)
        found = np.exp(inside + self._last_slope * np.maximum(logs - self.logs[-1], 0.0))
        before = logs < self.logs[0]
        if np.any(before):
            first = float(np.exp(self.log_survival[0]))
            found = np.where(before, 1 - (1 - first) * np.exp(np.minimum(logs - self.logs[0], 0.0)), found)
        result: FloatArray = found
        return result

    def survival(self, seconds: float) -> float:
        """P(a run takes longer)."""
        return 1.0 if seconds <= 0 else float(self.at(np.log(np.array([seconds], dtype=np.float64)))[0])

    def conditional(self, seconds: float, elapsed: float) -> float:
        """P(longer than `seconds`) of a run that has lasted `elapsed`."""
        return 1.0 if seconds <= elapsed else min(1.0, self.survival(seconds) / max(self.survival(elapsed), _SMALLEST))

    def inverse(self, chance: float) -> float:
        """The seconds that a run exceeds with this chance."""
        return float(self.quantiles(np.array([chance], dtype=np.float64))[0])

    def quantiles(self, chances: FloatArray) -> FloatArray:
        wanted = np.log(np.clip(chances, _SMALLEST, 1.0))
        logs = np.interp(-wanted, -self.log_survival, self.logs)
        first, last = float(self.log_survival[0]), float(self.log_survival[-1])
        if last < 0:
            logs = np.where(wanted < last, self.logs[-1] + (wanted - last) / self._last_slope, logs)
        found = np.exp(np.minimum(logs, 700.0))
        head = -np.expm1(wanted) / max(-np.expm1(first), _SMALLEST)
        return np.where(wanted > first, np.exp(self.logs[0]) * head, found)

    @property
    def _last_slope(self) -> float:
        """d ln S / d ln t at the end, at least as steep as one over t (a table that ends flat must still come down)."""
        step = float(self.logs[-1] - self.logs[-9])
        return min(float(self.log_survival[-1] - self.log_survival[-9]) / step, -1.0)
