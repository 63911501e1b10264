"""When a run's risk is worth telling: raised after two looks in a row, cleared after three, at most once per run and level."""

from dataclasses import dataclass, field
from enum import StrEnum

from analyzer.predict.prediction import Prediction

RAISE_LOOKS = 2
CLEAR_LOOKS = 3
HINT_CHANCE = 0.5
FEW_RUNS = 5
_CLEAR_SHARE = 0.5
# Looks that follow each other more closely than this are one: a burst of lines is no confirmation.
_LOOK_SECONDS = 2.0
_LOOK_SHARE = 1 / 40
_ROUNDING = 1e-6
_TELLING_STEPS = 2
_TELLING_SHARE = 0.5


class Level(StrEnum):
    """`hint` is for a page that somebody looks at and is never notified: 7 to 17 % of the good runs have one."""

    HINT = "hint"
    RISK = "risk"


class Change(StrEnum):
    RAISED = "raised"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskEvent:
    """A level was raised or cleared. `notify`: whether somebody is to be told. `chance`: from which it is raised."""

    level: Level
    change: Change
    chance: float
    prediction: Prediction

    @property
    def notify(self) -> bool:
        return self.level is not Level.HINT


def alert_chance(past_runs: int) -> float:
    """The chance to exceed the limit from which an alert is raised: the fewer past runs, the surer it must be."""
    return 0.9 if past_runs < FEW_RUNS else 0.8 if past_runs < 30 else 0.7


@dataclass(slots=True)
class _Watch:
    """One level: looks in a row above the chance to raise and below the one to clear."""

    above: int = 0
    below: int = 0
    active: bool = False
    spent: bool = False

    def look(self, p_exceed: float, chance: float) -> Change | None:
        self.above = self.above + 1 if p_exceed >= chance else 0
        self.below = self.below + 1 if p_exceed < _CLEAR_SHARE * chance else 0
        if not self.active and not self.spent and self.above >= RAISE_LOOKS:
            self.active = self.spent = True
            return Change.RAISED
        if self.active and self.below >= CLEAR_LOOKS:
            self.active = False
            return Change.CLEARED
        return None


@dataclass(slots=True)
class RiskAlert:
    """The alert of one run: make one per run and show it each prediction."""

    _watches: dict[Level, _Watch] = field(default_factory=lambda: {level: _Watch() for level in Level})
    _looked_at: float | None = None

    def active(self, level: Level = Level.RISK) -> bool:
        """Whether this level is raised now."""
        return self._watches[level].active

    def update(self, prediction: Prediction) -> tuple[RiskEvent, ...]:
        """What this prediction changes; nothing, if it has no limit or no evidence, or comes too soon after the last one."""
        if prediction.p_exceed is None or prediction.limit_seconds is None or not _rests_on_evidence(prediction):
            return ()
        gap = min(_LOOK_SECONDS, _LOOK_SHARE * prediction.limit_seconds)
        if self._looked_at is not None and prediction.at < self._looked_at + gap - _ROUNDING:
            return ()
        self._looked_at = prediction.at
        chances = {Level.HINT: HINT_CHANCE, Level.RISK: alert_chance(prediction.past_runs)}
        return tuple(
            RiskEvent(level=level, change=change, chance=chances[level], prediction=prediction)
            for level, watch in self._watches.items()
            if (change := watch.look(prediction.p_exceed, chances[level])) is not None
        )


def _rests_on_evidence(prediction: Prediction) -> bool:
    """With few past runs (one may have been a bad one) the run's own steps must speak too, or the time it has used; with none,
    only its steps and the limit itself are reasons to call somebody."""
    if prediction.past_runs >= FEW_RUNS or prediction.p_exceed == 1.0:
        return True
    if prediction.steps is not None and prediction.steps >= _TELLING_STEPS:
        return True
    return prediction.past_runs > 0 and prediction.used_seconds >= _TELLING_SHARE * (prediction.limit_seconds or 0.0)
