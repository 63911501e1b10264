"""The answer to "what should the timeout be": advice, the limits in use against it, timers and what-ifs, from any history."""

import statistics
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from analyzer.run_list import ListedRun
from analyzer.runs.model import Phase, Run, ServerStart, Start
from analyzer.timeouts.advice import TimeoutAdvice, WorkflowAdvice
from analyzer.timeouts.changes import (
    LIGHTER_IF_STREAMED,
    LIGHTER_QUANTISATION,
    Change,
    FasterSampling,
    KeepLoaded,
    OtherSteps,
    Without,
)
from analyzer.timeouts.estimate import estimate
from analyzer.timeouts.grading import keep_or_change
from analyzer.timeouts.observations import Dropped, Observation, Status, observe, observe_status
from analyzer.timeouts.recommend import advise
from analyzer.timeouts.samples import Collected, collect
from analyzer.timeouts.timers import Timers, timers
from analyzer.timeouts.timing import Timing
from analyzer.timeouts.whatif import WhatIf, phased, what_if

# A what-if resamples the runs hundreds of times; more of them change nothing.
MOST_WHAT_IF_RUNS = 500
# A limit is lowered only if this many runs in a row agree, those of every workflow.
RECENT_RUNS = 5


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
class Assumed:
    """A what-if for one workflow: its name on the command line and what comes of it."""

    workflow: str
    name: str
    outcome: WhatIf


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """All that `comfymeter timeout` says. `limits`: the named limits asked about, in seconds; `mean_seconds` by workflow.

    `keep_seconds`: what the limit in force should be from now on, which is not the recommendation of the day: small changes
    leave it alone.
    """

    advice: TimeoutAdvice
    limits: Mapping[str, float] = field(default_factory=dict)
    timers: Timers | None = None
    mean_seconds: Mapping[str, float] = field(default_factory=dict)
    what_ifs: tuple[Assumed, ...] = ()
    in_force_seconds: float | None = None
    keep_seconds: float | None = None

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
    runs: Sequence[Run],
    starts: Iterable[ServerStart],
    *,
    risk: float,
    limits: Mapping[str, float],
    limit_in_force: float | None,
    what_ifs: Sequence[str] = (),
) -> Answer | None:
    """From the runs of logs; None where none says anything about durations. `what_ifs`: see `change_named`."""
    found = observations_of(runs, starts, limit_in_force)
    answer = _answer(found, risk, limits, limit_in_force)
    if answer is None:
        return None
    assumed = tuple(_what_ifs(runs, answer, what_ifs, risk))
    return replace(answer, timers=timers(runs, risk, limit_seconds=limit_in_force), what_ifs=assumed)


def observations_of(runs: Iterable[Run], starts: Iterable[ServerStart], limit_in_force: float | None = None) -> Collected:
    """The observations per workflow. Runs with other step counts stay as they are: the limit must hold for the mix that comes."""
    epochs = {start.number: start.epoch for start in starts}
    return collect(
        (run.workflow.name, observe(run, epoch=epochs.get(run.server_number), limit_seconds=limit_in_force)) for run in runs
    )


def _keep(found: Collected, proposed: float | None, in_force: float | None, risk: float) -> float | None:
    """The limit to have from now on, by what each workflow's last few runs would have led to one by one."""
    if in_force is None or proposed is None:
        return None
    if proposed >= in_force:
        return proposed
    recent = []
    for fewer in reversed(range(RECENT_RUNS)):
        modes = {name: ones[: len(ones) - fewer] for name, ones in found.modes.items() if len(ones) > fewer}
        if modes:
            recent.append(max(one.wanted_seconds for one in estimate(modes, risk).values()))
    every = [one for ones in found.modes.values() for one in ones]
    return keep_or_change(in_force, proposed, recent, sum(one.killed for one in every) / len(every))


