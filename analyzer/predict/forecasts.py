"""What was predicted of a run, beside how it went: the predictor's own record, to be exported and added up."""

from dataclasses import dataclass, field

from analyzer.predict.prediction import Prediction

SHARES = (0.25, 0.50, 0.75)
LIMIT_SHARE = 0.5
# Predictions kept of one run; beyond that every other one goes, and of those to come every second, fourth, … is kept.
_MOST_KEPT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """One prediction and what came of it. `share`: of the run's duration at which it was made. `held`: the actual rest lay within
    the middle 80 %."""

    share: float
    elapsed_seconds: float
    remaining_seconds: float
    low_seconds: float
    high_seconds: float
    actual_seconds: float

    @property
    def held(self) -> bool:
        return self.low_seconds <= self.actual_seconds <= self.high_seconds

    @property
    def error_ratio(self) -> float:
        """How far off, against the actual rest."""
        return abs(self.remaining_seconds - self.actual_seconds) / max(self.actual_seconds, 1e-9)


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskForecast:
    """The chance to exceed the limit that was stated when half of it was used, and whether the run did."""

    p_exceed: float
    exceeded: bool

    @property
    def brier(self) -> float:
        return (self.p_exceed - self.exceeded) ** 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastRecord:
    """A run's record. `forecasts`: at a quarter, half and three quarters of a run that ended well, else none. `at_half_limit`
    None: no limit, the run was over before, or it was cut short before its limit."""

    workflow: str
    past_runs: int
    duration_seconds: float
    forecasts: tuple[Forecast, ...]
    at_half_limit: RiskForecast | None


@dataclass(slots=True)
class Forecasts:
    """Collects the predictions of one run."""

    _kept: list[Prediction] = field(default_factory=list)
    _last: Prediction | None = None
    _seen: int = 0
    _every: int = 1

    def add(self, prediction: Prediction) -> None:
        """A prediction, in the order of time."""
        self._last = prediction
        if self._seen % self._every == 0:
            self._kept.append(prediction)
        self._seen += 1
        if len(self._kept) > _MOST_KEPT:
            del self._kept[1::2]
            self._every *= 2

    def close(self, ended_at: float, *, workflow: str, well: bool) -> ForecastRecord | None:
        """The record of the run, which ended then; `well`: neither by a failure nor an interrupt. None: nothing was predicted."""
        last = self._last
        if last is None:
            return None
        started_at = last.at - last.elapsed_seconds
        duration = max(0.0, ended_at - started_at)
        made = [self._at(started_at + share * duration) for share in SHARES] if well else []
        return ForecastRecord(
            workflow=workflow,
            past_runs=last.past_runs,
            duration_seconds=duration,
            forecasts=tuple(_forecast(one, ended_at, duration) for one in made if one is not None),
            at_half_limit=self._risk(last, ended_at, well),
        )

    def _at(self, at: float) -> Prediction | None:
        """The newest prediction at that moment."""
        return next((one for one in reversed(self._kept) if one.at <= at), None)

    def _risk(self, last: Prediction, ended_at: float, well: bool) -> RiskForecast | None:
        limit = last.limit_seconds
        if limit is None:
            return None
        began_at = last.at - last.used_seconds
        used = ended_at - began_at
        made = self._at(began_at + LIMIT_SHARE * limit)
        if made is None or made.p_exceed is None or used <= LIMIT_SHARE * limit or (not well and used <= limit):
            return None
        return RiskForecast(p_exceed=made.p_exceed, exceeded=used > limit)


def _forecast(made: Prediction, ended_at: float, duration: float) -> Forecast:
    return Forecast(
        share=made.elapsed_seconds / duration if duration else 0.0,
        elapsed_seconds=made.elapsed_seconds,
        remaining_seconds=made.remaining_seconds,
        low_seconds=made.low_seconds,
        high_seconds=made.high_seconds,
        actual_seconds=max(0.0, ended_at - made.at),
    )
