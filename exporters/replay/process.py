"""The replayed server as a process: queue, history, log buffer and memory, changed by what happens. Pure."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from exporters.replay.behaviour import Behaviour
from exporters.replay.session import Prompt, Session
from exporters.replay.timeline import Timeline

RING_WRITES = 300
# The real server keeps 10,000; a replay that goes on for days need not.
_MOST_HISTORY = 1000

Item = list[Any]
Entry = dict[str, str]


@dataclass(slots=True)
class Process:
    """One life of the server. Items of the queue have the API's form: number, id, graph, extra data, outputs.

    `next_number`: what the next prompt would get, by how many came before it.
    """

    running: dict[str, Item] = field(default_factory=dict)
    pending: dict[str, Item] = field(default_factory=dict)
    history: dict[str, dict[str, Any]] = field(default_factory=dict)
    ring: deque[Entry] = field(default_factory=lambda: deque(maxlen=RING_WRITES))
    next_number: float = 0.0

    @property
    def queue_remaining(self) -> int:
        """Prompts that run or wait."""
        return len(self.running) + len(self.pending)

    def write(self, entry: Entry) -> None:
        """A frame of a progress bar takes the place of the frame before it (`app/logger.py`)."""
        if entry["m"].startswith("\r") and self.ring and not self.ring[-1]["m"].endswith("\n"):
            self.ring.pop()
        self.ring.append(entry)

    def put(self, item: Item) -> None:
        """A prompt enters the queue."""
        self.pending[item[1]] = item
        self.next_number = max(self.next_number, abs(item[0]) + 1)

    def get(self, prompt_id: str) -> None:
        """The worker takes it."""
        self.running[prompt_id] = self.pending.pop(prompt_id)

    def done(self, prompt_id: str, entry: Mapping[str, Any]) -> None:
        """It ended."""
        self.history[prompt_id] = {"prompt": self.running.pop(prompt_id), **entry}
        while len(self.history) > _MOST_HISTORY:
            del self.history[next(iter(self.history))]

    def delete(self, prompt_id: str) -> None:
        """Somebody took it out of the queue."""
        self.pending.pop(prompt_id, None)


def item_of(prompt: Prompt, prompt_id: str, number: float, timeline: Timeline, behaviour: Behaviour) -> Item:
    """A prompt's item in the queue."""
    extra = timeline.shifted(prompt.extra_data)
    if not behaviour.create_time:
        extra.pop("create_time", None)
    return [number, prompt_id, prompt.graph, extra, list(prompt.outputs)]


def entry_of(prompt: Prompt, prompt_id: str, timeline: Timeline) -> dict[str, Any]:
    """What the history keeps of it, without its item."""
    entry: dict[str, Any] = timeline.shifted(with_id(prompt.history or {}, prompt.id, prompt_id))
    return entry


def with_id(value: Any, old: str, new: str) -> Any:
    """An answer or message with another prompt id."""
    if isinstance(value, Mapping):
        return {key: with_id(field, old, new) for key, field in value.items()}
    if isinstance(value, list | tuple):
        return [with_id(item, old, new) for item in value]
    return new if value == old else value


def stats_of(session: Session, behaviour: Behaviour, free_bytes: tuple[int, int]) -> dict[str, Any]:
    """The answer of /system_stats."""
    ram, vram = free_bytes
    system = {**session.stats["system"], "ram_free": ram or session.stats["system"]["ram_free"]}
    system.pop("comfyui_version", None)
    if behaviour.version is not None:
        system["comfyui_version"] = behaviour.version
    device = dict(session.stats["devices"][0])
    if vram:
        device |= {"vram_free": vram, "torch_vram_free": vram}
    return {"system": system, "devices": [device]}


def local_stamp(at: float, offset_seconds: float) -> str:
    """The server's own local time without a zone, as it stamps its writes."""
    return datetime.fromtimestamp(at + offset_seconds, UTC).replace(tzinfo=None).isoformat()


# --- /api/jobs: not recorded, made from the queue and the history as the server's own code does (`comfy_execution/jobs.py`) ---


def jobs_of(process: Process, behaviour: Behaviour) -> Iterator[dict[str, Any]]:
    """All jobs; fields that are not known are left out, as the server does."""
    for item in process.running.values():
        yield _job(item, "in_progress")
    for item in process.pending.values():
        yield _job(item, "pending")
    for entry in process.history.values():
        yield _finished_job(entry, behaviour)


def _job(item: Item, status: str) -> dict[str, Any]:
    extra = item[3]
    job = {"id": item[1], "status": status, "priority": item[0], "create_time": extra.get("create_time")}
    job["workflow_id"] = extra.get("extra_pnginfo", {}).get("workflow", {}).get("id")
    return {name: value for name, value in job.items() if value is not None}


def _finished_job(entry: Mapping[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    status = entry["status"]
    events = [name for name, _ in status["messages"]]
    interrupted = "execution_interrupted" in events and behaviour.job_cancelled
    ended = "cancelled" if interrupted else "completed" if status["status_str"] == "success" else "failed"
    times = [data["timestamp"] for _, data in status["messages"]]
    job = _job(entry["prompt"], ended) | {"execution_start_time": times[0], "execution_end_time": times[-1]}
    errors = [data for name, data in status["messages"] if name == "execution_error"]
    job["outputs_count"] = sum(len(files) for out in entry["outputs"].values() for files in out.values())
    return job | ({"execution_error": errors[0]} if errors else {})


def job_detail(process: Process, behaviour: Behaviour, prompt_id: str) -> dict[str, Any] | None:
    """One job with its outputs and its workflow."""
    job = next((job for job in jobs_of(process, behaviour) if job["id"] == prompt_id), None)
    if job is None:
        return None
    entry = process.history.get(prompt_id)
    item = entry["prompt"] if entry else (process.running.get(prompt_id) or process.pending[prompt_id])
    detail = job | {"workflow": {"prompt": item[2], "extra_data": item[3]}}
    return detail | ({"outputs": entry["outputs"], "execution_status": entry["status"]} if entry else {})