def _what_ifs(runs: Sequence[Run], answer: Answer, names: Sequence[str], risk: float) -> Iterator[Assumed]:
    """Every what-if for every workflow, on its newest runs, against the limit asked about or else the recommendation."""
    groups: dict[str, deque[Run]] = {}
    for run in runs:
        groups.setdefault(run.workflow.name, deque(maxlen=MOST_WHAT_IF_RUNS)).append(run)
    for row in answer.advice.workflows:
        limit = next(iter(answer.limits.values()), row.recommended_seconds)
        known = phased(groups.get(row.workflow, ()), limit_seconds=answer.in_force_seconds)
        for name in names:
            change = change_named(name, groups.get(row.workflow, ()))
            if limit is not None and known and change is not None:
                outcome = what_if(known, [change], limit_seconds=limit, risk=risk)
                yield Assumed(workflow=row.workflow, name=name, outcome=outcome)


def change_named(name: str, runs: Iterable[Run]) -> Change | None:
    """`keep-loaded`, `lighter-quantisation`, `without-PHASE`, `steps-N`; None where the runs do not tell what to compare with.

    Raises ValueError for a name that is none of these.
    """
    if name == "keep-loaded":
        return KeepLoaded()
    if name == "lighter-quantisation":
        streamed = any(load.streamed for run in runs for load in run.loads)
        return FasterSampling(factor=LIGHTER_IF_STREAMED if streamed else LIGHTER_QUANTISATION)
    kind, _, value = name.partition("-")
    if kind == "without" and value.replace("-", "_") in list(Phase):
        return Without(phase=Phase(value.replace("-", "_")))
    if kind == "steps" and value.isdigit() and int(value) > 0:
        now = [sum(bar.total_steps or bar.steps for bar in run.passes) for run in runs if run.passes]
        return OtherSteps(steps_now=round(statistics.median(now)), steps=int(value)) if now else None
    phases = ", ".join(f"without-{phase.replace('_', '-')}" for phase in Phase if phase is not Phase.OTHER)
    raise ValueError(f"{name!r} is no what-if; known are keep-loaded, lighter-quantisation, steps-N, {phases}")


def answer_for_history(
    timings: Iterable[Timing], *, risk: float, limits: Mapping[str, float], limit_in_force: float | None
) -> Answer | None:
    """From the stored runs of a history, oldest first."""
    named = ((timing.workflow, _observed(timing, limit_in_force)) for timing in timings)
    return _answer(collect(named), risk, limits, limit_in_force)


def _observed(timing: Timing, limit_in_force: float | None) -> Observation | Dropped:
    return observe_status(
        Status(timing.outcome),
        timing.seconds,
        cold={Start.COLD: True, Start.WARM: False}.get(Start(timing.start)),
        at=timing.started_at,
        epoch=timing.epoch,
        limit_seconds=timing.client_limit_seconds or timing.limit_seconds or limit_in_force,
        queue_seconds=timing.queue_seconds or 0.0,
        client_gave_up=timing.client_gave_up,
    )


def answer_for_list(
    listed: Iterable[ListedRun], *, risk: float, limits: Mapping[str, float], limit_in_force: float | None
) -> Answer | None:
    """From a run list, whose statuses say themselves what was killed."""
    named = ((run.workflow, observe_status(run.status, run.seconds, cold=run.cold, at=run.at)) for run in listed)
    return _answer(collect(named), risk, limits, limit_in_force)


def _answer(found: Collected, risk: float, limits: Mapping[str, float], in_force: float | None) -> Answer | None:
    if not found.modes:
        return None
    advice = advise(found, risk=risk, limits=sorted(set(limits.values())))
    means = {
        name: sum(one.seconds for one in done) / len(done)
        for name, ones in found.modes.items()
        if (done := [one for one in ones if one.finished])
    }
    return Answer(
        advice=advice,
        limits=limits,
        mean_seconds=means,
        in_force_seconds=in_force,
        keep_seconds=_keep(found, advice.overall.recommended_seconds, in_force, risk),
    )
