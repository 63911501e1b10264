"""How much longer a run in flight takes, and whether it exceeds its limit: a sum over its parts by 600 fixed draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from analyzer.predict.draws import DRAWS, PORTION, uniforms
from analyzer.predict.history import History
from analyzer.predict.live_run import LiveRun
from analyzer.predict.phase_history import PhaseHistory
from analyzer.predict.remaining import remaining, step_seconds
from analyzer.predict.scenarios import scenarios
from analyzer.runs.model import Phase
from analyzer.timeouts.curve import Curve
from analyzer.timeouts.tails import FloatArray

Likely = Sequence[tuple[PhaseHistory, float]]

_WANTED = (0.1, 0.5, 0.9)
_MEDIAN_DRAW = np.array([0.5])


class Basis(StrEnum):
    """What a prediction rests on."""

    PHASES = "phases"
    HISTORY = "history only, no live progress"
    DEFAULTS = "defaults only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """What is expected of a run at the moment `at`. Times are Unix seconds, durations seconds.

    `p_exceed`: the chance that it takes longer than `limit_seconds`, its queue wait counted in; None without a limit.
    `remaining_seconds` is the median, `low_seconds` and `high_seconds` bound the middle 80 %. `used_seconds`: queue wait and run
    so far. `pass_number`, `steps`, `total_steps` and `seconds_per_step`: the pass under way. `past_runs`: behind the prediction.
    """

    at: float
    elapsed_seconds: float
    used_seconds: float
    limit_seconds: float | None
    p_exceed: float | None
    remaining_seconds: float
    low_seconds: float
    high_seconds: float
    phase: Phase
    phase_since: float | None
    basis: Basis
    past_runs: int
    workflow: str | None
    pass_number: int | None = None
    steps: float | None = None
    total_steps: float | None = None
    seconds_per_step: float | None = None

    @property
    def ends_at(self) -> float:
        """When the run is expected to end."""
        return self.at + self.remaining_seconds


def predict(live: LiveRun, history: History, now: float, limit_seconds: float | None = None) -> Prediction:
    """The prediction for a run at `now`. Equal states give equal numbers; nothing is changed."""
    likely = history.likely(live)
    runs = round(sum(weight * one.runs for one, weight in likely if one.workflow))
    curve = history.curves.get(likely[0][0].workflow) if runs and not live.progress else None
    values, weights = _by_parts(live, likely, now) if curve is None else _by_curve(curve, live.elapsed_seconds(now))
    low, middle, high = _quantiles(values, weights)
    current = live.current
    return Prediction(
        at=now,
        elapsed_seconds=live.elapsed_seconds(now),
        used_seconds=live.used_seconds(now),
        limit_seconds=limit_seconds,
        p_exceed=None if limit_seconds is None else _exceed(limit_seconds - live.used_seconds(now), values, weights),
        remaining_seconds=middle,
        low_seconds=low,
        high_seconds=high,
        phase=live.phase,
        phase_since=live.phase_since,
        basis=Basis.HISTORY if curve else Basis.PHASES if runs else Basis.DEFAULTS,
        past_runs=runs,
        workflow=likely[0][0].workflow or None,
        pass_number=len(live.passes) if current else None,
        steps=current.done if current else None,
        total_steps=current.total if current else None,
        seconds_per_step=_rate(live, likely[0][0]),
    )


def _rate(live: LiveRun, history: PhaseHistory) -> float | None:
    """Seconds per step as they are reckoned with; None before the first step."""
    if live.current is None or not live.current.done:
        return None
    return float(step_seconds(live.passes, history, _MEDIAN_DRAW)[0])


def _by_parts(live: LiveRun, likely: Likely, now: float) -> tuple[FloatArray, FloatArray]:
    """Draws of the seconds left and their weights, over all ways in which the run may go on."""
    ways = scenarios(live, likely, now)
    values, weights = [], []
    for way, count in zip(ways, _shared_out([way.weight for way in ways]), strict=True):
        values.append(remaining(way, live, now, uniforms(count)))
        weights.append(np.full(count, way.weight / count))
    return np.concatenate(values), np.concatenate(weights)


def _shared_out(weights: Sequence[float]) -> list[int]:
    """The draws of each way: whole portions by weight, at least one, together `DRAWS`."""
    portions = [1 + int(weight * (DRAWS // PORTION - len(weights))) for weight in weights]
    portions[0] += DRAWS // PORTION - sum(portions)
    return [PORTION * portion for portion in portions]


def _by_curve(curve: Curve, elapsed: float) -> tuple[FloatArray, FloatArray]:
    """The same from the workflow's durations alone."""
    chances = curve.survival(elapsed) * (1.0 - uniforms(DRAWS)[0])
    return np.maximum(curve.quantiles(chances) - elapsed, 0.0), np.full(DRAWS, 1.0 / DRAWS)


def _quantiles(values: FloatArray, weights: FloatArray) -> tuple[float, float, float]:
    order = np.argsort(values)
    ends = np.cumsum(weights[order])
    low, middle, high = np.interp(_WANTED, ends - 0.5 * weights[order], values[order])
    return float(low), float(middle), float(high)


def _exceed(left: float, values: FloatArray, weights: FloatArray) -> float:
    """P(more than `left` seconds). Never quite 0 or 1 while the run is within its limit."""
    if left <= 0:
        return 1.0
    return (DRAWS * float(weights[values > left].sum()) + 0.5) / (DRAWS + 1)
