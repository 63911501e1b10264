"""S under draws of a model's parameters: what intervals of a risk and of a limit are made of."""

from dataclasses import dataclass

import numpy as np

from analyzer.timeouts.curve import Curve
from analyzer.timeouts.draws import beta_quantile, normal_quantile, uniforms
from analyzer.timeouts.kaplan_meier import empirical
from analyzer.timeouts.survival import STALL_LOGS, Model
from analyzer.timeouts.tails import FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """The fixed draws of one workflow's parameters, and S under each of them."""

    model: Model
    warm: FloatArray
    cold: FloatArray
    share: FloatArray
    shift: FloatArray
    data: Curve | None
    worth: FloatArray

    @classmethod
    def of(cls, model: Model, mode: int) -> "Drawn":
        numbers = uniforms(mode)
        share = model.share
        steps = model.steps
        return cls(
            model=model,
            warm=model.warm.pick(numbers[:, 0]),
            cold=model.cold.pick(numbers[:, 1]),
            share=np.zeros(len(numbers)) if share is None else beta_quantile(share.a, share.b, numbers[:, 2]),
            shift=normal_quantile(numbers[:, 3]),
            data=None if steps is None else empirical(steps, model.runs, model.logs, model.parametric()),
            worth=np.zeros_like(model.logs) if steps is None else steps.worth_at(np.exp(model.logs)),
        )

    def survival(self, logs: FloatArray) -> FloatArray:
        """S under each draw at the ln seconds of the same place."""
        stall, blend = self.model.stall, self.model.blend
        slowed = np.mean(self._mixed(logs - STALL_LOGS[:, None]), axis=0)
        found: FloatArray = (1 - stall) * self._mixed(logs) + stall * slowed
        if self.data is None:
            return found
        mixed: FloatArray = blend * found + (1 - blend) * self._of_data(logs)
        return mixed

    def _mixed(self, logs: FloatArray) -> FloatArray:
        warm = self.model.warm.at(self.warm, logs)
        if self.model.share is None:
            return warm
        mixed: FloatArray = self.share * self.model.cold.at(self.cold, logs) + (1 - self.share) * warm
        return mixed

    def _of_data(self, logs: FloatArray) -> FloatArray:
        """The data's curve moved by its standard error on the logit scale, which keeps it between 0 and 1."""
        assert self.data is not None
        share = np.clip(self.data.at(logs), 1e-9, 1 - 1e-9)
        worth = np.maximum(np.interp(logs, self.model.logs, self.worth), 1.0)
        error = 1 / np.sqrt(worth * share * (1 - share))
        moved: FloatArray = 1 / (1 + (1 - share) / share * np.exp(-self.shift * np.minimum(error, 3.0)))
        return moved

    def quantiles(self, chance: float) -> FloatArray:
        """The seconds exceeded with this chance under each draw, by bisection."""
        low = np.full(len(self.warm), float(self.model.logs[0]) - 3)
        high = np.full(len(self.warm), float(self.model.logs[-1]) + 3)
        for _ in range(28):
            middle = 0.5 * (low + high)
            over = self.survival(middle) > chance
            low, high = np.where(over, middle, low), np.where(over, high, middle)
        found: FloatArray = np.exp(0.5 * (low + high))
        return found
