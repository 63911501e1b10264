"""Answers of the API to facts. Other people's data: what has another form than expected is left out, never an exception."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analyzer.families.oom import is_out_of_memory
from analyzer.runs.graph_signature import graph_facts
from analyzer.runs.model import Outcome
from exporters.observations import DeviceMemory, JobFailure, QueuedPrompt, SystemStats

_MESSAGE_LIMIT = 2000
# The year 9999, in milliseconds: no calendar goes on behind it.
_LAST_MOMENT = 253_402_214_400_000
Write = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A prompt that has ended. Times are Unix seconds of the server's clock."""

    prompt: QueuedPrompt
    outcome: Outcome
    started_at: float | None
    ended_at: float | None
    failure: JobFailure | None = None
    cached_nodes: int | None = None


Queue = tuple[tuple[QueuedPrompt, ...], tuple[QueuedPrompt, ...]]


def queue_of(body: object) -> Queue:
    """Running and pending prompts of /queue; the pending ones come as a heap, not in their order."""
    running = _prompts(_field(body, "queue_running"))
    pending = sorted(_prompts(_field(body, "queue_pending")), key=lambda prompt: prompt.number or 0.0)
    return tuple(running), tuple(pending)


def _prompts(items: object) -> list[QueuedPrompt]:
    return [prompt for item in _list(items) if (prompt := _prompt(item))]


def _prompt(item: object) -> QueuedPrompt | None:
    """An item of the queue or of the history: number, id, graph, extra data, outputs."""
    if not isinstance(item, list | tuple) or len(item) < 3 or not isinstance(item[1], str):
        return None
    extra, outputs = (*item[3:5], None, None)[:2]
    return QueuedPrompt(
        prompt_id=item[1],
        number=_number(item[0]),
        create_time=_moment(_field(extra, "create_time")),
        graph=graph_facts(item[2], outputs if isinstance(outputs, list) else None),
    )


def count_of(body: object) -> int | None:
    """How many prompts run and wait, from /prompt or a `status` message's status."""
    return _whole(_field(_field(body, "exec_info"), "queue_remaining"))


# --- jobs -----------------------------------------------------------------------------------------------------------


def active_jobs(body: object) -> Queue:
    """Running and pending prompts of /api/jobs; their graphs must be asked for."""
    jobs = [job for job in _list(_field(body, "jobs")) if isinstance(_field(job, "id"), str)]
    running = (_job_prompt(job) for job in jobs if job.get("status") == "in_progress")
    pending = (_job_prompt(job) for job in jobs if job.get("status") == "pending")
    return tuple(running), tuple(sorted(pending, key=lambda prompt: prompt.number or 0.0))


def _job_prompt(job: Mapping[str, Any]) -> QueuedPrompt:
    return QueuedPrompt(prompt_id=job["id"], number=_number(job.get("priority")), create_time=_moment(job.get("create_time")))


def job_prompt(body: object) -> QueuedPrompt | None:
    """A prompt with its graph, from /api/jobs/{id}."""
    if not isinstance(body, Mapping) or not isinstance(body.get("id"), str):
        return None
    plain, graph = _job_prompt(body), graph_facts(_field(body.get("workflow"), "prompt"))
    return QueuedPrompt(prompt_id=plain.prompt_id, number=plain.number, create_time=plain.create_time, graph=graph)


_JOB_OUTCOMES = {"completed": Outcome.SUCCESS, "failed": Outcome.ERROR, "cancelled": Outcome.INTERRUPTED}


def ended_jobs(body: object) -> Iterator[Ended]:
    """The prompts that have ended, with what the list says of them; what was cached stands in the history only."""
    for job in _list(_field(body, "jobs")):
        outcome = _JOB_OUTCOMES.get(str(_field(job, "status")))
        if outcome is not None and isinstance(_field(job, "id"), str):
            failure = _failure(_field(job, "execution_error"))
            yield Ended(
                prompt=_job_prompt(job),
                outcome=_with_memory(outcome, failure),
                started_at=_moment(_field(job, "execution_start_time")),
                ended_at=_moment(_field(job, "execution_end_time")),
                failure=failure,
            )


