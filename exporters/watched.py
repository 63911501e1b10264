"""All that is known of one server now: fed with updates, asked by collectors, pages and notifiers. Pure; time comes with each."""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from analyzer.predict import (
    ForecastRecord,
    Forecasts,
    History,
    LiveRun,
    Prediction,
    RiskAlert,
    course_of_live,
    predict,
)
from analyzer.runs.model import Outcome, Run
from exporters.happenings import Happening, LimitPassed, RiskChanged, RunBegan, RunEnded, ServerChanged
from exporters.live_runs import RunFinished, RunInFlight, RunProgress, RunStarted, Update
from exporters.observations import LogGap, QueueSeen, Restarted, ServerState, State, SystemStats
from exporters.stalls import StallWatch
from exporters.totals import Counting, Totals

_MOST_RUNS = 50
_MOST_RECORDS = 50
_LOOK_SECONDS = 2.0


@dataclass(slots=True, kw_only=True)
class InFlight:
    """The run that goes on, what it has shown, and what is expected of it."""

    run: RunInFlight
    live: LiveRun
    active_at: float
    alert: RiskAlert
    forecasts: Forecasts
    prediction: Prediction | None = None
    looked_at: float = 0.0
    passed: bool = False


class Watched:
    """`limit_seconds`: the client's limit, None: not known. `history`: past runs to predict from. `gpu_busy_ratio`: how busy the
    server's GPU was since a moment; None: nobody says. `shows_progress`: whether a log is read, so that steps are seen."""

    def __init__(
        self,
        name: str,
        *,
        limit_seconds: float | None = None,
        counting: Counting | None = None,
        history: History | None = None,
        gpu_busy_ratio: Callable[[float], float | None] = lambda since: None,
        shows_progress: bool = True,
    ) -> None:
        self.name = name
        self.limit_seconds = limit_seconds
        self.totals = Totals(counting)
        self.history = history or History()
        self.state: ServerState | None = None
        self.stats: SystemStats | None = None
        self.queue: QueueSeen | None = None
        self.in_flight: InFlight | None = None
        self.stalls = StallWatch()
        self.runs: deque[RunEnded] = deque(maxlen=_MOST_RUNS)
        self.past: deque[Run] = deque(maxlen=_MOST_RUNS)  # those that were over when we came
        self.records: deque[ForecastRecord] = deque(maxlen=_MOST_RECORDS)
        self.log_gaps = 0
        self.last_activity_at: float | None = None
        self._busy = gpu_busy_ratio
        self._shows_progress = shows_progress
        self._idle_since: float | None = None

    def feed(self, update: Update) -> list[Happening]:
        """What an update means to those who watch."""
        self.totals.feed(update)
        return list(self._meaning(update))

    def look(self, now: float) -> list[Happening]:
        """Time has passed: the prediction is made anew, stalls are looked for."""
        return [*self._predict(now), *self._stall(now)]

    def recall(self, run: Run) -> None:
        """A run that was over when we came is shown among the last ones; nothing is counted or learned from it."""
        self.past.append(run)

    def last(self, most: int) -> list[Run]:
        """The runs that ended last, newest first; those whose end nobody knows come last."""
        known = [*self.past, *(ended.run for ended in self.runs)]
        return sorted(known, key=lambda run: run.ended_at or 0.0, reverse=True)[:most]

    # --- updates -------------------------------------------------------------------------------------------------

    def _meaning(self, update: Update) -> Iterator[Happening]:
        match update:
            case RunStarted():
                self._began(update)
                yield RunBegan(at=update.at, run=update.run)
            case RunProgress():
                yield from self._progressed(update)
            case RunFinished(past=True):
                self.recall(update.run)
                self._learned(update.run, None)
            case RunFinished():
                yield self._ended(update)
            case QueueSeen():
                self._seen(update)
            case ServerState():
                self.state = update
                yield ServerChanged(at=update.at, state=update.state, reason=update.reason)
            case SystemStats():
                self.stats = update
            case LogGap():
                self.log_gaps += 1
            case Restarted():
                self.in_flight = None
            case _:
                pass

    def _began(self, update: RunStarted) -> None:
        run = update.run
        live = LiveRun(
            started_at=run.started_at if run.started_at is not None else run.seen_at,
            queue_seconds=run.queue_seconds,
            workflow=run.workflow.signature if run.workflow else None,
            progress=self._shows_progress,
        )
        self.last_activity_at = update.at
        self._idle_since = None
        self.in_flight = InFlight(run=run, live=live, active_at=update.at, alert=RiskAlert(), forecasts=Forecasts())

    def _progressed(self, update: RunProgress) -> Iterator[Happening]:
        now = self.in_flight
        if now is None:
            return
        if update.run != now.run:
            now.run = update.run
            workflow = update.run.workflow
            now.live.learn(
                started_at=update.run.started_at,
                queue_seconds=update.run.queue_seconds,
                workflow=workflow.signature if workflow else None,
            )
        if update.event is not None:
            event = update.event if update.event.at is not None else replace(update.event, at=update.at)
            now.live.feed(event)
            now.active_at = self.last_activity_at = update.at
            yield from self._predict(update.at)

    def _ended(self, update: RunFinished) -> RunEnded:
        run, now = update.run, self.in_flight
        self.in_flight = None
        self.last_activity_at = update.at
        record = None
        if now is not None:
            well = run.outcome in (Outcome.SUCCESS, Outcome.CACHED)
            ended_at = run.ended_at if run.ended_at is not None else update.at
            record = now.forecasts.close(ended_at, workflow=run.workflow.signature, well=well)
        if record is not None:
            self.records.append(record)
        self._learned(run, now.live if now else None)
        ended = RunEnded(at=update.at, run=run, record=record)
        self.runs.append(ended)
        return ended

    def _learned(self, run: Run, live: LiveRun | None) -> None:
        """The next run is predicted from this one, too."""
        self.history = self.history.plus(course_of_live(live or LiveRun(), run))

    def _seen(self, queue: QueueSeen) -> None:
        self.queue = queue
        if queue.pending and not queue.running:
            self._idle_since = queue.at if self._idle_since is None else self._idle_since
        else:
            self._idle_since = None

    # --- looks ---------------------------------------------------------------------------------------------------

    def _predict(self, now: float) -> Iterator[Happening]:
        current = self.in_flight
        if current is None or 0 <= now - current.looked_at < _LOOK_SECONDS:
            return
        current.looked_at = now
        prediction = current.prediction = predict(current.live, self.history, now, self.limit_seconds)
        current.forecasts.add(prediction)
        for event in current.alert.update(prediction):
            yield RiskChanged(at=now, run=current.run, event=event)
        used = prediction.used_seconds
        if self.limit_seconds is not None and used > self.limit_seconds and not current.passed:
            current.passed = True
            yield LimitPassed(at=now, run=current.run, limit_seconds=self.limit_seconds, used_seconds=used)

    def _stall(self, now: float) -> Iterator[Happening]:
        current = self.in_flight
        away = self.state is not None and self.state.state is not State.UP
        yield from self.stalls.look(
            now,
            waiting_since=None if current or away else self._idle_since,
            active_at=current.active_at if current and not away else None,
            seconds_per_step=current.prediction.seconds_per_step if current and current.prediction else None,
            gpu_busy_ratio=self._busy(current.active_at) if current else None,
        )
