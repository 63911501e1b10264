"""A fixed, stratified set of numbers in (0, 1), so that the same history always gives the same interval.

Each column takes the midpoints of `COUNT` equal parts once, in the order of the fractional parts of the
multiples of a square root (an additive recurrence, Weyl 1916), which spreads the rows evenly.
"""

import math

import numpy as np

from analyzer.timeouts.order import quantile
from analyzer.timeouts.tails import FloatArray

COUNT = 400
_IRRATIONAL = (2, 5, 10, 13)
_NODES = 1201


def uniforms(mode: int = 0, count: int = COUNT) -> FloatArray:
    """`count` rows of four numbers; `mode` shuffles the rows, so that the draws of two workflows can be put together."""
    steps = np.arange(1, count + 1)
    columns = [_ranks(np.mod(steps * math.sqrt(number), 1.0)) for number in _IRRATIONAL]
    order = np.argsort(np.random.Generator(np.random.PCG64(mode)).random(count), kind="stable")
    return (np.stack(columns, axis=1)[order] + 0.5) / count


def beta_quantile(a: float, b: float, chances: FloatArray) -> FloatArray:
    """The quantiles of a Beta law, by summing its density over the logit of the share (accurate to about 1e-4)."""
    centre, reach = math.log(a / b), 8 * math.sqrt(1 / a + 1 / b)
    logits = np.linspace(centre - reach - 5 / a, centre + reach + 5 / b, _NODES)
    level = a * logits - (a + b) * np.logaddexp(0.0, logits)
    weight = np.exp(level - level.max())
    ends = np.cumsum(weight) - 0.5 * weight
    found = np.interp(chances, ends / weight.sum(), logits)
    share: FloatArray = np.exp(-np.logaddexp(0.0, -found))
    return share


def normal_quantile(chances: FloatArray) -> FloatArray:
    """Standard normal quantiles by a logistic start and Newton steps."""
    z = np.log(chances / (1 - chances)) / 1.702
    for _ in range(6):
        below = np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in z.ravel()]).reshape(z.shape)
        z = z - np.clip((below - chances) / (np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)), -1.0, 1.0)
    return z


def interval(values: FloatArray, share: float = 0.8) -> tuple[float, float]:
    """The central part that holds `share` of the values."""
    return quantile(values, (1 - share) / 2), quantile(values, (1 + share) / 2)


def _ranks(values: FloatArray) -> FloatArray:
    return np.argsort(np.argsort(values, kind="stable"), kind="stable").astype(np.float64)
