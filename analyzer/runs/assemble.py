"""Events to runs: one object for a whole file and for a live stream.

`got prompt` is a request, `Prompt executed` an end; nothing marks a start (ComfyUI `server.py`, `main.py`). Work between two
ends belongs to the next waiting request, first in first out, which is an inference and marked so where figures rest on it.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from analyzer.events import (
    Bar,
    ClientTimeout,
    Detection,
    Event,
    NodeException,
    PendingCancelled,
    ProcessDied,
    PromptFinished,
    PromptReceived,
    PromptRejected,
    RecordingGap,
    ServerReady,
    ServerStopped,
    ValidationFailed,
)
from analyzer.runs.closing import Ending, close
from analyzer.runs.loads import LEDGER_EVENTS, LoadLedger
from analyzer.runs.model import (
    MOST_REASONS,
    ClientGaveUp,
    Failure,
    Noted,
    Outcome,
    Requests,
    Run,
    ServerStart,
)
from analyzer.runs.open_run import NOTES, STRONG_EVIDENCE, OpenRun, Request, note_detection, outcome_of
from analyzer.runs.progress import is_sampler
from analyzer.runs.servers import SERVER_EVENTS, START_UP_LINES, ServerTracker
from analyzer.runs.table import MANY_RUNS, RunTable, table_of

Finish = Callable[[Run, bool], Run]

_MOST_BEFORE_WORK = 100


class RunAssembler:
    """Feed it the events of one log in order; `finish` ends the log. `runs` holds the runs closed so far. `source`
    is the name of the file that is being read.

    `finish`: what becomes of a run when it ends (its budget is worked out), and whether
    it keeps its events; `keep_events_of`: the number of the run that does.
    """

    def __init__(self, *, finish: Finish | None = None, keep_events_of: int | None = None) -> None:
        self.source = ""
        self._finish = finish or _as_it_is
        self._keep_events_of = keep_events_of
        self._server = ServerTracker()
        self._ledger = LoadLedger()
        self._waiting: deque[Request] = deque()
        self._open: OpenRun | None = None
        self._before_work: deque[Detection] = deque(maxlen=_MOST_BEFORE_WORK)
        self._last_end_at: float | None = None
        self._received = self._rejected = self._unresolved = self._taken = 0
        self._errors_seen = self._bars_seen = False
        self._reasons: list[Noted] = []
        self._last: Event | None = None
        self._worked = False
        self._last_server_number: int | None = None
        self.runs: list[Run] | RunTable = []
        self.gaps: list[RecordingGap] = []

    # --- what came out -------------------------------------------------------------------------------------------

    @property
    def server_starts(self) -> tuple[ServerStart, ...]:
        return tuple(self._server.starts)

    @property
    def requests(self) -> Requests:
        return Requests(
            received=self._received, rejected=self._rejected, unresolved=self._unresolved, reasons=tuple(self._reasons)
        )

    def finish(self) -> None:
        """The log ends here: an open run was cut off, waiting requests have no result."""
        last = self._last
        if self._open and last:
            self._cut_off("log_ended", "the log ends inside the run", last)
        self._drop_waiting()

    @property
    def error_stream_missing(self) -> bool:
        """Work without one progress bar or error line in the whole log: only stdout was captured."""
        return self._worked and not self._bars_seen and not self._errors_seen

    @property
    def in_flight(self) -> OpenRun | None:
        """The run that is being read; None before its first line."""
        return self._open

    @property
    def waiting(self) -> Sequence[Request]:
        """The requests that have not been worked on yet."""
        return self._waiting

    @property
    def last_end_at(self) -> float | None:
        """When the newest run of this server ended."""
        return self._last_end_at

    @property
    def resident_model(self) -> str | None:
        """The diffusion model that was brought in last."""
        return self._ledger.last_diffusion

    def take(self) -> Sequence[Run]:
        """The runs closed since the last call, which are forgotten here: for a stream without an end."""
        taken, self.runs = self.runs, []
        self._taken += len(taken)
        return taken

    # --- events --------------------------------------------------------------------------------------------------

    def feed(self, event: Event) -> None:
        """Reads one event."""
        self._last = event
        kind = type(event)
        if kind in SERVER_EVENTS:
            if self._server.begins(event, self.source):
                self._restart(event)
            self._server.note(event)
        if handle := _HANDLERS.get(kind):
            handle(self, event)
        elif run := self._run_for(event):
            run.keep(event)
            if note := NOTES.get(kind):
                note(run, event)
            if track := LEDGER_EVENTS.get(kind):
                track(self._ledger, event)

    def _received_one(self, event: PromptReceived) -> None:
        self._server.ready()
        self._before_work.clear()
        self._received += 1
        idle = self._open is None and not self._waiting
        self._waiting.append(Request(line=event.line, at=event.at, idle=idle))

    def _rejected_one(self, event: PromptRejected) -> None:
        """Validation answers the newest request, which never enters the queue."""
        self._rejected += 1
        if len(self._reasons) < MOST_REASONS:
            self._reasons.append(Noted(line=event.line, text=event.message or event.kind or ""))
        if self._waiting:
            self._waiting.pop()
        elif self._open and self._open.request and not self._open.proven:
            self._open = None

    def _cancelled_one(self, event: PendingCancelled) -> None:
        if self._waiting:
            self._waiting.pop()
            self._unresolved += 1

    def _invalid_output(self, event: ValidationFailed) -> None:
        self._errors_seen = True

    def _is_ready(self, event: ServerReady) -> None:
        self._server.ready()

    def _stopped(self, event: ServerStopped) -> None:
        self._end_of_life("server_stopped", "the server was stopped inside the run", event)

    def _gap(self, event: RecordingGap) -> None:
        self.gaps.append(event)

    def _died(self, event: ProcessDied) -> None:
        self._errors_seen = True
        self._end_of_life("killed", event.reason, event)

    def _progressed(self, event: Bar) -> None:
        run = self._run_for(event)
        if run is None:
            return
        self._bars_seen = True
        self._ledger.close_group()
        run.keep(event)
        run.progress.feed(event)
        model = self._ledger.last_diffusion
        if model and is_sampler(event) and model not in run.pass_models:
            run.pass_models.append(model)

    def _failed(self, event: NodeException) -> None:
        self._errors_seen = True
        run = self._run_for(event)
        if run:
            run.keep(event)
            run.exception = run.exception or event

    def _run_for(self, event: Event) -> OpenRun | None:
        """The run that a work line belongs to; None for what a starting or an idle server prints."""
        if self._open is not None:
            return self._open
        strong = type(event) in STRONG_EVIDENCE
        if self._server.starting:
            if not strong or (isinstance(event, Bar) and event.label):
                return None
            self._server.ready()
        if not self._waiting and not strong:
            if isinstance(event, Detection):
                self._before_work.append(event)
            return None
        self._open = self._new_run()
        if self._open.request is None:
            # An excerpt may begin with a detector's print, which alone proves no prompt.
            for found in self._before_work:
                self._open.keep(found)
                note_detection(self._open, found)
        self._before_work.clear()
        return self._open

    def _new_run(self) -> OpenRun:
        """The next waiting request's run, or one whose request is not in the log."""
        request = self._waiting.popleft() if self._waiting else None
        given_up = request.client_timeout if request else None
        return OpenRun(request=request, server_number=self._server.number, client_timeout=given_up)

    def _client_gave_up(self, event: ClientTimeout) -> None:
        """A client's line names no prompt: it is the one that has waited for the limit, else the oldest not given up yet."""
        gave_up = ClientGaveUp(limit_seconds=event.limit_seconds, line=event.line, at=event.at)
        running = self._open or (self._run_for(event) if self._waiting else None)
        if running is None:
            return
        if running.exception and running.exception_kind is None:
            # The last line of a failed node's traceback: the server's own request to somebody else timed out.
            running.exception_kind = "TimeoutError"
            return
        candidates = [running.request or Request(line=0, at=None, idle=False), *self._waiting]
        candidates = [request for request in candidates if request.client_timeout is None]
        if not candidates:
            return
        chosen = min(candidates, key=lambda request: _off_limit(request, event))
        chosen.client_timeout = gave_up
        if all(chosen is not request for request in self._waiting):
            running.keep(event)
            running.client_timeout = gave_up

    # --- ends ----------------------------------------------------------------------------------------------------

    def _finished(self, event: PromptFinished) -> None:
        self._server.ready()
        run = self._open or self._new_run()
        outcome, failure = outcome_of(run, event)
        self._close(run, event, outcome, failure)

    def _cut_off(self, kind: str, message: str, event: Event) -> None:
        run = self._open
        if run is None:
            return
        if not run.proven and (run.request or not run.events):
            # Only lines that might be anybody's: a request without a result, not a run.
            self._open = None
            self._unresolved += run.request is not None
            return
        if run.exception or run.interrupted:
            # It had failed already; only its closing line is missing.
            outcome, failure = outcome_of(run, None)
        else:
            outcome, failure = Outcome.CUT_OFF, Failure(kind=kind, message=message, line=event.line, at=event.at)
        self._close(run, None, outcome, failure)

    def _restart(self, event: Event) -> None:
        # The first lines of the new process came before the one that gave it away; the old run did not last until then.
        while self._open and self._open.events and isinstance(self._open.events[-1], START_UP_LINES):
            self._open.events.pop()
        self._cut_off("server_restarted", "the server starts again inside the run", event)
        self._drop_waiting()
        self._ledger = LoadLedger()
        self._last_end_at = None

    def _end_of_life(self, kind: str, message: str, event: Event) -> None:
        self._cut_off(kind, message, event)
        self._drop_waiting()

    def _drop_waiting(self) -> None:
        self._unresolved += len(self._waiting)
        self._waiting.clear()

    def _close(self, run: OpenRun, end: PromptFinished | None, outcome: Outcome, failure: Failure | None) -> None:
        self._open = None
        if end is not None:
            run.events.append(end)
        ending = Ending(
            end=end,
            outcome=outcome,
            failure=failure,
            number=self._taken + len(self.runs) + 1,
            source=self.source,
            previous_end_at=self._last_end_at,
            follows_another=self._last_server_number == run.server_number,
        )
        closed, self._last_end_at = close(run, ending, self._ledger)
        self._worked = self._worked or bool(closed.loads)
        self._last_server_number = run.server_number
        self.runs.append(self._finish(closed, closed.number == self._keep_events_of))
        if isinstance(self.runs, list) and len(self.runs) > MANY_RUNS:
            self.runs = table_of(self.runs)


def _off_limit(request: Request, event: ClientTimeout) -> float:
    """How far a request's wait is from the limit of the client that gave up; 0 where that cannot be told."""
    if request.at is None or event.at is None or event.limit_seconds is None:
        return 0.0
    return abs(event.at - request.at - event.limit_seconds)


def _as_it_is(run: Run, keep_events: bool) -> Run:
    return run if keep_events else replace(run, events=())


# Events with a meaning of their own; all others are kept by the run they fall into, noted and entered in the ledger.
_HANDLERS: dict[type[Event], Callable[[RunAssembler, Any], None]] = {
    PromptReceived: RunAssembler._received_one,
    PromptRejected: RunAssembler._rejected_one,
    PendingCancelled: RunAssembler._cancelled_one,
    ValidationFailed: RunAssembler._invalid_output,
    PromptFinished: RunAssembler._finished,
    ServerReady: RunAssembler._is_ready,
    ServerStopped: RunAssembler._stopped,
    RecordingGap: RunAssembler._gap,
    ProcessDied: RunAssembler._died,
    ClientTimeout: RunAssembler._client_gave_up,
    Bar: RunAssembler._progressed,
    NodeException: RunAssembler._failed,
}
