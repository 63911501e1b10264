"""Recorded sessions played fast to the real client: what a watcher of the server would have been told."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from exporters.comfyui import Pace, target_of
from exporters.comfyui.client import observe
from exporters.live_runs import LiveRuns, RunFinished, Update, follow
from exporters.observations import JobsTold, Observation, QueueSeen, Restarted, ServerState, State
from exporters.replay import AS_RECORDED, Front, ReplayServer, load_session
from tests.captures import executed

# As for a real server, at the speed of the replay.
FAST = Pace(poll=0.5, least=0.02, answer=3.0, connect=3.0, first_retry=0.05, most_retry=0.3, deaf=1.0)
SETTLE_SECONDS = 0.1
_Name = TypeVar("_Name", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A session, how the server is, and how it is watched."""

    session: str
    speed: float = 30.0
    server: Mapping[str, Any] = field(default_factory=dict)
    target: Mapping[str, Any] = field(default_factory=dict)
    log: bool = True
    pace: Pace = FAST


@dataclass(slots=True, repr=False)
class Played:
    """What came of it."""

    scenario: Scenario
    updates: list[Update] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    runs: LiveRuns = field(default_factory=LiveRuns)
    asked: Sequence[tuple[str, str, Mapping[str, str]]] = ()

    @property
    def finished(self) -> list[RunFinished]:
        return [update for update in self.updates if isinstance(update, RunFinished)]

    def of(self, kind: type[Any]) -> list[Any]:
        return [seen for seen in self.observations if isinstance(seen, kind)]

    @property
    def states(self) -> list[State]:
        return [seen.state for seen in self.of(ServerState)]

    @property
    def restarts(self) -> int:
        return len(self.of(Restarted))


async def play(scenario: Scenario) -> Played:
    """Plays a session to the end while it is watched."""
    played = Played(scenario, runs=LiveRuns(scenario.session, grace_seconds=5.0))
    async with ReplayServer(load_session(scenario.session), speed=scenario.speed, play=False, **scenario.server) as server:
        target = target_of(server.url, **scenario.target)
        watching = asyncio.ensure_future(_watch(played, observe(target, pace=scenario.pace, log=scenario.log)))
        await until(lambda: _ready(played, server.asked, scenario), watching)
        server.play()
        await server.played()
        over_at = time.time()
        await until(lambda: _told_all(played, over_at), watching, seconds=20.0)
        await asyncio.sleep(SETTLE_SECONDS if _streams(scenario) else scenario.pace.poll + SETTLE_SECONDS)
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        played.asked = list(server.asked)
    return played


async def _watch(played: Played, observations: AsyncGenerator[Observation, None]) -> None:
    async def kept() -> AsyncGenerator[Observation, None]:
        try:
            async for seen in observations:
                played.observations.append(seen)
                yield seen
        finally:
            await observations.aclose()

    updates = follow(played.runs, [kept()])
    try:
        async for update in updates:
            played.updates.append(update)
    finally:
        await updates.aclose()


def _ready(played: Played, asked: Iterable[tuple[str, str, Mapping[str, str]]], scenario: Scenario) -> bool:
    """It is being watched: the socket is there, and the log, where it is wanted, and what is past has been told."""
    paths = [path for _, path, _ in asked]
    if _streams(scenario):
        subscribed = next((place for place, path in enumerate(paths) if path.endswith("/subscribe")), len(paths))
        if not any(path.endswith("/raw") for path in paths[subscribed:]):
            return False
    return bool(played.of(JobsTold)) and any(path.endswith("/ws") for path in paths)


def _streams(scenario: Scenario) -> bool:
    """Whether the log comes as it is written."""
    behaviour, front = scenario.server.get("behaviour", AS_RECORDED), scenario.server.get("front", Front())
    return bool(scenario.log and behaviour.log_stream and front.passes_sockets)


def _told_all(played: Played, over_at: float) -> bool:
    """Queue and history have been looked at since; or all was told before, and the next look has found nothing new."""
    if all(any(seen.asked_at > over_at for seen in played.of(kind)) for kind in (QueueSeen, JobsTold)):
        return True
    looked = time.time() > over_at + 2 * played.scenario.pace.poll
    return looked and len(played.finished) >= len(executed(played.scenario.session))


async def until(met: Callable[[], bool], task: "asyncio.Future[Any] | None" = None, seconds: float = 10.0) -> None:
    """Waits until a condition is met; fails where it is not, or where the task ends before."""
    end = time.monotonic() + seconds
    while not met():
        if task is not None and task.done():
            task.result()
        assert time.monotonic() < end, "did not happen in time"
        await asyncio.sleep(0.005)


def play_all(scenarios: Mapping[_Name, Scenario]) -> dict[_Name, Played]:
    """All scenarios at once: most of the time each of them waits."""

    async def all_of_them() -> dict[_Name, Played]:
        tasks: list[Awaitable[Played]] = [play(scenario) for scenario in scenarios.values()]
        return dict(zip(scenarios, await asyncio.gather(*tasks), strict=True))

    return asyncio.run(all_of_them())
