"""A replay server watched by an engine: what several modules of tests need."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import time
from typing import Any

from analyzer.runs.model import Run
from analyzer.vram.sample import GpuSample
from exporters.comfyui import target_of
from exporters.engine import Engine, EngineSettings
from exporters.happenings import Happening, RunEnded
from exporters.keeper import Keeper
from exporters.nvml import GpuProcess
from exporters.observations import State
from exporters.replay import ReplayServer, load_session
from tests.captures import executed
from tests.replayed import FAST, until

GIB = 1 << 30


class FakeGpu:
    """A GPU that counts its looks: what it holds goes up and down, and it is always at work."""

    def __init__(self, gpu: int = 0) -> None:
        self.gpu = gpu
        self.looks = 0
        self.closed = False

    def sample(self) -> Sequence[GpuSample]:
        self.looks += 1
        return [
            GpuSample(
                at=time(),
                gpu=self.gpu,
                used_bytes=(4 + self.looks % 3) * GIB,
                total_bytes=24 * GIB,
                process_bytes=3 * GIB,
                utilisation_ratio=0.9,
                temperature_celsius=61.0,
                power_watts=300.0,
                energy_joules=30.0 * self.looks,
                throttle=("sw_power_cap",),
                uuid="GPU-0",
                name="NVIDIA GeForce RTX 4090",
            )
        ]

    def processes(self) -> Sequence[GpuProcess]:
        return [
            GpuProcess(gpu="0", pid=10, used_bytes=3 * GIB, name="python3.12", ours=True),
            GpuProcess(gpu="0", pid=77, used_bytes=1 * GIB, name="ollama", ours=False),
        ]

    def close(self) -> None:
        self.closed = True


@dataclass(slots=True)
class Watch:
    """An engine, its server, and what it told."""

    engine: Engine
    server: ReplayServer
    told: list[Happening] = field(default_factory=list)

    @property
    def runs(self) -> list[Run]:
        return [one.run for one in self.told if isinstance(one, RunEnded)]

    async def play(self, runs: int | None = None) -> None:
        """Plays the session to its end; `runs`: so many runs must have been told."""
        self.server.play()
        await self.server.played()
        if runs is not None:
            await until(lambda: len(self.runs) >= runs, seconds=20.0)


@asynccontextmanager
async def watching(
    *sessions: str,
    speed: float = 40.0,
    server: Mapping[str, Any] | None = None,
    keeper: Keeper | None = None,
    gpu: bool = True,
    **settings: Any,
) -> AsyncIterator[Watch]:
    """An engine that watches a replay server which has not begun to play."""
    loaded = [load_session(session) for session in sessions]
    async with ReplayServer(*loaded, speed=speed, play=False, **(server or {})) as replay:
        given: dict[str, Any] = {"name": "gpu-1", "target": target_of(replay.url), "pace": FAST, "gpu_every_seconds": 0.02}
        engine = Engine(EngineSettings(**given | settings), keeper=keeper, sampler=FakeGpu() if gpu else None)
        watch = Watch(engine, replay)
        engine.subscribe(lambda _, happening: watch.told.append(happening))
        await engine.start()
        try:
            await until(lambda: _connected(watch), seconds=15.0)
            yield watch
        finally:
            await engine.stop()


def _connected(watch: Watch) -> bool:
    paths = [path for _, path, _ in watch.server.asked]
    state = watch.engine.watched.state
    subscribed = any(path.endswith("/subscribe") for path in paths) or watch.engine.settings.log is not None
    told = any("history" in path or "jobs" in path for path in paths)
    return state is not None and state.state is State.UP and subscribed and told and watch.engine.watched.queue is not None


def ran(session: str) -> int:
    """How many prompts of a session ran."""
    return len(executed(session))
