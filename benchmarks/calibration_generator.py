"""Made-up servers with known truth: run durations from phases, cold starts, stalls and sessions (no real log is behind them).

Parameters follow docs/timeout-statistics.md, "Where the figures come from". Several laws, because an estimator that is right for
one generator proves nothing.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from analyzer.timeouts.observations import Cause, Observation

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
MODES_PER_SHOP = 5
TRUTH_DRAWS = 40_000


class Family(StrEnum):
    LOGNORMAL = "lognormal"
    GAMMA = "gamma"
    WEIBULL = "weibull"
    PLAIN = "one lognormal"
    WARM_ONLY = "warm only"
    STALLS = "stalls"
    SESSIONS = "sessions"
    FEW_STEP = "few-step"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """One workflow's law."""

    family: Family
    sampling: float
    steps: int
    encode: float
    decode: float
    post: float
    cold_load: float
    warm_load: float
    cold_share: float
    speed_sd: float
    load_sd: float
    other_sd: float
    first_step: float
    plain_sd: float


def shop(family: Family, rng: np.random.Generator) -> list[Mode]:
    return [_mode(family, rng) for _ in range(MODES_PER_SHOP)]


def _mode(family: Family, rng: np.random.Generator) -> Mode:
    few = family is Family.FEW_STEP
    coldless = family in (Family.WARM_ONLY, Family.PLAIN)
    return Mode(
        family=family,
        sampling=_log_uniform(rng, 5, 30) if few else _log_uniform(rng, 40, 400),
        steps=int(rng.choice([4, 8] if few else [8, 20, 25, 30, 40])),
        encode=_log_uniform(rng, 2, 8),
        decode=_log_uniform(rng, 3, 20),
        post=_log_uniform(rng, 1, 60),
        cold_load=_log_uniform(rng, 40, 250) if few else _log_uniform(rng, 20, 200),
        warm_load=_log_uniform(rng, 0.5, 4),
        cold_share=0.0 if coldless else float(rng.beta(2, 6)),
        speed_sd=_log_uniform(rng, 0.03, 0.15),
        load_sd=float(rng.uniform(0.2, 0.45)),
        other_sd=float(rng.uniform(0.1, 0.25)),
        first_step=float(rng.uniform(1.0, 1.8)),
        plain_sd=_log_uniform(rng, 0.05, 0.35),
    )


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def draw(mode: Mode, count: int, rng: np.random.Generator) -> tuple[Floats, Bools]:
    """(seconds, cold) of runs one after the other."""
    if mode.family is Family.PLAIN:
        total = mode.sampling + mode.encode + mode.decode + mode.post
        return total * np.exp(mode.plain_sd * rng.standard_normal(count)), np.zeros(count, dtype=np.bool_)
    cold, session = _starts(mode, count, rng)
    speed = _noise(mode.family, mode.speed_sd, count, rng) * session
    jitter = 1 + 0.06 / np.sqrt(mode.steps) * rng.standard_normal(count)
    sampling = mode.sampling * speed * jitter * (mode.steps - 1 + mode.first_step) / mode.steps
    load = np.where(cold, mode.cold_load, mode.warm_load) * _noise(mode.family, mode.load_sd, count, rng)
    rest = sum(part * _noise(mode.family, mode.other_sd, count, rng) for part in (mode.encode, mode.decode, mode.post))
    if mode.family in (Family.STALLS, Family.SESSIONS):
        sampling, load = _stalled(sampling, load, rng)
    return np.asarray(sampling + load + rest, dtype=np.float64), cold


def _noise(family: Family, sd: float, count: int, rng: np.random.Generator) -> Floats:
    """Factors around one with about this spread."""
    if family is Family.GAMMA:
        return rng.gamma(1 / sd**2, sd**2, count)
    if family is Family.WEIBULL:
        shape = 1.2 / sd
        return rng.weibull(shape, count)
    return np.exp(sd * rng.standard_normal(count))


def _starts(mode: Mode, count: int, rng: np.random.Generator) -> tuple[Bools, Floats]:
    """Cold starts, and a speed per session (geometric length, mean 6; its first run is mostly cold)."""
    if mode.family is not Family.SESSIONS:
        return rng.random(count) < mode.cold_share, np.ones(count)
    first = rng.random(count) < 1 / 6
    first[0] = True
    speeds = np.exp(0.08 * rng.standard_normal(count))
    place = np.maximum.accumulate(np.where(first, np.arange(count), 0))
    return first & (rng.random(count) < 0.85), speeds[place]


def _stalled(sampling: Floats, load: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """3 % of runs: half slow down from a random step on, half wait in the load."""
    count = len(sampling)
    kind = rng.random(count)
    rest = rng.random(count)
    slower = sampling * (1 + (rng.uniform(1.5, 3.5, count) - 1) * rest)
    waiting = load + 20 * (1 + rng.pareto(1.6, count))
    return np.where(kind < 0.015, slower, sampling), np.where((kind >= 0.015) & (kind < 0.03), waiting, load)


def observations(seconds: Floats, cold: Bools, limit: float = np.inf) -> list[Observation]:
    """What a client with this limit would have recorded."""
    return [
        Observation(
            seconds=float(min(value, limit)),
            finished=bool(value <= limit),
            cold=bool(start),
            cause=Cause.FINISHED if value <= limit else Cause.CLIENT_TIMEOUT,
        )
        for value, start in zip(seconds, cold, strict=True)
    ]
