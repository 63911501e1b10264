"""Servers as the live view may find them, made from the same updates as real ones."""

from collections.abc import Callable, Mapping
from typing import Any

from analyzer.events import Event, Role, WeightsRead
from analyzer.predict import History
from analyzer.runs.model import Failure, Outcome, Vram, VramSource, Workflow
from exporters.live_runs import RunFinished, RunInFlight, RunProgress, RunStarted
from exporters.notifiers import Severity
from exporters.observations import DeviceMemory, QueuedPrompt, QueueSeen, ServerState, State, SystemStats
from exporters.watched import Watched
from exporters.watching.gpu_rows import GpuNow
from exporters.watching.past_rows import Told
from tests.builders import run
from tests.live import frame, loaded, plain_run, requested

# 2026-05-17, 14:00:00 UTC.
NOON = 1_779_026_400.0
GIB = 1 << 30
HOSTILE = "\x1b[31mred\x1b]0;owned\x07 [bold]x[/] \u202eevil\r\nlost\x9b2J"
GPU = GpuNow(
    label="0",
    used_bytes=round(21.3 * GIB),
    total_bytes=round(23.6 * GIB),
    server_bytes=round(15.2 * GIB),
    run_peak_bytes=round(22.0 * GIB),
    busy_ratio=0.98,
    temperature_celsius=61.0,
    slowed=True,
)
TOLD = [Told(at=NOON + 140.0, text="a run is likely to exceed its limit of 300 s", severity=Severity.WARNING)]
FLUX = Workflow(name="portraits", signature="model:Flux|passes:1", graph_signature="g")


def running() -> Watched:
    """Half-way through a pass that will not end in time."""
    watched = _up(Watched("gpu-1:8188", limit_seconds=300.0, history=History.of_courses([plain_run(step=2.0)] * 40)))
    _ended(watched, NOON - 400.0, outcome=Outcome.SUCCESS, duration_seconds=45.2, vram=_vram(12.1))
    oom = Failure(kind="OutOfMemoryError", message="Allocation on device 0 would exceed allowed memory", line=9)
    _ended(watched, NOON - 200.0, outcome=Outcome.OOM, duration_seconds=61.0, failure=oom)
    _ended(watched, NOON - 50.0, outcome=Outcome.SUCCESS, duration_seconds=312.5, queue_seconds=4.0)
    flight = RunInFlight(seen_at=NOON, prompt_id="p", queued_at=NOON - 4.0, started_at=NOON, workflow=FLUX)
    watched.feed(RunStarted(at=NOON, run=flight))
    told: list[tuple[float, Event]] = [
        (0.5, requested("FluxClipModel_")),
        (2.0, loaded()),
        (4.0, WeightsRead(line=1, role=Role.DIFFUSION)),
        (4.5, requested("Flux")),
        (41.0, loaded()),
        *((43.0 + 9.5 * number, frame(number, 30, float(int(9.5 * number)))) for number in range(15)),
    ]
    for after, event in told:
        watched.feed(RunProgress(at=NOON + after, run=flight, event=event))
        watched.look(NOON + after)
    return watched


def idle() -> Watched:
    """Nothing to do."""
    watched = _up(Watched("gpu-1:8188"))
    _ended(watched, NOON - 400.0, outcome=Outcome.SUCCESS, duration_seconds=45.2)
    return watched


def down() -> Watched:
    watched = idle()
    watched.feed(ServerState(at=NOON, state=State.DOWN, reason="the connection is refused: nothing listens there"))
    return watched


def stalled() -> Watched:
    """A run of a log alone, of which nothing has come for long."""
    watched = Watched("comfyui.log")
    flight = RunInFlight(seen_at=NOON)
    watched.feed(RunStarted(at=NOON, run=flight))
    watched.feed(RunProgress(at=NOON + 1.0, run=flight, event=requested("Flux")))
    watched.look(NOON + 160.0)
    return watched


def hostile() -> Watched:
    """Log text may hold anything."""
    watched = _up(Watched(HOSTILE))
    workflow = Workflow(name=HOSTILE, signature="s")
    failure = Failure(kind=HOSTILE, message=HOSTILE, line=1)
    _ended(watched, NOON - 9.0, outcome=Outcome.ERROR, failure=failure, workflow=workflow)
    watched.feed(RunStarted(at=NOON, run=RunInFlight(seen_at=NOON, started_at=NOON, workflow=workflow)))
    watched.look(NOON + 10.0)
    watched.feed(ServerState(at=NOON + 10.0, state=State.STALLED, reason=HOSTILE))
    return watched


SERVERS: Mapping[str, Callable[[], Watched]] = {
    "running": running,
    "idle": idle,
    "down": down,
    "stalled": stalled,
    "hostile": hostile,
}


def _up(watched: Watched) -> Watched:
    watched.feed(ServerState(at=NOON - 900.0, state=State.UP, reason="it answers"))
    waiting = tuple(QueuedPrompt(prompt_id=f"w{number}") for number in range(2))
    watched.feed(QueueSeen(at=NOON, asked_at=NOON, running=(QueuedPrompt(prompt_id="p"),), pending=waiting))
    device = DeviceMemory(
        index=0,
        name="cuda:0",
        kind="cuda",
        total_bytes=24 * GIB,
        free_bytes=4 * GIB,
        torch_total_bytes=15 * GIB,
        torch_free_bytes=GIB,
    )
    stats = SystemStats(
        at=NOON,
        comfyui_version="0.8.0",
        python_version=None,
        pytorch_version=None,
        ram_total_bytes=None,
        ram_free_bytes=None,
        devices=(device,),
    )
    watched.feed(stats)
    return watched


def _ended(watched: Watched, at: float, **given: Any) -> None:
    values: dict[str, Any] = {"workflow": FLUX, "ended_at": at, "started_at": at - 45.0}
    watched.feed(RunFinished(at=at, run=run(**values | given)))


def _vram(gib: float) -> Vram:
    return Vram(peak_bytes=round(gib * GIB), source=VramSource.NVML)
