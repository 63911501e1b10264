"""The curve the data draw by themselves (Kaplan and Meier 1958), for workflows with more than a hundred runs."""

from dataclasses import dataclass

import numpy as np

from analyzer.timeouts.curve import Curve
from analyzer.timeouts.samples import Sample
from analyzer.timeouts.tails import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Steps:
    """S just after each finished run's seconds, and the number of complete runs its uncertainty is worth (Greenwood)."""

    seconds: FloatArray
    survival: FloatArray
    worth: FloatArray

    def at(self, seconds: FloatArray) -> FloatArray:
        return self._look_up(self.survival, 1.0, seconds)

    def worth_at(self, seconds: FloatArray) -> FloatArray:
        return self._look_up(self.worth, float(self.worth[0]) if len(self.worth) else 0.0, seconds)

    def _look_up(self, values: FloatArray, before: float, seconds: FloatArray) -> FloatArray:
        places = np.searchsorted(self.seconds, seconds, side="right")
        return np.concatenate([[before], values])[places]


def kaplan_meier(sample: Sample) -> Steps:
    """Weighted; a run cut short at the time of a finished one is still at risk there."""
    order = np.lexsort((~sample.finished, sample.seconds))
    order = order[sample.weights[order] > 0]
    seconds, finished, weights = sample.seconds[order], sample.finished[order], sample.weights[order]
    times, first = np.unique(seconds, return_index=True)
    at_risk = np.cumsum(weights[::-1])[::-1][first]
    ended = np.add.reduceat(weights * finished, first)
    survival: FloatArray = np.cumprod(np.clip(1 - ended / at_risk, 0.0, 1.0)).astype(np.float64)
    left = np.maximum(at_risk - ended, 1e-9 * at_risk)
    greenwood = np.cumsum(ended / (at_risk * left))
    odds = (1 - survival) / np.maximum(survival, 1e-12)
    worth = np.where((greenwood > 0) & (survival > 1e-9), odds / np.maximum(greenwood, 1e-300), 0.0)
    use = ended > 0
    kept = worth[use]
    return Steps(seconds=times[use], survival=survival[use], worth=_carried(kept))


def _carried(worth: FloatArray) -> FloatArray:
    """Where the curve has come down to nothing, the last worth before."""
    if not len(worth):
        return worth
    places = np.maximum.accumulate(np.where(worth > 0, np.arange(len(worth)), 0))
    return worth[places]


def empirical(steps: Steps, runs: float, logs: FloatArray, model: Curve) -> Curve:
    """The steps with one further run counted as the longest (conformal), and the model's tail beyond the last finished run,
    where the data are silent."""
    seconds = np.exp(logs)
    last = float(steps.seconds[-1])
    shown = (runs * steps.at(np.minimum(seconds, last)) + 1) / (runs + 1)
    beyond = model.at(np.maximum(logs, np.log(last))) / max(model.survival(last), 1e-300)
    return Curve.of(logs, shown * np.minimum(beyond, 1.0))
