"""What a group of durations says about the next: the posterior of a censored log-Student-t on a grid.

ln x = mu + sigma t_nu. Finished runs contribute the density, runs cut short the tail beyond them (section 3 of the method's
notes, docs/timeout-statistics.md). A grid needs neither sampler nor optimiser and gives the same answer every time.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analyzer.timeouts.points import Points, censored_normal
from analyzer.timeouts.tails import FloatArray, log_density, log_tail, tail

SIGMA_MEDIAN = 0.20
SIGMA_LOG_SD = 0.67
NU_WEIGHTS = {4: 0.5, 12: 0.3, 30: 0.2}
_MU_NODES = 27
_SIGMA_NODES = 15
_LEAST_NODES = {0: 9, 1: 7}  # fewer nodes than this with weight on an axis (mu, sigma): the grid is too coarse there
_MOST_PASSES = 4
_CARRIES_WEIGHT = 1e-4
_KEPT = 2e-4
_FAR = 0.3  # how far below the longest cut run its unseen median may lie, and
_BEYOND = 3.0  # how far above it, in ln seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """Normal prior of mu: ln of the median seconds."""

    mean: float = math.log(180.0)
    sd: float = 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """The posterior: parameter values and their weights, which sum to one."""

    mu: FloatArray
    sigma: FloatArray
    nu: FloatArray
    weight: FloatArray

    @cached_property
    def mean_mu(self) -> float:
        return float(np.sum(self.weight * self.mu))

    @cached_property
    def variance_mu(self) -> float:
        return float(np.sum(self.weight * (self.mu - self.mean_mu) ** 2))

    def survival(self, logs: FloatArray) -> FloatArray:
        """P(the next run takes longer) for ln seconds, over all cells."""
        total = np.zeros_like(logs)
        for nu in NU_WEIGHTS:
            use = self.nu == nu
            z = (logs[:, None] - self.mu[use]) / self.sigma[use]
            total += tail(z, nu) @ self.weight[use]
        return total

    def at(self, indices: FloatArray, logs: FloatArray) -> FloatArray:
        """P(longer) by the cell of each index at the ln seconds in the same place (last axis: index)."""
        picked = indices.astype(np.intp)
        z = (logs - self.mu[picked]) / self.sigma[picked]
        found = np.zeros_like(z)
        for nu in NU_WEIGHTS:
            use = self.nu[picked] == nu
            found[..., use] = tail(z[..., use], nu)
        return found

    def pick(self, uniforms: FloatArray) -> FloatArray:
        """Indices of cells drawn by weight for numbers in (0, 1); near numbers give near cells."""
        order = np.argsort(self.mu + self.sigma, kind="stable")
        ends = np.cumsum(self.weight[order])
        return order[np.minimum(np.searchsorted(ends, uniforms), len(order) - 1)].astype(np.float64)


def posterior(points: Points, prior: Prior) -> Cells:
    """The posterior of one group; of an empty one it is the prior."""
    mu = _mu_axis(points, prior)
    sigma = np.linspace(-3.0, 3.5, _SIGMA_NODES) * SIGMA_LOG_SD + math.log(SIGMA_MEDIAN)
    log_weights = _log_weights(mu, sigma, points, prior)
    for _ in range(_MOST_PASSES - 1):
        finer = _finer(mu, 0, log_weights), _finer(sigma, 1, log_weights)
        if finer[0] is None and finer[1] is None:
            break
        mu = mu if finer[0] is None else finer[0]
        sigma = sigma if finer[1] is None else finer[1]
        log_weights = _log_weights(mu, sigma, points, prior)
    return _cells(mu, sigma, log_weights)


def _cells(mu: FloatArray, sigma: FloatArray, log_weights: FloatArray) -> Cells:
    weights = np.exp(log_weights - log_weights.max())
    keep = weights >= _KEPT
    mu_all, sigma_all, nu_all = np.meshgrid(mu, np.exp(sigma), np.array(list(NU_WEIGHTS), dtype=np.float64), indexing="ij")
    kept = weights[keep]
    return Cells(mu=mu_all[keep], sigma=sigma_all[keep], nu=nu_all[keep], weight=kept / kept.sum())


def _log_weights(mu: FloatArray, sigma: FloatArray, points: Points, prior: Prior) -> FloatArray:
    """ln of prior times likelihood for each (mu, sigma, nu); `sigma` holds ln sigma."""
    base = -0.5 * ((mu - prior.mean) / prior.sd) ** 2
    spread = -0.5 * ((sigma - math.log(SIGMA_MEDIAN)) / SIGMA_LOG_SD) ** 2
    level = base[:, None] + spread[None, :]
    done, cut = points.finished > 0, points.finished <= 0
    z = (points.logs - mu[:, None, None]) / np.exp(sigma)[None, :, None]
    level = level - points.observed * sigma[None, :]
    layers = []
    for nu, share in NU_WEIGHTS.items():
        seen = log_density(z[..., done], nu) @ points.weights[done]
        beyond = log_tail(z[..., cut], nu) @ points.weights[cut]
        layers.append(level + math.log(share) + seen + beyond)
    return np.stack(layers, axis=-1)


def _finer(axis: FloatArray, number: int, log_weights: FloatArray) -> FloatArray | None:
    """The same number of nodes on the part of the axis that carries weight; None where enough of them do."""
    others = tuple(i for i in range(3) if i != number)
    marginal = np.exp(log_weights - log_weights.max()).sum(axis=others)
    used = np.flatnonzero(marginal > _CARRIES_WEIGHT * marginal.max())
    if len(used) >= _LEAST_NODES[number] or axis[0] == axis[-1]:
        return None
    low, high = max(0, int(used[0]) - 1), min(len(axis) - 1, int(used[-1]) + 1)
    return np.linspace(axis[low], axis[high], len(axis))


def _mu_axis(points: Points, prior: Prior) -> FloatArray:
    if not len(points.logs):
        return np.linspace(prior.mean - 4 * prior.sd, prior.mean + 4 * prior.sd, _MU_NODES)
    if points.observed <= 0:
        longest = float(points.logs.max())
        return np.linspace(longest - _FAR, longest + _BEYOND, _MU_NODES)
    centre, spread = censored_normal(points)
    half = 5 * max(spread, 0.14) / math.sqrt(max(points.observed, 1.0))
    up = 2.5 * spread if points.observed < 0.5 * points.total else 0.0
    return np.linspace(centre - half, centre + half + up, _MU_NODES)
