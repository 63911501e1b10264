"""Three timers instead of one: waiting in the queue, running, and silence while running.

One limit over everything must be as long as the longest honest run behind the longest queue; a limit on silence sees a hang after
a fraction of that (Temporal and Celery keep the same timers apart).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from analyzer.budgets.silence import slowest_step
from analyzer.runs.model import Outcome, Run
from analyzer.timeouts.curve import Curve
from analyzer.timeouts.draws import uniforms
from analyzer.timeouts.estimate import estimate
from analyzer.timeouts.observations import Observation, observe
from analyzer.timeouts.order import quantile
from analyzer.timeouts.rounding import round_up

_WAIT_DRAWS = 4000
_NO_WAIT_SECONDS = 1.0
_LEAST_RUNS = 5


class Basis(StrEnum):
    """What a timer rests on. STEPS: the pace of bars only, so it holds while a bar runs; loads print nothing meanwhile."""

    RUNS = "runs"
    LINES = "lines"
    STEPS = "steps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """`quantile_seconds` is exceeded with the wanted risk; `recommended_seconds` is rounded up. `n`: runs with this figure."""

    n: int
    quantile_seconds: float
    recommended_seconds: float
    basis: Basis = Basis.RUNS


@dataclass(frozen=True, slots=True, kw_only=True)
class Timers:
    """None where the data lack the figure or are too few."""

    queue: Timer | None = None
    run: Timer | None = None
    silence: Timer | None = None


def timers(runs: Iterable[Run], risk: float = 0.01, *, limit_seconds: float | None = None) -> Timers:
    """The three timers over runs as they come, of whatever workflow. `limit_seconds`: as for `observe`."""
    known = [run for run in runs if run.outcome is not Outcome.CACHED]
    pairs = [(run, one) for run in known if isinstance(one := observe(run, limit_seconds=limit_seconds), Observation)]
    return Timers(
        queue=queue_timer([run.queue_seconds for run in known if run.queue_seconds is not None], risk),
        run=_timer([one for _, one in pairs], risk, Basis.RUNS),
        silence=silence_timer(pairs, risk),
    )


def queue_timer(waits: Sequence[float], risk: float = 0.01) -> Timer | None:
    """Most runs do not wait at all: the chance to wait times the curve of those that do."""
    waiting = [wait for wait in waits if wait >= _NO_WAIT_SECONDS]
    if len(waits) < _LEAST_RUNS:
        return None
    if not waiting:
        return Timer(n=len(waits), quantile_seconds=_NO_WAIT_SECONDS, recommended_seconds=round_up(_NO_WAIT_SECONDS))
    share = (len(waiting) + 0.5) / (len(waits) + 1)
    (found,) = estimate({"queue": [Observation(seconds=wait, finished=True) for wait in waiting]}, risk).values()
    wanted = max(found.curve.inverse(min(risk / share, 1.0)), max(waiting) if len(waits) < 1 / risk - 1 else 0.0)
    return Timer(n=len(waits), quantile_seconds=wanted, recommended_seconds=round_up(wanted))


def silence_timer(pairs: Sequence[tuple[Run, Observation]], risk: float = 0.01) -> Timer | None:
    """From each run's longest time without a line where lines are stamped, else from its slowest mean step."""
    stamped = any(run.silence_seconds is not None for run, _ in pairs)
    basis, figure = (Basis.LINES, _silence) if stamped else (Basis.STEPS, slowest_step)
    ones = [
        Observation(seconds=seconds, finished=one.finished, cold=one.cold)
        for run, one in pairs
        if (seconds := figure(run)) is not None
    ]
    return _timer(ones, risk, basis)


def _silence(run: Run) -> float | None:
    return run.silence_seconds


def _timer(found: Sequence[Observation], risk: float, basis: Basis) -> Timer | None:
    usable = [one for one in found if one.seconds >= _NO_WAIT_SECONDS]
    if not any(one.finished for one in usable) or (basis is not Basis.RUNS and len(usable) < _LEAST_RUNS):
        return None
    (one,) = estimate({"all": usable}, risk).values()
    return Timer(
        n=len(usable), quantile_seconds=one.quantile_seconds, recommended_seconds=round_up(one.wanted_seconds), basis=basis
    )


def client_wait(own: Curve, ahead: Sequence[Curve], risk: float = 0.01) -> float:
    """The limit for a client whose timer starts when it submits: the runs ahead in the queue and its own, added up.

    Quantiles do not add up (the sum of the 99 % points is far above the 99 % point of the sum), so fixed draws are added.
    """
    total = np.zeros(_WAIT_DRAWS)
    for place, curve in enumerate((own, *ahead)):
        total += curve.quantiles(uniforms(place, _WAIT_DRAWS)[:, 0])
    return quantile(total, 1 - risk)
