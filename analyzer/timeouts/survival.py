"""One workflow's survival function: cold and warm runs mixed, a chance of a stall, the data's own curve where there are many.

`Model.curve` is the predictive one; `drawn.Drawn` gives the same function under draws of the parameters, for intervals.
"""

from dataclasses import dataclass

import numpy as np

from analyzer.timeouts.curve import Curve
from analyzer.timeouts.draws import normal_quantile
from analyzer.timeouts.grid import Cells
from analyzer.timeouts.kaplan_meier import Steps, empirical, kaplan_meier
from analyzer.timeouts.pooling import Share
from analyzer.timeouts.samples import Sample
from analyzer.timeouts.tails import FloatArray

HAND_OVER_RUNS = 100.0
_HAND_OVER_FINISHED = 50.0
_STALL_RATE = 0.02
_STALL_MEDIAN = 1.5
_STALL_LOG_SD = 0.5
_STALL_QUANTILES = 7
_NODES_BELOW, _NODES_AMONG, _NODES_ABOVE = 30, 120, 50
STALL_LOGS = np.log(_STALL_MEDIAN) + _STALL_LOG_SD * normal_quantile((np.arange(_STALL_QUANTILES) + 0.5) / _STALL_QUANTILES)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """`share` None: cold and warm are not told apart. `blend`: weight of the parametric curve against the data's."""

    warm: Cells
    cold: Cells
    share: Share | None
    runs: float
    blend: float
    logs: FloatArray
    steps: Steps | None = None

    @property
    def stall(self) -> float:
        """Chance of a slow-down that nothing seen so far shows: paging, a tiled decode, a busy disk."""
        return _STALL_RATE * 100 / (100 + self.runs)

    def curve(self) -> Curve:
        return self._blended(self.parametric())

    def warm_curve(self) -> Curve:
        """Warm runs alone."""
        return self._stalled(Curve.of(self.logs, self.warm.survival(self.logs)))

    def parametric(self) -> Curve:
        chance = 0.0 if self.share is None else self.share.mean
        mixed = (1 - chance) * self.warm.survival(self.logs)
        if chance:
            mixed = mixed + chance * self.cold.survival(self.logs)
        return self._stalled(Curve.of(self.logs, mixed))

    def _stalled(self, mixed: Curve) -> Curve:
        slowed = np.mean([mixed.at(self.logs - shift) for shift in STALL_LOGS], axis=0)
        return Curve.of(self.logs, (1 - self.stall) * np.exp(mixed.log_survival) + self.stall * slowed)

    def _blended(self, model: Curve) -> Curve:
        if self.steps is None or self.blend >= 1:
            return model
        shown = empirical(self.steps, self.runs, self.logs, model)
        return Curve.of(self.logs, self.blend * np.exp(model.log_survival) + (1 - self.blend) * np.exp(shown.log_survival))


def model(sample: Sample, warm: Cells, cold: Cells, share: Share | None, runs: float) -> Model:
    """`runs`: how many independent runs the sample is worth."""
    worth = runs / max(sample.total, 1e-9)
    hand_over = runs > HAND_OVER_RUNS and sample.done * worth >= _HAND_OVER_FINISHED
    return Model(
        warm=warm,
        cold=cold,
        share=share,
        runs=runs,
        blend=HAND_OVER_RUNS / runs if hand_over else 1.0,
        logs=_nodes(sample, warm),
        steps=kaplan_meier(sample) if hand_over else None,
    )


def _nodes(sample: Sample, warm: Cells) -> FloatArray:
    """ln seconds of the table: from 0.4 times the shortest run to 40 times the longest, densest where the runs are."""
    if len(sample.seconds):
        low, high = np.log(sample.seconds.min()), np.log(sample.seconds.max())
    else:
        low = high = warm.mean_mu
    bottom, top = low + np.log(0.4), high + np.log(40.0)
    return np.concatenate(
        [
            np.linspace(bottom, low - 0.05, _NODES_BELOW, endpoint=False),
            np.linspace(low - 0.05, high + 0.5, _NODES_AMONG, endpoint=False),
            np.linspace(high + 0.5, top, _NODES_ABOVE),
        ]
    )
