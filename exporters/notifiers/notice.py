"""A notice: what somebody is told of a server, in words and as values."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum

SCHEMA = "comfymeter.notice/1"


class Event(StrEnum):
    """What a notice is about. `limit_passed`: a run goes on and is over its limit; `risk_cleared`: it will not be after all."""

    RISK_RAISED = "risk_raised"
    RISK_CLEARED = "risk_cleared"
    LIMIT_PASSED = "limit_passed"
    STALLED = "stalled"
    STALL_OVER = "stall_over"
    RUN_FINISHED = "run_finished"
    RUN_FAILED = "run_failed"
    SERVER_DOWN = "server_down"
    SERVER_BACK = "server_back"


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """`title` and `text` are one line each, made for people. `key`: the same for all that is told of one run, or of one time
    without a run. `at`: Unix seconds. `prompt_id`, where the API is watched, `workflow`, `outcome`, `failure`: of the run.

    `used_seconds`: queue wait and run so far, or in all once it ended; `remaining_seconds`: what is expected to be left;
    `risk_ratio`: the chance to exceed `limit_seconds`. `stall`: which kind. None: not known, or not of this event.
    """

    event: Event
    severity: Severity
    server: str
    key: str
    at: float
    title: str
    text: str
    prompt_id: str | None = None
    workflow: str | None = None
    outcome: str | None = None
    failure: str | None = None
    duration_seconds: float | None = None
    used_seconds: float | None = None
    limit_seconds: float | None = None
    remaining_seconds: float | None = None
    risk_ratio: float | None = None
    stall: str | None = None


def payload(notice: Notice) -> dict[str, str | float | None]:
    """A notice as JSON-like values, all fields always there: the body of a webhook, the standard input of a command."""
    values = {field.name: getattr(notice, field.name) for field in fields(Notice)}
    at = datetime.fromtimestamp(notice.at, UTC).isoformat(timespec="milliseconds")
    rounded = {name: round(value, 3) for name, value in values.items() if isinstance(value, float)}
    return {"schema": SCHEMA, **values, **rounded, "event": notice.event.value, "severity": notice.severity.value, "at": at}
