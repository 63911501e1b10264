"""All that a server is ever asked. Nothing here starts, stops, reorders or changes anything on it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Ask(StrEnum):
    """What for."""

    STATS = "stats"  # whether it answers, versions, memory
    COUNT = "count"  # how many prompts run and wait
    LOG_RING = "log_ring"  # the last writes of its log
    SUBSCRIBE = "subscribe"  # further writes, through our own socket
    ENDED_JOBS = "ended_jobs"  # which prompts have ended, newest first
    HISTORY = "history"  # the same and all about them, before /api/jobs
    HISTORY_OF = "history_of"  # all about one
    ACTIVE_JOBS = "active_jobs"  # which prompts run and wait
    JOB = "job"  # the graph of one
    QUEUE = "queue"  # both, before /api/jobs


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request. `subject`: the prompt it is about. `body` is sent as JSON."""

    ask: Ask
    path: str
    method: str = "GET"
    query: dict[str, str] = field(default_factory=dict)
    subject: str = ""
    body: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: status and JSON (None: none), and our clock when it was asked and when it came."""

    question: Question
    status: int
    body: object
    at: float
    asked_at: float


STATS = Question(ask=Ask.STATS, path="/system_stats")
COUNT = Question(ask=Ask.COUNT, path="/prompt")
LOG_RING = Question(ask=Ask.LOG_RING, path="/internal/logs/raw")
QUEUE = Question(ask=Ask.QUEUE, path="/queue")
# All of them: the newest come first, and the one that runs last.
ACTIVE_JOBS = Question(ask=Ask.ACTIVE_JOBS, path="/api/jobs", query={"status": "pending,in_progress", "limit": "100000"})


def subscribe(client_id: str) -> Question:
    """The only request that is no GET: it says that our own socket wants the log."""
    body = {"clientId": client_id, "enabled": True}
    return Question(ask=Ask.SUBSCRIBE, method="PATCH", path="/internal/logs/subscribe", body=body)


def ended_jobs(limit: int, *, cancelled: bool) -> Question:
    """Prompts that have ended. `cancelled`: whether the server knows that status; one that does not refuses the whole request."""
    status = "completed,failed,cancelled" if cancelled else "completed,failed"
    query = {"status": status, "sort_by": "created_at", "sort_order": "desc", "limit": str(limit)}
    return Question(ask=Ask.ENDED_JOBS, path="/api/jobs", query=query)


def history(limit: int) -> Question:
    """The newest prompts that have ended."""
    return Question(ask=Ask.HISTORY, path="/history", query={"max_items": str(limit)})


def history_of(prompt_id: str) -> Question:
    """One prompt that has ended."""
    return Question(ask=Ask.HISTORY_OF, path=f"/history/{prompt_id}", subject=prompt_id)


def job(prompt_id: str) -> Question:
    """One prompt, wherever it is."""
    return Question(ask=Ask.JOB, path=f"/api/jobs/{prompt_id}", subject=prompt_id)
