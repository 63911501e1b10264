"""Requests, counted once: from the log where there is one, which shows the rejected ones too, else from the API."""

from collections.abc import Iterator
from dataclasses import replace

from analyzer.events import PendingCancelled, PromptReceived, PromptRejected
from analyzer.runs.assemble import RunAssembler
from analyzer.runs.model import Requests
from exporters.live_runs.log_events import LiveEvent
from exporters.live_runs.updates import RequestQueued, RequestRejected, RequestRemoved, Update
from exporters.observations import QueueSeen

# A request is logged before it is in the queue: a queue seen this soon after may not have it yet.
_SETTLED_SECONDS = 0.5
_MOST_IDS = 12_000


class RequestBook:
    """`counts`: what has been told so far. `last_at`: when the newest request reached us."""

    def __init__(self) -> None:
        self.counts = Requests()
        self._last_at = 0.0
        self._seen: dict[str, None] = {}
        self._unresolved = 0

    def logged(self, live: LiveEvent) -> Iterator[Update]:
        """A line of the log."""
        match live.event:
            case PromptReceived():
                self._last_at = live.arrived_at
                yield from self._queued(live.arrived_at, None)
            case PromptRejected(kind=kind, message=message):
                self.counts = replace(self.counts, rejected=self.counts.rejected + 1)
                yield RequestRejected(at=live.arrived_at, kind=kind, message=message)

    def seen(self, prompt_id: str, at: float, *, counts: bool) -> Iterator[Update]:
        """The API shows a prompt. `counts`: no log does, and it is not past."""
        if prompt_id in self._seen:
            return
        self._seen[prompt_id] = None
        while len(self._seen) > _MOST_IDS:
            del self._seen[next(iter(self._seen))]
        if counts:
            yield from self._queued(at, prompt_id)

    def forget(self, prompt_id: str) -> None:
        """It is over; a client may use its id again."""
        self._seen.pop(prompt_id, None)

    def died_with(self, assembler: RunAssembler, at: float, *, counts: bool) -> Iterator[Update]:
        """Requests that the log shows to have died with the server. `counts`: no API tells of them one by one."""
        new, self._unresolved = assembler.requests.unresolved - self._unresolved, assembler.requests.unresolved
        for _ in range(new if counts else 0):
            yield self._removed(at, None)

    def clock_set_back(self, now: float) -> None:
        """Our clock was set back."""
        self._last_at = min(self._last_at, now)

    def begin_anew(self) -> None:
        """The log is read by a new assembler."""
        self._unresolved = 0

    def lost(self, count: int, assembler: RunAssembler, at: float, prompt_id: str | None = None) -> Iterator[Update]:
        """Requests that will never run, of which the log says nothing: they must not be taken for those of the next runs."""
        for _ in range(count):
            if assembler.waiting:
                assembler.feed(PendingCancelled(line=0, prompt_id=prompt_id))
                self._unresolved += 1
            yield self._removed(at, prompt_id)

    def is_settled(self, seen: QueueSeen) -> bool:
        """Whether the queue is empty, and was asked about late enough for that to mean something."""
        return not seen.running and not seen.pending and seen.asked_at > self._last_at + _SETTLED_SECONDS

    def _queued(self, at: float, prompt_id: str | None) -> Iterator[Update]:
        self.counts = replace(self.counts, received=self.counts.received + 1)
        yield RequestQueued(at=at, prompt_id=prompt_id)

    def _removed(self, at: float, prompt_id: str | None) -> Update:
        self.counts = replace(self.counts, unresolved=self.counts.unresolved + 1)
        return RequestRemoved(at=at, prompt_id=prompt_id)
