"""The run that goes on: begun by the log's first line of it or by the API's queue, whichever shows it first."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from analyzer.runs.assemble import RunAssembler
from analyzer.runs.model import Workflow
from exporters.live_runs.updates import RunInFlight, RunProgress, RunStarted, Update
from exporters.observations import QueuedPrompt, QueueSeen


class InFlight:
    """At most one run. `spellings`: workflows by the signature of their graph."""

    def __init__(self, spellings: Mapping[str, Workflow]) -> None:
        self._spellings = spellings
        self._run: RunInFlight | None = None
        self._prompt: QueuedPrompt | None = None
        self._next: QueuedPrompt | None = None
        self._has_lines = False
        self._last_end_at: float | None = None
        self._closed_arrived_at = float("-inf")

    @property
    def is_on(self) -> bool:
        """Whether a run goes on."""
        return self._run is not None

    def begin(self, at: float, assembler: RunAssembler) -> Iterator[Update]:
        """The log shows work: a run began, and here is what it has said."""
        prompt, self._next = self._next, None
        open_run = assembler.in_flight
        queued_at = open_run.request.at if open_run and open_run.request else None
        run = RunInFlight(seen_at=at, queued_at=queued_at, started_at=_latest(assembler.last_end_at, queued_at))
        self._has_lines = True
        self._run = self._with(run, prompt) if prompt else run
        yield RunStarted(at=at, run=self._run)
        for event in open_run.events if open_run else ():
            yield RunProgress(at=at, run=self._run, event=event)

    def running(
        self, prompt: QueuedPrompt | None, seen: QueueSeen, assembler: RunAssembler, *, closing: bool
    ) -> Iterator[Update]:
        """The API shows which prompt runs, unless that was asked before the last end was seen."""
        if prompt is None or seen.asked_at < self._closed_arrived_at:
            return
        known = self._run
        if closing or (known and known.prompt_id not in (None, prompt.prompt_id)):
            self._next = prompt
        elif known is None and assembler.in_flight is not None:
            self._next = prompt
            yield from self.begin(seen.at, assembler)
        elif known is None:
            yield from self._begin_with(prompt, seen.at)
        elif (better := self._with(known, prompt)) != known:
            self._run = better
            yield RunProgress(at=seen.at, run=better)

    def _begin_with(self, prompt: QueuedPrompt, at: float) -> Iterator[Update]:
        self._has_lines = False
        self._run = self._with(RunInFlight(seen_at=at), prompt)
        yield RunStarted(at=at, run=self._run)

    @property
    def prompt_of_lines(self) -> QueuedPrompt | None:
        """Which prompt the lines are of, as the API's queue has shown it."""
        return self._prompt if self._run is not None and self._has_lines else None

    def line(self) -> RunInFlight:
        """A line of it was read; what is known of it."""
        assert self._run is not None
        self._has_lines = True
        return self._run

    def over(self, prompt_id: str | None, ended_at: float | None, *, closed_in_log: bool) -> None:
        """A run has ended. In the log that is the one whose lines were read, whatever the API seemed to say of it."""
        self._last_end_at = ended_at if ended_at is not None else self._last_end_at
        if self._next and self._next.prompt_id == prompt_id:
            self._next = None
        if self._run is None:
            return
        is_it = self._run.prompt_id in (None, prompt_id)
        if is_it or (closed_in_log and self._has_lines):
            # The queue was seen before the last lines of the run arrived: it showed the next one.
            self._next = self._next if is_it else self._prompt
            self._run = self._prompt = None

    def clock_set_back(self) -> None:
        """Whatever the queue shows from now on was asked after the last end."""
        self._closed_arrived_at = float("-inf")

    def cut_off(self) -> None:
        """The server died."""
        self._run = self._prompt = self._next = None

    def go_on(self, at: float, closed_arrived_at: float) -> Iterator[Update]:
        """The end of a run was read; the next one may be known already."""
        self._closed_arrived_at = closed_arrived_at
        if self._run is None and self._next:
            prompt, self._next = self._next, None
            yield from self._begin_with(prompt, at)

    def _with(self, run: RunInFlight, prompt: QueuedPrompt) -> RunInFlight:
        self._prompt = prompt
        signature = prompt.graph.signature if prompt.graph else run.graph_signature
        queued_at = prompt.create_time or run.queued_at
        return replace(
            run,
            prompt_id=prompt.prompt_id,
            queued_at=queued_at,
            started_at=_latest(self._last_end_at, queued_at),
            graph_signature=signature,
            workflow=self._spellings.get(signature or "") or run.workflow,
        )


def _latest(*times: float | None) -> float | None:
    """The server takes up a prompt as soon as it is there and the one before it is done."""
    return max((time for time in times if time is not None), default=None)
