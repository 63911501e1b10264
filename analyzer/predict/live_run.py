"""A run in flight: what its lines have said so far. Fed with the same events as a finished log, from a file or the API's stream.

Its time is cut into passes (progress bars whose steps say how long they take) and the places between them. All times are Unix
seconds of one clock; `at` stands in for lines without a stamp of their own.
"""

from collections import deque
from dataclasses import dataclass, field, replace

from analyzer.events import Bar, Detection, Event, LoadRequested, Role
from analyzer.families.roles import role_of
from analyzer.predict.course import Place
from analyzer.predict.landmarks import BEGIN, brings_in_a_model, has_brought_it_in, landmark, phase_behind
from analyzer.predict.steps import Steps, is_stepped
from analyzer.runs.model import Phase, Start
from analyzer.runs.open_run import NOTES, OpenRun
from analyzer.runs.progress import OpenBar, is_sampler
from analyzer.runs.signature import plain_label

_MOST_UNTIMED = 1000


@dataclass(slots=True)
class Seen:
    """What a run has shown of its workflow: the log's signature, as far as it has come."""

    asked: set[str] = field(default_factory=set)
    models: list[str] = field(default_factory=list)
    samplers: int = 0
    labels: set[str] = field(default_factory=set)
    detects: bool = False


class LiveRun:
    """Feed it the events of one run in order. `started_at` None: at its first line.

    `queue_seconds`: how long it waited before, which counts against a client's limit; None: not known. `workflow`: its key in
    the history where that is known from elsewhere (the API's graph, the user). `start`: whether it begins cold, where known.
    `resident_model`: the diffusion model on the device when it began. `progress`: whether the source shows lines of a run at
    all; without them only the history speaks. `joined_late`: its first lines had no time, so that its start is a guess.
    """

    def __init__(
        self,
        *,
        started_at: float | None = None,
        queue_seconds: float | None = None,
        workflow: str | None = None,
        start: Start = Start.UNKNOWN,
        resident_model: str | None = None,
        progress: bool = True,
    ) -> None:
        self.started_at = started_at
        self.queue_seconds = queue_seconds
        self.workflow = workflow
        self.progress = progress
        self.seen = Seen()
        self.passes: list[Steps] = []
        self.places: list[Place] = [] if started_at is None else [Place.begin(started_at)]
        self.kept = OpenRun(request=None, server_number=0)
        self.joined_late = False
        self.last_at: float | None = None
        self.phase = Phase.OTHER
        self.phase_since = started_at
        self._start = start
        self._model = resident_model
        self._requested: str | None = None
        self._bar: OpenBar | None = None
        self._untimed: deque[Event] = deque(maxlen=_MOST_UNTIMED)

    def learn(
        self,
        *,
        started_at: float | None = None,
        queue_seconds: float | None = None,
        workflow: str | None = None,
        start: Start | None = None,
    ) -> None:
        """What the API knows better than the log."""
        if started_at is not None:
            self._begin(started_at)
        self.queue_seconds = self.queue_seconds if queue_seconds is None else queue_seconds
        self.workflow = self.workflow if workflow is None else workflow
        self._start = self._start if start is None else start

    def _begin(self, at: float) -> None:
        """The run began then."""
        self.started_at = at
        if not self.places:
            self.places.append(Place.begin(at))
        elif not self.passes or self.passes[0].began_at >= at:
            self.places[0].began_at = at
        if self.phase_since is None or not self.kept.events:
            self.phase_since = at

    # --- what is known -------------------------------------------------------------------------------------------

    @property
    def current(self) -> Steps | None:
        """The pass being worked on; None between passes."""
        return self.passes[-1] if len(self.passes) == len(self.places) and self.passes else None

    @property
    def place(self) -> Place | None:
        """The part between passes that the run is in, or was in last; None before its first line."""
        return self.places[-1] if self.places else None

    @property
    def start(self) -> Start:
        """Cold once a diffusion model is being brought in; warm once the first pass has begun without that."""
        if self._start is not Start.UNKNOWN:
            return self._start
        if any(place.cold for place in self.places):
            return Start.COLD
        return Start.WARM if self.passes else Start.UNKNOWN

    def elapsed_seconds(self, now: float) -> float:
        return 0.0 if self.started_at is None else max(0.0, now - self.started_at)

    def used_seconds(self, now: float) -> float:
        """What counts against a client's limit: the queue wait, where known, and the run."""
        return self.elapsed_seconds(now) + (self.queue_seconds or 0.0)

    def outside_seconds(self, now: float) -> float:
        """Of the time elapsed, what lies outside passes."""
        inside = sum(steps.seconds for steps in self.passes)
        if self.current is not None:
            inside += max(0.0, now - self.current.last_at)
        return max(0.0, self.elapsed_seconds(now) - inside)

    # --- events --------------------------------------------------------------------------------------------------

    def feed(self, event: Event, at: float | None = None) -> None:
        """Reads an event of this run. `at`: when it arrived, for a line without a stamp."""
        when = event.at if event.at is not None else at
        if when is None and self.last_at is None:
            self._untimed.append(event)
            return
        if self.last_at is not None:
            when = self.last_at if when is None else max(when, self.last_at)
        assert when is not None
        if self.started_at is None:
            self._begin(when - event.seconds if isinstance(event, Bar) else when)
        untimed, self._untimed = self._untimed, deque(maxlen=_MOST_UNTIMED)
        for earlier in (*untimed, event):
            self._read(earlier if earlier.at == when else replace(earlier, at=when), when)
        if untimed:
            # What came before has an order, but only its bars' own clocks.
            self.joined_late = True
            self._begin(when - sum(steps.clock_seconds for steps in self.passes))

    def _read(self, event: Event, at: float) -> None:
        self.kept.keep(event)
        self.last_at = at
        if isinstance(event, Bar):
            self._frame(event, at)
        else:
            self._line(event, at)

    def _line(self, event: Event, at: float) -> None:
        if note := NOTES.get(type(event)):
            note(self.kept, event)
        if isinstance(event, LoadRequested):
            self._requested = event.model
            if role_of(event.model) is Role.DIFFUSION:
                self._model = event.model
                self.seen.asked.add(event.model)
                self._abandon()
        self.seen.detects = self.seen.detects or isinstance(event, Detection)
        name = landmark(event, self._requested)
        if name is not None and self.current is None:
            self._mark(name, event, at)

    def _mark(self, name: str, event: Event, at: float) -> None:
        place = self.places[-1]
        place.mark(name, at)
        if brings_in_a_model(event):
            place.cold, place.loaded_at = True, None
        if has_brought_it_in(event, self._requested):
            place.cold, place.loaded_at = True, at
        self._enter(phase_behind(event, self._requested), at)

    def _enter(self, phase: Phase, at: float) -> None:
        if phase is not self.phase or self.phase_since is None:
            self.phase, self.phase_since = phase, at

    # --- progress ------------------------------------------------------------------------------------------------

    def _frame(self, bar: Bar, at: float) -> None:
        opened = self.kept.progress.feed(bar)
        current = self.current
        fresh = opened.first is bar
        if fresh and current and current.goes_on_with(bar):
            self._bar, fresh = opened, False  # the same bar with another total
        if fresh:
            self._show(bar)
        if opened is self._bar:
            self._step(bar, at)
            return
        if current is not None:
            if not (fresh and current.sampler and is_sampler(bar)):
                return  # a bar inside another
            self._abandon()
        if fresh and is_stepped(bar):
            self._pass(bar, opened, at)
        elif fresh or (bar.total and bar.steps >= bar.total):
            self._mark(landmark(bar, None) or BEGIN, bar, at)

    def _show(self, bar: Bar) -> None:
        """What a new bar tells about the workflow."""
        if not is_sampler(bar):
            if bar.label and bar.unit != "B":
                self.seen.labels.add(plain_label(bar.label))
            return
        self.seen.samplers += 1
        if self._model and self._model not in self.seen.models:
            self.seen.models.append(self._model)

    def _pass(self, bar: Bar, opened: OpenBar, at: float) -> None:
        steps = Steps.begin(bar, at)
        self.places[-1].ended_at = max(self.places[-1].began_at, steps.began_at)
        self.passes.append(steps)
        self._bar = opened
        self._enter(steps.phase, steps.began_at)
        if steps.full:
            self._leave(at)

    def _step(self, bar: Bar, at: float) -> None:
        if self.current is None:
            return  # the repeated last frame
        self.current.add(bar, at)
        if self.current.full:
            self._leave(at)

    def _abandon(self) -> None:
        """A sampler that is followed by another pass or by a model's request has ended before its last step."""
        if self.current is not None and self.current.sampler:
            self._leave(self.current.last_at)

    def _leave(self, at: float) -> None:
        """The pass is over."""
        self.places.append(Place.begin(at))
        self._enter(Phase.OTHER, at)
