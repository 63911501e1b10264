"""What the live sources see, one small value each. `at` is our own clock (Unix seconds); other times say whose they are."""

from dataclasses import dataclass
from enum import StrEnum

from analyzer.runs.graph_signature import GraphFacts
from analyzer.runs.model import NodeTime, Outcome


class State(StrEnum):
    """Whether the server answers. `stalled`: it takes connections but answers too late, as while a node holds Python's lock."""

    UP = "up"
    DOWN = "down"
    STALLED = "stalled"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogWrite:
    """One write of the server, from the API. `written_at`: its stamp (the server's clock, Unix seconds); it may be older than the
    write before it, since prints are handed on late. `backlog`: it was there before we came.
    """

    at: float
    text: bytes
    written_at: float | None = None
    backlog: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LogText:
    """What was read at once from a log file or pipe: any part of lines, in any encoding and container, stamps inside.

    `backlog`: it was there before we came.
    """

    at: float
    data: bytes
    backlog: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogRead:
    """What a log file held when we came has been read. `written_at`: when it was written to last."""

    at: float
    written_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LogGap:
    """Log text is missing here: more was written while we were away than the server keeps."""

    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedPrompt:
    """A prompt in the queue. `number`: its priority. `create_time`: when it was sent (the server's clock), since v0.3.69."""

    prompt_id: str
    number: float | None = None
    create_time: float | None = None
    graph: GraphFacts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSeen:
    """The queue, in the order in which it will run. `asked_at`: when the question was sent; what it says may be that old."""

    at: float
    asked_at: float
    running: tuple[QueuedPrompt, ...]
    pending: tuple[QueuedPrompt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFailure:
    """Why a prompt failed, as its history says it."""

    kind: str
    message: str
    node_id: str | None = None
    node_class: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFinished:
    """A prompt that ended. Times are the server's clock. `past`: it had ended before we came.

    `cached_nodes`: how many nodes needed no run; `nodes`: their times, where the API tells observers (it does for prompts that
    were sent without a client id).
    """

    at: float
    prompt: QueuedPrompt
    outcome: Outcome
    started_at: float | None
    ended_at: float | None
    failure: JobFailure | None = None
    cached_nodes: int | None = None
    nodes: tuple[NodeTime, ...] | None = None
    past: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLost:
    """A prompt that left the queue without a result: deleted, or the server went away. `was_running`: it had begun."""

    at: float
    prompt: QueuedPrompt
    was_running: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsTold:
    """Every prompt that had ended by `asked_at` (our clock) has been told."""

    at: float
    asked_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceMemory:
    """Memory of one device as torch sees it, in bytes. `free_bytes` counts all processes; `torch_*` this server's own pool."""

    index: int | None
    name: str
    kind: str
    total_bytes: int | None
    free_bytes: int | None
    torch_total_bytes: int | None
    torch_free_bytes: int | None

    @property
    def used_bytes(self) -> int | None:
        """In use by everybody: the pool's own free part counts as used, as it does for the driver."""
        if self.total_bytes is None or self.free_bytes is None:
            return None
        return self.total_bytes - self.free_bytes + (self.torch_free_bytes or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemStats:
    """A sample of the server's memory, and its versions. The command line, which may hold secrets, is not kept."""

    at: float
    comfyui_version: str | None
    python_version: str | None
    pytorch_version: str | None
    ram_total_bytes: int | None
    ram_free_bytes: int | None
    devices: tuple[DeviceMemory, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """Whether the server answers has changed; `reason` says in words what was seen."""

    at: float
    state: State
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Restarted:
    """Another process answers than before: its queue, history and log begin anew."""

    at: float


Observation = (
    LogWrite
    | LogText
    | BacklogRead
    | LogGap
    | QueueSeen
    | JobFinished
    | JobLost
    | JobsTold
    | SystemStats
    | ServerState
    | Restarted
)
