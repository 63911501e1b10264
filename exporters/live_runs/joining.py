"""One run from what two sources say of it: the API's exact times, outcome and ids, and the log's passes, loads and phases."""

from dataclasses import replace

from analyzer.budgets import with_budget
from analyzer.runs.model import DurationSource, Failure, Outcome, Run, Start, Workflow
from exporters.observations import JobFailure, JobFinished, JobLost, QueuedPrompt

JobEnd = JobFinished | JobLost

# How far a closing line's stamp may be from the end that the API tells.
NEAR_SECONDS = 2.0
# Stamps without a zone may be off by one, which is a multiple of this.
_ZONE_STEP_SECONDS = 900.0
_FAILED = (Outcome.ERROR, Outcome.OOM)


def seconds_after(closing_at: float | None, end: JobEnd) -> float | None:
    """How long after the end that the API tells the closing line was written, zones aside; None: not to be told."""
    if closing_at is None or isinstance(end, JobLost) or end.ended_at is None:
        return None
    apart = closing_at - end.ended_at
    return apart - round(apart / _ZONE_STEP_SECONDS) * _ZONE_STEP_SECONDS


def joined(run: Run, end: JobEnd) -> Run:
    """The log's run with what the API says of it. `run` still has its events, which the phases need."""
    run = replace(
        run,
        prompt_id=end.prompt.prompt_id,
        partial=False,
        workflow=replace(run.workflow, graph_signature=_graph_signature(end)),
    )
    if isinstance(end, JobLost):
        return run
    return replace(
        _timed(run, end),
        outcome=end.outcome,
        failure=_failure(end, run.failure),
        nodes=end.nodes,
        cached_nodes=end.cached_nodes,
        node_count=_node_count(end),
    )


def shown(run: Run, prompt: QueuedPrompt | None) -> Run:
    """The log's run with the id of the prompt that the API's queue showed while its lines came; no more is known of it."""
    if prompt is None:
        return run
    signature = prompt.graph.signature if prompt.graph else None
    return replace(run, prompt_id=prompt.prompt_id, workflow=replace(run.workflow, graph_signature=signature))


def _timed(run: Run, end: JobFinished) -> Run:
    """With the API's times; where the log's stamps are of another clock, its phases need the log's own start and end."""
    if end.started_at is None or end.ended_at is None:
        return run
    duration, queued_at = _between(end.started_at, end.ended_at), end.prompt.create_time
    same_clock = run.ended_at is None or abs(run.ended_at - end.ended_at) <= NEAR_SECONDS
    ended_at = end.ended_at if same_clock else run.ended_at
    run = replace(
        run,
        duration_seconds=duration,
        duration_source=DurationSource.API,
        observed_seconds=None,
        started_at=end.started_at if same_clock else (ended_at or 0.0) - duration,
        ended_at=ended_at,
    )
    if queued_at is None:
        return run
    # The log pairs requests with runs first in, first out; the API knows.
    knows_line = run.queued_at is not None and same_clock and abs(run.queued_at - queued_at) <= NEAR_SECONDS
    return replace(
        run,
        queued_line=run.queued_line if knows_line else None,
        queued_at=queued_at if same_clock else None,
        queue_seconds=_between(queued_at, end.started_at),
    )


def from_api_alone(end: JobEnd, *, known: Workflow | None) -> Run:
    """A run of which no log line is known. Lines are 0: there is none."""
    finished = isinstance(end, JobFinished)
    started_at, ended_at = (end.started_at, end.ended_at) if isinstance(end, JobFinished) else (None, None)
    queued_at, signature = end.prompt.create_time, _graph_signature(end)
    duration = _between(started_at, ended_at) if started_at is not None and ended_at is not None else None
    return Run(
        number=0,
        source="",
        outcome=end.outcome if isinstance(end, JobFinished) else Outcome.CUT_OFF,
        failure=_failure(end, None) if finished else Failure(kind="lost", message="the server no longer knows it", line=0),
        client_timeout=None,
        partial=False,
        queued_line=None,
        first_line=0,
        last_line=0,
        queued_at=queued_at,
        started_at=started_at,
        ended_at=ended_at,
        queue_seconds=_between(queued_at, started_at) if started_at is not None and queued_at is not None else None,
        duration_seconds=duration,
        duration_source=DurationSource.API if duration is not None else None,
        observed_seconds=None,
        workflow=_workflow(signature, known),
        start=Start.UNKNOWN,
        server_number=0,
        prompt_id=end.prompt.prompt_id,
        nodes=end.nodes if isinstance(end, JobFinished) else None,
        cached_nodes=end.cached_nodes if isinstance(end, JobFinished) else None,
        node_count=_node_count(end),
    )


def closed(run: Run, *, number: int, source: str) -> Run:
    """A run as it is handed on: numbered, and with its phases."""
    return with_budget(replace(run, number=number, source=source))


def _between(earlier: float, later: float) -> float:
    """The server's clock has milliseconds, and may have been set back."""
    return max(0.0, round(later - earlier, 3))


def _workflow(signature: str | None, known: Workflow | None) -> Workflow:
    if known is not None:
        return replace(known, graph_signature=signature)
    name = signature or "unknown"
    return Workflow(name=name, signature=name, graph_signature=signature)


def _graph_signature(end: JobEnd) -> str | None:
    return end.prompt.graph.signature if end.prompt.graph else None


def _node_count(end: JobEnd) -> int | None:
    return len(end.prompt.graph.classes) if end.prompt.graph else None


def _failure(end: JobEnd, logged: Failure | None) -> Failure | None:
    """The log's words where it has some for the same: they have a line."""
    if not isinstance(end, JobFinished) or end.outcome in (Outcome.SUCCESS, Outcome.CACHED):
        return None
    if logged is not None:
        return logged
    if end.outcome is Outcome.INTERRUPTED:
        return Failure(kind="interrupted", message="the prompt was interrupted", line=0)
    told = end.failure or JobFailure(kind="exception", message="")
    return Failure(kind=told.kind, message=told.message, line=0)
