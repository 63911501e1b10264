"""Beside the limits themselves: do intervals hold the truth, is a change noticed, does a what-if promise too much?

python -m benchmarks.calibration_checks           about three minutes
"""

import sys
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from analyzer.runs.model import Phase
from analyzer.timeouts.changes import KeepLoaded
from analyzer.timeouts.estimate import Estimate, estimate
from analyzer.timeouts.observations import Observation
from analyzer.timeouts.whatif import PhasedRun, what_if
from benchmarks.calibration_generator import Family, Floats, draw, observations, shop

_TRUTH = 20_000
_SLOWER = 1.4


def intervals(shops: int = 48, seed: int = 77) -> Iterator[str]:
    """The 80 % intervals of the risk at the true 95 % point, and of the limit against the true 99 % point."""
    for n in (5, 20, 100, 400):
        rows = np.array([row for place in range(shops) for row in _shop_intervals(place, seed, n)], dtype=np.float64)
        held, below, above, limit, under, over = 100 * rows.mean(axis=0)
        yield (
            f"{n:>5} runs, {len(rows)} pairs: risk within {held:.0f} %, below {below:.0f}, above {above:.0f}; "
            f"p99 within {limit:.0f} %, below {under:.0f}, above {over:.0f}"
        )


def _shop_intervals(place: int, seed: int, n: int) -> Iterator[tuple[bool, ...]]:
    rng = np.random.default_rng([seed, place])
    modes = shop(list(Family)[place % len(Family)], rng)
    truth = [draw(mode, _TRUTH, rng)[0] for mode in modes]
    runs = [draw(mode, n, rng) for mode in modes]
    found = estimate({str(i): observations(*run) for i, run in enumerate(runs)})
    for one, known in zip(found.values(), truth, strict=True):
        yield _against(one, known)


def _against(one: Estimate, known: Floats) -> tuple[bool, ...]:
    high95, high99 = (float(value) for value in np.quantile(known, [0.95, 0.99]))
    low, high = one.risk_interval(high95)
    least, most = one.wanted_interval()
    return (low <= 0.05 <= high, low > 0.05, high < 0.05, least <= high99 <= most, least > high99, most < high99)


def changes(histories: int = 40, seed: int = 5) -> Iterator[str]:
    """Runs become 1.4 times slower after 40 of them."""
    for keys in (("before", "after"), (None, None)):
        for new in (1, 3, 5, 10, 25):
            exceeded = [_after_change(np.random.default_rng([seed, place]), new, keys) for place in range(histories)]
            told = "told by versions" if keys[0] else "to be noticed"
            yield f"{new:>5} runs since, {told}: exceeded {100 * np.mean(exceeded):.2f} %"


def _after_change(rng: np.random.Generator, new: int, keys: tuple[str | None, str | None]) -> float:
    mode = shop(Family.LOGNORMAL, rng)[0]
    truth = _SLOWER * draw(mode, _TRUTH, rng)[0]
    old = [replace(one, epoch=keys[0]) for one in observations(*draw(mode, 40, rng))]
    now = [replace(one, epoch=keys[1], seconds=_SLOWER * one.seconds) for one in observations(*draw(mode, new, rng))]
    (found,) = estimate({"": [*old, *now]}).values()
    return float(np.mean(truth > found.wanted_seconds))


def savings(histories: int = 300, seed: int = 9, n: int = 15) -> Iterator[str]:
    """The 80 % interval of what keeping the model loaded saves."""
    found = [_saving(np.random.default_rng([seed, place]), n) for place in range(histories)]
    held = [one for one in found if one is not None]
    yield f"saving within its interval: {100 * np.mean(held):.0f} % of {len(held)} histories of {n} runs with a cold one"


def _saving(rng: np.random.Generator, n: int) -> bool | None:
    share = rng.beta(2, 6)
    cold_load, warm_load = (float(np.exp(rng.uniform(np.log(low), np.log(high)))) for low, high in ((20, 200), (0.5, 4)))
    sd = rng.uniform(0.2, 0.45)
    cold = rng.random(n) < share
    load = np.where(cold, cold_load, warm_load) * np.exp(sd * rng.standard_normal(n))
    sampling = 150 * np.exp(0.08 * rng.standard_normal(n))
    runs = [
        PhasedRun(
            observation=Observation(seconds=float(a + b), finished=True, cold=bool(c)),
            phases={Phase.MODEL_LOAD: float(a), Phase.SAMPLE: float(b)},
        )
        for a, b, c in zip(load, sampling, cold, strict=True)
    ]
    ends = what_if(runs, [KeepLoaded()], limit_seconds=300).saving_interval_seconds
    truth = (share - KeepLoaded().cold_share) * (cold_load - warm_load) * np.exp(sd**2 / 2)
    return None if ends is None else bool(ends[0] <= truth <= ends[1])


if __name__ == "__main__":
    for line in (*intervals(), *changes(), *savings()):
        sys.stdout.write(f"{line}\n")
