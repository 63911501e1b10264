"""What a happening is worth telling: a pure function from a happening to its notice."""

from collections.abc import Callable
from dataclasses import replace

from analyzer.predict import Change, Prediction, sentence
from analyzer.renderers.words import OUTCOMES, failure_text
from analyzer.runs.model import Outcome, Run
from analyzer.units import format_duration, format_seconds
from exporters.happenings import Happening, LimitPassed, RiskChanged, RunBegan, RunEnded, ServerChanged, Stalled, StallKind
from exporters.live_runs import RunInFlight
from exporters.notifiers.notice import Event, Notice, Severity
from exporters.observations import State

# Log text to text that may leave the machine.
Safe = Callable[[str], str]

_FAILED = (Outcome.ERROR, Outcome.OOM, Outcome.INTERRUPTED, Outcome.CUT_OFF)
_STALLS = {
    StallKind.NOT_STARTED: "prompts wait and none runs",
    StallKind.SILENT_BUSY: "a run shows nothing any more",
    StallKind.SILENT_IDLE: "a run shows nothing any more and its GPU is idle",
}


def notice_of(happening: Happening, *, server: str, key: str, safe: Safe) -> Notice | None:
    """The notice; None: nothing that anybody is notified of. `key`: of the run or the time that it belongs to."""
    match happening:
        case RiskChanged():
            return _risk(happening, server, key, safe)
        case LimitPassed():
            return _limit(happening, server, key, safe)
        case Stalled():
            return _stall(happening, server, key)
        case RunEnded():
            return _ended(happening, server, key, safe)
        case ServerChanged():
            return _server(happening, server, key, safe)
        case RunBegan():
            return None


def _risk(happening: RiskChanged, server: str, key: str, safe: Safe) -> Notice | None:
    event, prediction = happening.event, happening.event.prediction
    if not event.notify:
        return None
    raised = event.change is Change.RAISED
    likely = "likely to exceed" if raised else "no longer likely to exceed"
    notice = Notice(
        event=Event.RISK_RAISED if raised else Event.RISK_CLEARED,
        severity=Severity.WARNING if raised else Severity.INFO,
        server=server,
        key=key,
        at=happening.at,
        title=f"{server}: a run is {likely} {_limit_name(prediction.limit_seconds)}",
        text=sentence(prediction),
    )
    return _of_run(_expected(notice, prediction), happening.run, safe)


def _expected(notice: Notice, prediction: Prediction) -> Notice:
    return replace(
        notice,
        used_seconds=prediction.used_seconds,
        limit_seconds=prediction.limit_seconds,
        remaining_seconds=prediction.remaining_seconds,
        risk_ratio=prediction.p_exceed,
    )


def _limit(happening: LimitPassed, server: str, key: str, safe: Safe) -> Notice:
    used, limit = happening.used_seconds, happening.limit_seconds
    notice = Notice(
        event=Event.LIMIT_PASSED,
        severity=Severity.CRITICAL,
        server=server,
        key=key,
        at=happening.at,
        title=f"{server}: a run is over {_limit_name(limit)}",
        text=f"Queue wait and run have taken {format_duration(used)} so far, and it goes on.",
        used_seconds=used,
        limit_seconds=limit,
    )
    return _of_run(notice, happening.run, safe)


def _limit_name(limit_seconds: float | None) -> str:
    return "its limit" if limit_seconds is None else f"its limit of {format_seconds(limit_seconds)}"


def _of_run(notice: Notice, run: RunInFlight, safe: Safe) -> Notice:
    return replace(notice, prompt_id=run.prompt_id, workflow=safe(run.workflow.name) if run.workflow else None)


def _stall(happening: Stalled, server: str, key: str) -> Notice:
    what = "no longer stalled" if happening.over else _STALLS[happening.kind]
    return Notice(
        event=Event.STALL_OVER if happening.over else Event.STALLED,
        severity=Severity.INFO if happening.over else Severity.CRITICAL,
        server=server,
        key=key,
        at=happening.at,
        title=f"{server}: {what}",
        text=_capital(f"this is over: {_STALLS[happening.kind]}" if happening.over else happening.evidence),
        stall=happening.kind.value,
    )


def _ended(happening: RunEnded, server: str, key: str, safe: Safe) -> Notice:
    run = happening.run
    failed = run.outcome in _FAILED
    workflow, failure = safe(run.workflow.name), safe(failure_text(run.failure)) if run.failure else ""
    return Notice(
        event=Event.RUN_FAILED if failed else Event.RUN_FINISHED,
        severity=Severity.WARNING if failed else Severity.INFO,
        server=server,
        key=key,
        at=happening.at,
        title=f"{server}: a run {'failed' if failed else 'is done'} ({OUTCOMES[run.outcome]}){_taken(run)}",
        text=_capital(f"workflow {workflow}: {failure}" if failure else f"workflow {workflow}{_waited(run)}"),
        prompt_id=run.prompt_id,
        workflow=workflow,
        outcome=run.outcome.value,
        failure=failure or None,
        duration_seconds=run.total_seconds,
        used_seconds=run.used_seconds,
        limit_seconds=run.limit_seconds,
    )


def _taken(run: Run) -> str:
    return "" if run.total_seconds is None else f" after {format_duration(run.total_seconds)}"


def _waited(run: Run) -> str:
    queued = run.queue_seconds or 0.0
    return f", {format_duration(queued)} in the queue" if queued >= 1.0 else ""


def _server(happening: ServerChanged, server: str, key: str, safe: Safe) -> Notice | None:
    """A server that is busy and answers late is nothing to be told of: a node that holds Python's lock does that."""
    if happening.state is State.STALLED:
        return None
    up = happening.state is State.UP
    return Notice(
        event=Event.SERVER_BACK if up else Event.SERVER_DOWN,
        severity=Severity.INFO if up else Severity.CRITICAL,
        server=server,
        key=key,
        at=happening.at,
        title=f"{server}: the server is {'back' if up else 'down'}",
        text=_capital(safe(happening.reason)),
    )


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
