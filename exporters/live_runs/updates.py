"""What becomes of requests and runs, as it happens. `at` is our clock (Unix seconds)."""

from dataclasses import dataclass

from analyzer.events import Event
from analyzer.runs.model import Run, Workflow
from exporters.observations import LogGap, QueueSeen, Restarted, ServerState, SystemStats


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestQueued:
    """A request arrived. Without an id where only the log tells; it may still be rejected then."""

    at: float
    prompt_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRejected:
    """The newest request failed validation. Only the log tells."""

    at: float
    kind: str | None
    message: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRemoved:
    """A queued request will never run: it was deleted, or the server went away."""

    at: float
    prompt_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInFlight:
    """A run that goes on. `seen_at`: our clock. `started_at`: the server's clock, from what came before; None: not known.

    `queued_at`: the server's clock. `workflow`: as finished runs of the same graph have shown it.
    """

    seen_at: float
    prompt_id: str | None = None
    queued_at: float | None = None
    started_at: float | None = None
    graph_signature: str | None = None
    workflow: Workflow | None = None

    @property
    def queue_seconds(self) -> float | None:
        """How long it waited."""
        if self.queued_at is None or self.started_at is None:
            return None
        return max(0.0, self.started_at - self.queued_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """A run began, or was under way when we came. Very short ones may end without this."""

    at: float
    run: RunInFlight


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """A line of the run's log was read; or (`event` None) the API told more of it. Lines from before we came follow its start."""

    at: float
    run: RunInFlight
    event: Event | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """A run is over. `past`: it was when we came."""

    at: float
    run: Run
    past: bool = False


Update = (
    RequestQueued
    | RequestRejected
    | RequestRemoved
    | RunStarted
    | RunProgress
    | RunFinished
    | QueueSeen
    | LogGap
    | ServerState
    | SystemStats
    | Restarted
)