# --- the history ----------------------------------------------------------------------------------------------------

_ENDS = ("execution_success", "execution_error", "execution_interrupted")


def history_of(body: object) -> Iterator[Ended]:
    """The prompts of a history, in the order in which they ended."""
    for entry in body.values() if isinstance(body, Mapping) else ():
        if prompt := _prompt(_field(entry, "prompt")):
            yield _ended(prompt, _field(entry, "status"))


def _ended(prompt: QueuedPrompt, status: object) -> Ended:
    """Messages say more than `status_str`, which may be the one of the prompt before."""
    told = {
        str(message[0]): message[1]
        for message in _list(_field(status, "messages"))
        if isinstance(message, list) and len(message) == 2
    }
    end = next((name for name in _ENDS if name in told), None)
    failure = _failure(told.get("execution_error"))
    cached = _list(_field(told.get("execution_cached"), "nodes"))
    return Ended(
        prompt=prompt,
        outcome=_outcome(prompt, end, failure, cached, _field(status, "status_str")),
        started_at=_moment(_field(told.get("execution_start"), "timestamp")),
        ended_at=_moment(_field(told.get(end or ""), "timestamp")),
        failure=failure,
        cached_nodes=len(cached) if "execution_cached" in told else None,
    )


def _outcome(
    prompt: QueuedPrompt, end: str | None, failure: JobFailure | None, cached: Sequence[object], status: object
) -> Outcome:
    if end == "execution_interrupted":
        return Outcome.INTERRUPTED
    if end == "execution_error" or (end is None and status == "error"):
        return _with_memory(Outcome.ERROR, failure)
    if prompt.graph and cached and prompt.graph.classes.keys() <= set(map(str, cached)):
        return Outcome.CACHED
    return Outcome.SUCCESS


def _with_memory(outcome: Outcome, failure: JobFailure | None) -> Outcome:
    memory = outcome is Outcome.ERROR and failure is not None and is_out_of_memory(failure.kind, failure.message)
    return Outcome.OOM if memory else outcome


def _failure(data: object) -> JobFailure | None:
    if not isinstance(data, Mapping):
        return None
    message = data.get("exception_message")
    return JobFailure(
        kind=_text(data.get("exception_type")) or "exception",
        message=message.strip()[:_MESSAGE_LIMIT] if isinstance(message, str) else "",
        node_id=_text(data.get("node_id")),
        node_class=_text(data.get("node_type")),
    )


# --- memory and log -------------------------------------------------------------------------------------------------


def stats_of(body: object, at: float) -> SystemStats:
    """A sample of /system_stats."""
    system = _field(body, "system")
    return SystemStats(
        at=at,
        comfyui_version=_text(_field(system, "comfyui_version")),
        python_version=_text(_field(system, "python_version")),
        pytorch_version=_text(_field(system, "pytorch_version")),
        ram_total_bytes=_whole(_field(system, "ram_total")),
        ram_free_bytes=_whole(_field(system, "ram_free")),
        devices=tuple(_device(device) for device in _list(_field(body, "devices")) if isinstance(device, Mapping)),
    )


def _device(device: Mapping[str, Any]) -> DeviceMemory:
    return DeviceMemory(
        index=_whole(device.get("index")),
        name=_text(device.get("name")) or "",
        kind=_text(device.get("type")) or "",
        total_bytes=_whole(device.get("vram_total")),
        free_bytes=_whole(device.get("vram_free")),
        torch_total_bytes=_whole(device.get("torch_vram_total")),
        torch_free_bytes=_whole(device.get("torch_vram_free")),
    )


def writes_of(body: object) -> list[Write]:
    """Stamp and text of each write, from /internal/logs/raw or a `logs` message."""
    entries = _list(_field(body, "entries"))
    return [(entry["t"], entry["m"]) for entry in entries if _text(_field(entry, "t")) and isinstance(_field(entry, "m"), str)]


# --- small things ---------------------------------------------------------------------------------------------------


def _field(value: object, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _moment(value: object) -> float | None:
    """Unix seconds of Unix milliseconds."""
    number = _number(value)
    return number / 1000 if number and 0 < number < _LAST_MOMENT else None
