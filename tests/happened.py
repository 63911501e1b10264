"""Happenings of a watched server for tests."""

from typing import Any

from analyzer.predict import Basis, Change, Level, Prediction, RiskEvent
from analyzer.runs.model import Outcome, Phase, Run, Workflow
from exporters.happenings import LimitPassed, RiskChanged, RunBegan, RunEnded, ServerChanged, Stalled, StallKind
from exporters.live_runs import RunInFlight
from exporters.observations import State
from tests.builders import run as built_run

FLUX = Workflow(name="portraits", signature="model:Flux|passes:1")


def in_flight(seen_at: float = 1000.0, **given: Any) -> RunInFlight:
    return RunInFlight(seen_at=seen_at, **{"prompt_id": "a-b", "workflow": FLUX, **given})


def prediction(**given: Any) -> Prediction:
    """Half-way through a pass that takes too long."""
    values: dict[str, Any] = {
        "at": 1190.0,
        "elapsed_seconds": 190.0,
        "used_seconds": 190.0,
        "limit_seconds": 300.0,
        "p_exceed": 0.82,
        "remaining_seconds": 205.0,
        "low_seconds": 170.0,
        "high_seconds": 260.0,
        "phase": Phase.SAMPLE,
        "phase_since": 1077.0,
        "basis": Basis.PHASES,
        "past_runs": 40,
        "workflow": FLUX.signature,
        "pass_number": 1,
        "steps": 14,
        "total_steps": 30,
        "seconds_per_step": 8.07,
    }
    return Prediction(**values | given)


def began(seen_at: float = 1000.0) -> RunBegan:
    return RunBegan(at=seen_at, run=in_flight(seen_at))


def risk(change: Change = Change.RAISED, level: Level = Level.RISK, seen_at: float = 1000.0) -> RiskChanged:
    event = RiskEvent(level=level, change=change, chance=0.7, prediction=prediction())
    return RiskChanged(at=1190.0, run=in_flight(seen_at), event=event)


def passed(seen_at: float = 1000.0) -> LimitPassed:
    return LimitPassed(at=1300.5, run=in_flight(seen_at), limit_seconds=300.0, used_seconds=300.5)


def stalled(
    kind: StallKind = StallKind.SILENT_IDLE, *, over: bool = False, evidence: str = "no line and no step for 130 s"
) -> Stalled:
    return Stalled(at=1400.0, kind=kind, since=1270.0, evidence=evidence, over=over)


def server(state: State, reason: str = "it answers", at: float = 900.0) -> ServerChanged:
    return ServerChanged(at=at, state=state, reason=reason)


def ended(outcome: Outcome = Outcome.SUCCESS, **given: Any) -> RunEnded:
    return RunEnded(at=1395.0, run=ended_run(outcome, **given))


def ended_run(outcome: Outcome = Outcome.SUCCESS, **given: Any) -> Run:
    values: dict[str, Any] = {"workflow": FLUX, "outcome": outcome, "ended_at": 1395.0, "queue_seconds": 12.0, "prompt_id": "a-b"}
    return built_run(**values | given)
