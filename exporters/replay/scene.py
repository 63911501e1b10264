"""One session on the stage: its happenings, deaths and faults as steps, each done to the server at its second."""

import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Protocol

from exporters.replay.behaviour import Behaviour
from exporters.replay.clients import Clients
from exporters.replay.faults import Drop, Fault, Restart, Stall
from exporters.replay.process import Entry, Process, entry_of, item_of, local_stamp, with_id
from exporters.replay.scaling import TextScaler
from exporters.replay.session import Happening, Kind, Session
from exporters.replay.timeline import Timeline

Step = tuple[float, Callable[[], Awaitable[None]]]


class Stage(Protocol):
    """The server that things happen to."""

    behaviour: Behaviour
    process: Process
    clients: Clients
    terminal: Mapping[str, int]
    free_bytes: tuple[int, int]

    def tell_status(self) -> None: ...
    def drop(self) -> None: ...
    def stall(self, *, stalled: bool) -> None: ...
    async def open_port(self) -> None: ...
    async def close_port(self) -> None: ...


class Scene:
    """One session being played. `place`: how many were played before it; a prompt has another id each time."""

    def __init__(self, stage: Stage, session: Session, timeline: Timeline, *, place: int, utc_offset_seconds: float) -> None:
        self.timeline = timeline
        self._stage, self._session, self._place = stage, session, place
        self._utc_offset_seconds = utc_offset_seconds
        self._scaler = TextScaler(timeline.speed)
        self._entries: dict[int, Entry] = {}
        self._lost: set[int | None] = set()
        self._down = False
        self._number_shift: float | None = 0.0 if place == 0 else None

    def start_up(self, ready: float) -> None:
        """What a process writes before it answers, which is at second `ready`."""
        life = self._session.lives[0]
        for one in self._session.happenings:
            if one.kind is Kind.WRITE and one.at <= life.ready:
                self._stage.process.write(self._entry(one.at - life.ready + ready, one.text))

    def steps(self, faults: Sequence[Fault]) -> Iterator[Step]:
        """What is to be done, and at which second."""
        begin, end = self._session.lives[0].ready, self._session.lives[-1].end
        for place, one in enumerate(self._session.happenings):
            if begin < one.at <= end:
                yield one.at, partial(self._happen, place, one)
        for ended, begun in zip(self._session.lives, self._session.lives[1:], strict=False):
            yield ended.end, self._die
            yield begun.ready, self._stage.open_port
        for fault in faults:
            yield from self._goes_wrong(fault)

    def _goes_wrong(self, fault: Fault) -> Iterator[Step]:
        match fault:
            case Drop():
                yield fault.at, self._drop
            case Stall():
                yield fault.at, partial(self._stall, stalled=True)
                yield fault.at + fault.seconds, partial(self._stall, stalled=False)
            case Restart():
                yield fault.at, partial(self._kill, fault)
                yield fault.at + fault.down_seconds, partial(self._revive, fault.at + fault.down_seconds)

    # --- lives and faults ----------------------------------------------------------------------------------------

    async def _die(self) -> None:
        await self._stage.close_port()
        self._stage.process = Process()
        self._number_shift = 0.0

    async def _kill(self, fault: Restart) -> None:
        back, happenings = fault.at + fault.down_seconds, self._session.happenings
        ended = {one.prompt for one in happenings if one.kind in (Kind.DONE, Kind.DELETE) and one.at <= fault.at}
        self._lost |= {one.prompt for one in happenings if one.kind is Kind.PUT and one.at <= back} - ended
        self._down = True
        await self._die()

    async def _revive(self, second: float) -> None:
        self.start_up(second)
        self._down, self._number_shift = False, None
        await self._stage.open_port()

    async def _drop(self) -> None:
        self._stage.drop()

    async def _stall(self, *, stalled: bool) -> None:
        self._stage.stall(stalled=stalled)

    # --- happenings ----------------------------------------------------------------------------------------------

    async def _happen(self, place: int, one: Happening) -> None:
        if self._down or (one.prompt is not None and one.prompt in self._lost):
            return
        match one.kind:
            case Kind.WRITE:
                self._entries[place] = self._entry(one.at, one.text)
                self._stage.process.write(self._entries[place])
            case Kind.FLUSH:
                entries = [self._entries[write] for write in one.writes if write in self._entries]
                self._stage.clients.send_log(entries, self._stage.terminal)
            case Kind.STATS:
                self._stage.free_bytes = one.free_bytes
            case Kind.MESSAGE:
                self._send(one)
            case _:
                self._change(one)

    def _entry(self, second: float, text: str) -> Entry:
        stamp = local_stamp(self.timeline.wall(second), self._utc_offset_seconds)
        return {"t": stamp, "m": self._scaler.scale(second, text)}

    def _send(self, one: Happening) -> None:
        message = self.timeline.shifted(one.message)
        if one.prompt is not None:
            message = with_id(message, self._session.prompts[one.prompt].id, self._id(one.prompt))
        self._stage.clients.send_all(message)

    def _change(self, one: Happening) -> None:
        assert one.prompt is not None
        process, prompt, prompt_id = self._stage.process, self._session.prompts[one.prompt], self._id(one.prompt)
        match one.kind:
            case Kind.PUT:
                number = self._number(prompt.number)
                process.put(item_of(prompt, prompt_id, number, self.timeline, self._stage.behaviour))
            case Kind.GET:
                process.get(prompt_id)
            case Kind.DONE:
                process.done(prompt_id, entry_of(prompt, prompt_id, self.timeline))
            case Kind.DELETE:
                process.delete(prompt_id)
        self._stage.tell_status()

    def _id(self, prompt: int) -> str:
        recorded = self._session.prompts[prompt].id
        return recorded if not self._place else str(uuid.uuid5(uuid.UUID(recorded), str(self._place)))

    def _number(self, recorded: float) -> float:
        """Numbers go on in a process and start at 0 in a new one; negative ones go to the front."""
        if self._number_shift is None:
            self._number_shift = self._stage.process.next_number - abs(recorded)
        return recorded + self._number_shift if recorded >= 0 else recorded - self._number_shift
