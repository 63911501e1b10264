"""What counts as an observation: from a run's end to "took x seconds", "took at least x seconds" or "says nothing".

`TABLE` is the whole rule; everything else only looks things up in it. A run that was cut short is not dropped and its time is not
taken as a duration: both mistakes make a recommended limit exceeded eight times too often.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from analyzer.runs.model import Run, Start

SHORTEST_SECONDS = 1.0
KILL_SLACK_SECONDS = 5.0
KILL_SLACK_SHARE = 0.02


class Status(StrEnum):
    """How a run ended: the outcomes of `runs.model` and the further words of a run list (`timeout`, `failed`)."""

    SUCCESS = "success"
    CACHED = "cached"
    ERROR = "error"
    OOM = "oom"
    INTERRUPTED = "interrupted"
    CUT_OFF = "cut_off"
    UNKNOWN = "unknown"
    TIMEOUT = "timeout"
    FAILED = "failed"


class Cause(StrEnum):
    """Why an observation ended where it did."""

    FINISHED = "finished"
    CLIENT_TIMEOUT = "client_timeout"
    TIMEOUT_KILL = "timeout_kill"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    CUT_OFF = "cut_off"
    SUSPECTED_HANG = "suspected_hang"


class Reason(StrEnum):
    """Why a run is no observation."""

    CACHED = "fully cached"
    SUB_SECOND = "under one second"
    NO_TIME = "no usable duration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table. `cause` None: dropped. `killed`: what it becomes if it ended just past the limit in force."""

    status: Status
    cause: Cause | None
    killed: Cause | None = None
    gave_up: Cause | None = None
    note: str


TABLE: tuple[Row, ...] = (
    Row(status=Status.SUCCESS, cause=Cause.FINISHED, note="the server's duration, also where the client had given up"),
    Row(status=Status.CACHED, cause=None, note="nothing was computed"),
    Row(status=Status.UNKNOWN, cause=Cause.FINISHED, killed=Cause.TIMEOUT_KILL, note="it ended; how, the log does not say"),
    Row(status=Status.ERROR, cause=Cause.FAILED, killed=Cause.TIMEOUT_KILL, note="longer than this, had it not failed"),
    Row(status=Status.OOM, cause=Cause.FAILED, killed=Cause.TIMEOUT_KILL, note="longer than this, had it not failed"),
    Row(status=Status.FAILED, cause=Cause.FAILED, killed=Cause.TIMEOUT_KILL, note="longer than this, had it not failed"),
    Row(
        status=Status.INTERRUPTED,
        cause=Cause.INTERRUPTED,
        killed=Cause.TIMEOUT_KILL,
        gave_up=Cause.CLIENT_TIMEOUT,
        note="longer than this, if left alone",
    ),
    Row(
        status=Status.CUT_OFF,
        cause=Cause.CUT_OFF,
        killed=Cause.TIMEOUT_KILL,
        gave_up=Cause.CLIENT_TIMEOUT,
        note="still running when last seen",
    ),
    Row(status=Status.TIMEOUT, cause=Cause.CLIENT_TIMEOUT, note="still running when the client gave up"),
)
_ROWS = {row.status: row for row in TABLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """A run took `seconds` (`finished`) or at least that long. `cold` None: not known. `at`: when it started, for the order.

    `epoch` names what it ran on (versions, GPU, flags, files): runs of an older epoch weigh less. `weight` is the caller's.
    """

    seconds: float
    finished: bool
    cold: bool | None = None
    at: float | None = None
    epoch: str | None = None
    weight: float = 1.0
    cause: Cause = Cause.FINISHED

    @property
    def killed(self) -> bool:
        """Ended by a limit."""
        return self.cause in (Cause.CLIENT_TIMEOUT, Cause.TIMEOUT_KILL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    reason: Reason


def observe(run: Run, *, epoch: str | None = None, limit_seconds: float | None = None) -> Observation | Dropped:
    """What a run of a log says about durations. `limit_seconds`: the limit in force, where neither the log nor the
    run's workflow has one."""
    gave_up = run.client_timeout
    limit = (gave_up.limit_seconds if gave_up else None) or run.limit_seconds or limit_seconds
    return observe_status(
        Status(run.outcome.value),
        run.total_seconds,
        cold=None if run.start is Start.UNKNOWN else run.start is Start.COLD,
        at=run.started_at,
        epoch=epoch,
        limit_seconds=limit,
        queue_seconds=run.queue_seconds or 0.0,
        client_gave_up=gave_up is not None,
    )


def observe_status(
    status: Status,
    seconds: float | None,
    *,
    cold: bool | None = None,
    at: float | None = None,
    epoch: str | None = None,
    limit_seconds: float | None = None,
    queue_seconds: float = 0.0,
    client_gave_up: bool = False,
) -> Observation | Dropped:
    """The same for a row of a run list: status and seconds."""
    row = _ROWS[status]
    if row.cause is None:
        return Dropped(reason=Reason.CACHED)
    if seconds is None or not math.isfinite(seconds) or seconds <= 0:
        return Dropped(reason=Reason.NO_TIME)
    if seconds < SHORTEST_SECONDS:
        return Dropped(reason=Reason.CACHED if row.cause is Cause.FINISHED else Reason.SUB_SECOND)
    cause = _cause(row, killed_by(limit_seconds, seconds + queue_seconds), client_gave_up)
    return Observation(seconds=seconds, finished=cause is Cause.FINISHED, cold=cold, at=at, epoch=epoch, cause=cause)


def _cause(row: Row, at_limit: bool, client_gave_up: bool) -> Cause:
    assert row.cause is not None
    if row.gave_up and client_gave_up:
        return row.gave_up
    return row.killed if row.killed and at_limit else row.cause


def killed_by(limit_seconds: float | None, seconds: float) -> bool:
    """Whether an end at `seconds` looks like the limit's doing: at it, or as late as an interrupt may take to be noticed."""
    if not limit_seconds:
        return False
    return limit_seconds <= seconds <= limit_seconds + max(KILL_SLACK_SECONDS, KILL_SLACK_SHARE * limit_seconds)
