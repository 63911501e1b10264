"""Plays sessions on a clock: what happened at a second happens to the server when that second has come."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import count

from exporters.replay.faults import Fault
from exporters.replay.scene import Scene, Stage
from exporters.replay.session import Session
from exporters.replay.timeline import Timeline

# Between two sessions, in seconds of a session.
_PAUSE_SECONDS = 3.0


class Player:
    """Plays sessions to a server. `clock`: Unix seconds."""

    def __init__(
        self,
        stage: Stage,
        sessions: Sequence[Session],
        *,
        speed: float,
        faults: Sequence[Fault],
        loop: bool,
        utc_offset_seconds: float,
        clock: Callable[[], float],
    ) -> None:
        self._stage, self._sessions, self._speed, self._faults, self._loop = stage, sessions, speed, faults, loop
        self._utc_offset_seconds, self._clock = utc_offset_seconds, clock

    def start_up(self) -> None:
        """What the first process wrote before it answered is in its buffer, stamped as of then."""
        self._scene(self._sessions[0], 0).start_up(self._sessions[0].lives[0].ready)

    async def run(self) -> None:
        """Plays everything, once or for ever."""
        for place in count():
            await self._play(self._scene(self._sessions[place % len(self._sessions)], place), self._faults if not place else ())
            if not self._loop and place + 1 == len(self._sessions):
                return
            await asyncio.sleep(_PAUSE_SECONDS / self._speed)

    async def _play(self, scene: Scene, faults: Sequence[Fault]) -> None:
        for second, act in sorted(scene.steps(faults), key=lambda step: step[0]):
            wait = scene.timeline.wall(second) - self._clock()
            if wait > 0:
                await asyncio.sleep(wait)
            await act()

    def _scene(self, session: Session, place: int) -> Scene:
        ready = session.lives[0].ready
        timeline = Timeline(began_at=self._clock(), second=ready, speed=self._speed, epoch=session.epoch)
        return Scene(self._stage, session, timeline, place=place, utc_offset_seconds=self._utc_offset_seconds)
