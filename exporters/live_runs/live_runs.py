"""Observations of a server's API, of its log, or of both, to what becomes of requests and runs. Pure: time comes with each.

The log shows a run's lines as they are written, the API its id, exact times and outcome soon after its end. So a closing line is
held until the API has told the end that belongs to it; what a print brings late is still put into its run meanwhile.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace

from analyzer.containers import Zone
from analyzer.events import PromptFinished, PromptReceived, PromptRejected
from analyzer.runs.assemble import RunAssembler
from analyzer.runs.model import Outcome, Requests, Run, ServerStart, Workflow
from exporters.live_runs.in_flight import InFlight
from exporters.live_runs.joining import JobEnd, closed, from_api_alone, joined, shown
from exporters.live_runs.log_events import LiveEvent, LogEvents
from exporters.live_runs.pairing import Pairing, is_cut_off, is_same
from exporters.live_runs.requests import RequestBook
from exporters.live_runs.updates import RunFinished, RunProgress, Update
from exporters.observations import (
    BacklogRead,
    JobFinished,
    JobLost,
    JobsTold,
    LogGap,
    LogText,
    LogWrite,
    Observation,
    QueueSeen,
    Restarted,
    ServerState,
    State,
    SystemStats,
)

# How long one source waits for the other, if nothing tells that it waits in vain.
GRACE_SECONDS = 10.0
# A clock that goes back by more than this was set.
_SET_BACK_SECONDS = 5.0
# A log that was written to so long ago may have no server any more.
_OPEN_SECONDS = 600.0
# Runs that the log alone has told, in case the API tells of them after all.
_MOST_ALONE = 64
_EVER = float("inf")


class LiveRuns:
    """Feed it observations; each gives the updates that it means. `tick` from time to time, for what waits in vain.

    `name`: the source of the runs. `zone`: where a log file's stamps without one come from. `spellings`: workflows by the
    signature of their graph, as known from the history; what is learned is added.
    """

    def __init__(
        self,
        name: str = "live",
        *,
        zone: Zone = None,
        spellings: Mapping[str, Workflow] | None = None,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self.spellings = dict(spellings or {})
        self._name, self._zone, self._grace_seconds = name, zone, grace_seconds
        self._events = LogEvents(zone)
        self._assembler = _assembler()
        self._held: deque[LiveEvent] = deque()
        self._pairing = Pairing()
        self._cut_off: deque[tuple[Run, float]] = deque()
        self._in_flight = InFlight(self.spellings)
        self._requests = RequestBook()
        self._number = 0
        self._alone: deque[Run] = deque(maxlen=_MOST_ALONE)
        self._log_seen = self._jobs_known = self._away = False
        self._now = 0.0
        self._earlier_lines = (0, 0)

    @property
    def requests(self) -> Requests:
        """Requests told so far: received, rejected, and those that will never run."""
        return self._requests.counts

    @property
    def lines(self) -> tuple[int, int]:
        """Lines of log text read, and those of them that no wording takes."""
        return self._earlier_lines[0] + self._events.lines, self._earlier_lines[1] + self._events.unrecognised

    @property
    def server(self) -> ServerStart | None:
        """What the server's start-up lines say; None where they were not read."""
        starts = self._assembler.server_starts
        return starts[-1] if starts else None

    def feed(self, seen: Observation) -> list[Update]:
        """What an observation means."""
        self._now = max(self._now, seen.at)
        return list(self._meaning(seen))

    def tick(self, now: float) -> list[Update]:
        """Time has passed without an observation."""
        if now < self._now - _SET_BACK_SECONDS:
            self._set_back(now)
        self._now = max(self._now, now)
        return list(self._overdue())

    def close(self) -> None:
        """Nothing more will come."""
        self._events.close()

    def _meaning(self, seen: Observation) -> Iterator[Update]:
        match seen:
            case LogWrite() | LogText():
                self._log_seen = True
                for event in self._events.feed(seen):
                    yield from self._one(event)
            case QueueSeen():
                yield from self._queue(seen)
                yield seen
            case JobFinished():
                yield from self._request(seen.prompt.prompt_id, past=seen.past)
                yield from self._job_ended(seen)
            case JobLost(was_running=True):
                yield from self._job_ended(seen)
            case JobLost():
                yield from self._requests.lost(1, self._assembler, self._now, seen.prompt.prompt_id)
            case JobsTold():
                self._jobs_known = True
                yield from self._in_vain(held_before=seen.asked_at)
            case BacklogRead():
                yield from self._open_run(seen)
            case LogGap():
                yield from self._in_vain(held_before=_EVER, cut_off_before=_EVER)
                self._read_anew()
                yield seen
            case ServerState():
                self._away = seen.state is State.DOWN
                yield seen
            case Restarted():
                yield from self._in_vain(cut_off_before=_EVER)
                yield seen
            case SystemStats():
                yield seen

    # --- the log -------------------------------------------------------------------------------------------------

    def _read_anew(self) -> None:
        """What comes now has nothing to do with what came before."""
        self._earlier_lines = self.lines
        self._assembler, self._events = _assembler(), LogEvents(self._zone)
        self._requests.begin_anew()

    def _open_run(self, seen: BacklogRead) -> Iterator[Update]:
        """The run that the backlog leaves open goes on, unless the log has been silent for so long that its server is gone."""
        fresh = seen.at - seen.written_at < _OPEN_SECONDS
        if fresh and not self._in_flight.is_on and self._assembler.in_flight is not None:
            yield from self._in_flight.begin(self._now, self._assembler)

    def _one(self, live: LiveEvent) -> Iterator[Update]:
        """An event; behind a held closing line it waits as well."""
        if self._held:
            self._held.append(live)
        else:
            yield from self._read(live)

    def _read(self, live: LiveEvent) -> Iterator[Update]:
        event = live.event
        if isinstance(event, PromptFinished):
            yield from self._closing_line(live)
            return
        if not live.backlog:
            yield from self._requests.logged(live)
        self._assembler.feed(event)
        yield from self._closed_by(live)
        run = self._assembler.in_flight
        if run is None or live.backlog or isinstance(event, PromptReceived | PromptRejected):
            return
        if not self._in_flight.is_on:
            yield from self._in_flight.begin(self._now, self._assembler)
        else:
            yield RunProgress(at=live.arrived_at, run=self._in_flight.line(), event=event)

    def _closed_by(self, live: LiveEvent) -> Iterator[Update]:
        """What ended without a closing line: the server died or started again."""
        counts = not self._jobs_known and not live.backlog
        yield from self._requests.died_with(self._assembler, live.arrived_at, counts=counts)
        for run in self._taken(live):
            self._in_flight.cut_off()
            end = self._pairing.lost(run.prompt_id)
            if end is not None or not self._jobs_known:
                yield self._finished(run, end, past=live.backlog)
            else:
                self._cut_off.append((run, live.arrived_at))

    def _taken(self, live: LiveEvent) -> list[Run]:
        """The runs that an event has closed."""
        prompt = None if live.backlog else self._in_flight.prompt_of_lines
        return [shown(run, prompt) for run in self._assembler.take()]

    def _closing_line(self, live: LiveEvent) -> Iterator[Update]:
        """Ends the run if the API has told its end, or will not; else it is held."""
        for earlier in self._pairing.earlier_than(live.event.at):
            yield self._finished(None, earlier)
        end = self._pairing.match(live.event.at)
        if end is None and self._jobs_known and not self._away:
            self._held.append(live)
        else:
            yield from self._end(live, end)

    def _end(self, live: LiveEvent, end: JobEnd | None) -> Iterator[Update]:
        self._assembler.feed(live.event)
        for run in self._taken(live):
            yield self._finished(run, end, past=live.backlog)
        yield from self._in_flight.go_on(self._now, live.arrived_at)

    def _release(self, end: JobEnd | None) -> Iterator[Update]:
        """The held closing line ends its run, after what was printed before it and came later; the rest is read on."""
        closing, *others = self._held
        self._held.clear()
        late = [one for one in others if _before(one, closing)]
        for one in late:
            yield from self._read(one)
        yield from self._end(closing, end)
        for one in others:
            if one not in late:
                yield from self._one(one)

    # --- the API -------------------------------------------------------------------------------------------------

    def _queue(self, seen: QueueSeen) -> Iterator[Update]:
        for prompt in (*seen.running, *seen.pending):
            yield from self._request(prompt.prompt_id, past=False)
        if self._requests.is_settled(seen) and not self._held:
            yield from self._requests.lost(len(self._assembler.waiting), self._assembler, self._now)
        running = seen.running[0] if seen.running else None
        yield from self._in_flight.running(running, seen, self._assembler, closing=bool(self._held))

    def _request(self, prompt_id: str, *, past: bool) -> Iterator[Update]:
        yield from self._requests.seen(prompt_id, self._now, counts=not past and not self._log_seen)

    def _job_ended(self, end: JobEnd) -> Iterator[Update]:
        self._requests.forget(end.prompt.prompt_id)
        if (told := next((run for run in self._alone if is_same(run, end)), None)) is not None:
            self._alone.remove(told)
            return
        if not self._log_seen:
            yield self._finished(None, end)
            yield from self._in_flight.go_on(self._now, self._now)
            return
        self._pairing.add(end, self._now)
        if self._cut_off and isinstance(end, JobLost):
            run, _ = self._cut_off.popleft()
            yield self._finished(run, self._pairing.lost(run.prompt_id))
        elif self._held:
            yield from self._try_held()

    def _try_held(self) -> Iterator[Update]:
        closing_at = self._held[0].event.at
        for earlier in self._pairing.earlier_than(closing_at):
            yield self._finished(None, earlier)
        end = self._pairing.match(closing_at)
        if end is not None:
            yield from self._release(end)

    # --- in vain -------------------------------------------------------------------------------------------------

    def _in_vain(self, *, held_before: float = 0.0, cut_off_before: float = 0.0) -> Iterator[Update]:
        """What reached us before these times has no counterpart in the API, or none that can be waited for."""
        while self._held and self._held[0].arrived_at < held_before:
            yield from self._release(self._pairing.match(self._held[0].event.at))
        while self._cut_off and self._cut_off[0][1] < cut_off_before:
            run, _ = self._cut_off.popleft()
            yield self._finished(run, self._pairing.lost(run.prompt_id))

    def _overdue(self) -> Iterator[Update]:
        before = self._now - self._grace_seconds
        yield from self._in_vain(held_before=_EVER if self._away else before, cut_off_before=before)
        for end in self._pairing.overdue(before):
            yield self._finished(None, end)

    def _set_back(self, now: float) -> None:
        """Our clock was: what waits began to wait now."""
        self._now = now
        self._held = deque(replace(one, arrived_at=min(one.arrived_at, now)) for one in self._held)
        self._cut_off = deque((run, min(at, now)) for run, at in self._cut_off)
        self._in_flight.clock_set_back()
        self._requests.clock_set_back(now)
        self._pairing.clock_set_back(now)

    # --- runs ----------------------------------------------------------------------------------------------------

    def _finished(self, run: Run | None, end: JobEnd | None, *, past: bool = False) -> Update:
        whole = from_api_alone(end, known=self._known(end)) if run is None and end else run
        assert whole is not None
        if run is not None and end is not None:
            whole = joined(run, end)
            self._learn(whole)
        elif run is not None and self._jobs_known:
            self._alone.append(run)
        self._number += 1
        finished = closed(whole, number=self._number, source=self._name)
        if not past:
            self._in_flight.over(finished.prompt_id, finished.ended_at, closed_in_log=run is not None and not is_cut_off(run))
        return RunFinished(at=self._now, run=finished, past=past or (isinstance(end, JobFinished) and end.past))

    def _learn(self, run: Run) -> None:
        """How a graph is spelt in the log; what was cached shows less of it, or nothing."""
        graph = run.workflow.graph_signature
        if graph and run.outcome is Outcome.SUCCESS and (run.passes or graph not in self.spellings):
            self.spellings[graph] = run.workflow

    def _known(self, end: JobEnd | None) -> Workflow | None:
        graph = end.prompt.graph if end else None
        return self.spellings.get(graph.signature) if graph else None


def _assembler() -> RunAssembler:
    """Runs keep their events until the API's times are in, since their phases are worked out from both."""
    return RunAssembler(finish=lambda run, keep_events: run)


def _before(late: LiveEvent, closing: LiveEvent) -> bool:
    return late.event.at is not None and closing.event.at is not None and late.event.at < closing.event.at
