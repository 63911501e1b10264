"""A log that is being written: which run is in flight, and what became of those that have ended."""

from dataclasses import dataclass, replace

from analyzer.budgets import with_budget
from analyzer.events import Event
from analyzer.predict.course import Course
from analyzer.predict.live_run import LiveRun
from analyzer.predict.past import course_of_live
from analyzer.runs.assemble import RunAssembler
from analyzer.runs.model import Run
from analyzer.runs.open_run import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A run that has ended: as the log has it, its course for the history, and what it was while it ran."""

    run: Run
    course: Course
    live: LiveRun | None


class LiveLog:
    """Feed it the events of a log or of the API's log stream, from one server, as they arrive.

    `current`: the run in flight; None while the server is idle. `waiting`: requests behind it. Runs are told apart by the same
    rules as in a finished log.
    """

    def __init__(self) -> None:
        self._assembler = RunAssembler(finish=with_budget)
        self._request: Request | None = None
        self.current: LiveRun | None = None

    @property
    def waiting(self) -> int:
        """Requests that wait behind the run in flight."""
        queued = len(self._assembler.waiting)
        return queued - 1 if queued and self._assembler.in_flight is None else queued

    def feed(self, event: Event, at: float | None = None) -> Ended | None:
        """Reads an event; the run that it ends, if it ends one. `at`: when it arrived, for a line without a stamp."""
        if event.at is None and at is not None:
            event = replace(event, at=at)
        self._assembler.feed(event)
        ended = self._ended()
        self._follow()
        open_run = self._assembler.in_flight
        if self.current and open_run and open_run.events and open_run.events[-1] is event:
            self.current.feed(event)
        return ended

    def _ended(self) -> Ended | None:
        taken = self._assembler.take()
        if not taken:
            return None
        run, live = taken[-1], self.current
        self.current = self._request = None
        return Ended(run=run, course=course_of_live(live or LiveRun(), run), live=live)

    def _follow(self) -> None:
        """Finds the run in flight: the one being read, or the request that must be worked on now although nothing says so yet."""
        open_run, waiting = self._assembler.in_flight, self._assembler.waiting
        request = open_run.request if open_run else waiting[0] if waiting else None
        if request is None and open_run is None:
            self.current = None
        elif self.current is None or request is not self._request:
            self.current = self._new(request)
        self._request = request

    def _new(self, request: Request | None) -> LiveRun:
        if request is None:
            return LiveRun(resident_model=self._assembler.resident_model)
        queued_at, free_at = request.at, self._assembler.last_end_at
        if queued_at is None:
            started_at = None if request.idle else free_at
        elif request.idle:
            started_at = queued_at
        else:
            started_at = None if free_at is None else max(queued_at, free_at)
        return LiveRun(
            started_at=started_at,
            queue_seconds=started_at - queued_at if started_at is not None and queued_at is not None else None,
            resident_model=self._assembler.resident_model,
        )
