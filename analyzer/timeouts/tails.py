"""Student's t for even degrees of freedom: log density and upper tail in closed form (Abramowitz and Stegun 26.7.4)."""

import math
from functools import cache

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

# Below this the closed form is lost in cancellation, and the tail is taken from the density.
_CANCELLED = 1e-10


def log_density(z: FloatArray, nu: int) -> FloatArray:
    """ln of the density of t with `nu` degrees of freedom."""
    return _log_constant(nu) - 0.5 * (nu + 1) * np.log1p(z * z / nu)


def tail(z: FloatArray, nu: int) -> FloatArray:
    """P(t > z): half of 1 - sin(a) times a polynomial in cos(a) squared, where tan(a) = z / sqrt(nu)."""
    width = nu + z * z
    square = nu / width
    total = np.zeros_like(square)
    for coefficient in reversed(_coefficients(nu)):
        total = total * square + coefficient
    return np.clip(0.5 * (1.0 - z / np.sqrt(width) * total), 0.0, 1.0)


def log_tail(z: FloatArray, nu: int) -> FloatArray:
    """ln P(t > z), also where the tail itself is too small for `tail`."""
    near = tail(z, nu)
    high = np.maximum(z, 1.0)
    far = log_density(high, nu) + np.log((nu + high * high) / (nu * high))
    return np.where(near > _CANCELLED, np.log(np.maximum(near, _CANCELLED)), far)


@cache
def _log_constant(nu: int) -> float:
    return math.lgamma((nu + 1) / 2) - math.lgamma(nu / 2) - 0.5 * math.log(nu * math.pi)


@cache
def _coefficients(nu: int) -> tuple[float, ...]:
    found = [1.0]
    for k in range(1, nu // 2):
        found.append(found[-1] * (2 * k - 1) / (2 * k))
    return tuple(found)
