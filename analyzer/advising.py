"""The answer to "what should the timeout be": advice, the limits in use against it, timers and what-ifs, from any history."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analyzer.run_list import ListedRun
from analyzer.runs.model import Run, ServerStart, Start
from analyzer.timeouts.advice import TimeoutAdvice, WorkflowAdvice
from analyzer.timeouts.observations import Dropped, Observation, Status, observe, observe_status
from analyzer.timeouts.recommend import advise
from analyzer.timeouts.samples import Collected, collect
from analyzer.timeouts.timers import Timers, timers


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A named limit against one workflow: P(exceed), and the room above the worst run seen; None: nothing to tell it by."""

    limit: str
    limit_seconds: float
    workflow: str
    risk: float | None
    risk_interval: tuple[float, float] | None
    room_seconds: float | None
    room_ratio: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """All that `comfymeter timeout` says. `limits`: the named limits asked about, in seconds; `mean_seconds` by workflow."""

    advice: TimeoutAdvice
    limits: Mapping[str, float] = field(default_factory=dict)
    timers: Timers | None = None
    mean_seconds: Mapping[str, float] = field(default_factory=dict)

    def rows(self) -> tuple[WorkflowAdvice, ...]:
        """The workflows, then all of them together where they are several."""
        workflows = self.advice.workflows
        return workflows if len(workflows) == 1 else (*workflows, self.advice.overall)

    def rooms(self) -> tuple[Room, ...]:
        """Every named limit against every workflow."""
        return tuple(_room(name, seconds, row) for name, seconds in self.limits.items() for row in self.rows())


def _room(name: str, seconds: float, row: WorkflowAdvice) -> Room:
    worst = row.worst_seconds
    room = seconds - worst if worst is not None else None
    return Room(
        limit=name,
        limit_seconds=seconds,
        workflow=row.workflow,
        risk=row.risk_at.get(seconds),
        risk_interval=row.risk_interval_at.get(seconds),
        room_seconds=room,
        room_ratio=room / worst if room is not None and worst else None,
    )


def answer_for_runs(
    runs: Sequence[Run], starts: Iterable[ServerStart], *, risk: float, limits: Mapping[str, float], limit_in_force: float | None
) -> Answer | None:
    """From the runs of logs; None where none says anything about durations."""
    epochs = {start.number: start.epoch for start in starts}
    named = ((run.workflow.name, observe(run, epoch=epochs.get(run.server_number), limit_seconds=limit_in_force)) for run in runs)
    return _answer(collect(named), risk, limits, timers(runs, risk))


def answer_for_history(
    timings: Iterable[Mapping[str, Any]], *, risk: float, limits: Mapping[str, float], limit_in_force: float | None
) -> Answer | None:
    """From the stored runs of a history, oldest first."""
    named = ((timing["workflow"], _observed(timing, limit_in_force)) for timing in timings)
    return _answer(collect(named), risk, limits, None)


def _observed(timing: Mapping[str, Any], limit_in_force: float | None) -> Observation | Dropped:
    return observe_status(
        Status(timing["outcome"]),
        timing["seconds"],
        cold={Start.COLD: True, Start.WARM: False}.get(Start(timing["start"])),
        at=timing["started_at"],
        epoch=timing["epoch"],
        limit_seconds=timing["client_limit_seconds"] or timing["limit_seconds"] or limit_in_force,
        queue_seconds=timing["queue_seconds"] or 0.0,
        client_gave_up=timing["client_gave_up"],
    )


def answer_for_list(listed: Iterable[ListedRun], *, risk: float, limits: Mapping[str, float]) -> Answer | None:
    """From a run list."""
    named = ((run.workflow, observe_status(run.status, run.seconds, cold=run.cold, at=run.at)) for run in listed)
    return _answer(collect(named), risk, limits, None)


def _answer(found: Collected, risk: float, limits: Mapping[str, float], known: Timers | None) -> Answer | None:
    if not found.modes:
        return None
    advice = advise(found, risk=risk, limits=sorted(set(limits.values())))
    means = {
        name: sum(one.seconds for one in done) / len(done)
        for name, ones in found.modes.items()
        if (done := [one for one in ones if one.finished])
    }
    return Answer(advice=advice, limits=limits, timers=known, mean_seconds=means)
