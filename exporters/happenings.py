"""What somebody may want to be told of a server, as it happens. `at`: Unix seconds of our clock."""

from dataclasses import dataclass
from enum import StrEnum

from analyzer.predict import ForecastRecord, RiskEvent
from analyzer.runs.model import Run
from exporters.live_runs import RunInFlight
from exporters.observations import State


class StallKind(StrEnum):
    """`not_started`: queued, and nothing runs. `silent_busy`, `silent_idle`: a run shows nothing, and its GPU works, or rests."""

    NOT_STARTED = "not_started"
    SILENT_BUSY = "silent_busy"
    SILENT_IDLE = "silent_idle"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunBegan:
    at: float
    run: RunInFlight


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded:
    """`record`: how its predictions went; None: none was made."""

    at: float
    run: Run
    record: ForecastRecord | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskChanged:
    """The chance that the run in flight exceeds its limit is high, or is no longer."""

    at: float
    run: RunInFlight
    event: RiskEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitPassed:
    """The run in flight has used up its limit, queue wait included."""

    at: float
    run: RunInFlight
    limit_seconds: float
    used_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stalled:
    """Nothing has moved since `since`. `evidence`: what was seen, in words. `over`: it moves again."""

    at: float
    kind: StallKind
    since: float
    evidence: str
    over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerChanged:
    """The server is down, stalls, or is back."""

    at: float
    state: State
    reason: str


Happening = RunBegan | RunEnded | RiskChanged | LimitPassed | Stalled | ServerChanged
