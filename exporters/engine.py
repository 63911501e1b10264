"""One server, watched for as long as the process lives: sources, runs, predictions, stalls, history and advice together.

Nothing that fails ends it: not a source, not the history, not a subscriber.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from analyzer.containers import Zone
from analyzer.errors import ComfymeterError
from analyzer.predict import History
from analyzer.runs.model import Run
from analyzer.timeouts.recommend import DEFAULT_RISK
from analyzer.workflows import Naming
from exporters.advisor import Advisor
from exporters.background import BackgroundSampler, Sampler
from exporters.comfyui import Pace, Target
from exporters.gpu_watch import GpuWatch
from exporters.happenings import Happening
from exporters.live_runs import LiveRuns, RunFinished, RunStarted, Update, follow
from exporters.observations import LogText, LogWrite, Observation, QueueSeen, ServerState, State, SystemStats
from exporters.tail import read_pipe, tail_file
from exporters.tasks import end_all
from exporters.totals import Counting
from exporters.turns import Turns
from exporters.watched import Watched
from exporters.worker import Worker

if TYPE_CHECKING:
    from exporters.keeper import Keeper, Past

STDIN = "-"
LOOK_SECONDS = 2.0
_LOOK_PATIENCE_SECONDS = 1.0
_FIRST_RETRY_SECONDS, _LAST_RETRY_SECONDS = 1.0, 60.0
_LOG = logging.getLogger("comfymeter")

Subscriber = Callable[["Engine", Happening], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """A server and how to look at it. `target`: its API, `log`: a log file or `-`; at least one of them.

    `limit_seconds`: the client's limit. `zone`: of a log's stamps that have none. `naming`: the user's names of workflows.
    `risk`: the share of runs that may exceed a recommended limit. `gpu_every_seconds`: how often the sampler looks.
    """

    name: str
    target: Target | None = None
    log: str | None = None
    limit_seconds: float | None = None
    counting: Counting = field(default_factory=Counting)
    zone: Zone = None
    naming: Naming = field(default_factory=Naming)
    risk: float = DEFAULT_RISK
    pace: Pace | None = None
    gpu_every_seconds: float = 1.0


class Engine:
    """`keeper`: the history, started and closed by its owner, since servers may share it. `sampler`: reads the server's GPUs;
    closed with the engine. `turns`: of heavy work, shared by servers. `ended`: set when all sources are over, as a pipe whose
    writer is gone. `names`: workflows by their signatures. `notified`, `notify_failures`: kept by whoever tells of it."""

    def __init__(
        self,
        settings: EngineSettings,
        *,
        keeper: "Keeper | None" = None,
        sampler: Sampler | None = None,
        clock: Callable[[], float] = time.time,
        turns: Turns | None = None,
    ) -> None:
        self.settings = settings
        self.keeper = keeper
        self.clock = clock
        self.gpu = GpuWatch()
        self.runs = LiveRuns(settings.name, zone=settings.zone)
        self.watched = Watched(
            settings.name,
            limit_seconds=settings.limit_seconds,
            counting=settings.counting,
            gpu_busy_ratio=self.gpu.busy_ratio,
        )
        self.advisor = Advisor(
            limits=settings.counting.limits,
            workflows=settings.counting.workflows,
            limit_seconds=settings.limit_seconds,
            risk=settings.risk,
            turns=turns,
        )
        self.last_line_at: float | None = None
        self.names: dict[str, str] = {}
        self.notified: Counter[str] = Counter()
        self.notify_failures = 0
        self.ended = asyncio.Event()
        self._sampler = (
            BackgroundSampler(
                sampler,
                on_samples=self.gpu.feed,
                on_processes=self.gpu.feed_processes,
                every_seconds=settings.gpu_every_seconds,
            )
            if sampler
            else None
        )
        # The pool's threads are waited for at the end of the process; a driver may hang for longer.
        self._looks = Worker("look") if self._sampler else None
        self._subscribers: list[Subscriber] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._earlier_lines = (0, 0)
        self._first_seen: dict[str, float] = {}
        self._past: Past | None = None

    @property
    def name(self) -> str:
        """The server's name."""
        return self.settings.name

    @property
    def lines(self) -> tuple[int, int]:
        """Lines of log text read, and those of them that were not recognised."""
        now = self.runs.lines
        return self._earlier_lines[0] + now[0], self._earlier_lines[1] + now[1]

    def first_seen(self, prompt_id: str) -> float | None:
        """When a prompt that waits was seen first, by our clock."""
        return self._first_seen.get(prompt_id)

    def subscribe(self, subscriber: Subscriber) -> None:
        """From now on `subscriber` is told of every happening. It must not block; what it raises is logged and forgotten."""
        self._subscribers.append(subscriber)

    async def start(self) -> None:
        """Begins to watch. Returns when the past is known, or known to be out of reach."""
        await self._remember()
        if self._sampler:
            self._sampler.start()
        loops = (self._follow(), self._look(), self.advisor.work())
        self._tasks = [asyncio.ensure_future(loop) for loop in loops]

    async def stop(self) -> None:
        """Ends it; the sources are closed."""
        tasks, self._tasks = self._tasks, []
        await end_all(tasks)
        if self._sampler and self._looks:
            self._looks.close()
            await asyncio.to_thread(self._sampler.close)

    # --- the past ------------------------------------------------------------------------------------------------

    async def _remember(self) -> None:
        if self.keeper is None:
            return
        try:
            past = await self.keeper.past()
        except ComfymeterError as error:
            _LOG.warning("%s: begins without a past: %s", self.name, error)
            return
        self.watched.history = History({**past.history.workflows, **self.watched.history.workflows})
        self.runs.spellings.update(past.spellings)
        self.names.update(past.names)
        self.advisor.learn(past.timings)
        self._past = past

    # --- sources -------------------------------------------------------------------------------------------------

    def _sources(self) -> list[AsyncIterator[Observation]]:
        settings, found = self.settings, list[AsyncIterator[Observation]]()
        if (target := settings.target) is not None:
            from exporters.comfyui.client import observe

            wants_log = settings.log is None
            api = self._patient("API", lambda: observe(target, pace=settings.pace, log=wants_log, clock=self.clock), down=True)
            found.append(api)
        if settings.log == STDIN:
            found.append(self._patient("log", lambda: read_pipe(clock=self.clock)))
        elif (path := settings.log) is not None:
            found.append(self._patient("log", lambda: tail_file(path, clock=self.clock)))
        return found

    async def _patient(
        self, what: str, source: Callable[[], AsyncGenerator[Observation, None]], *, down: bool = False
    ) -> AsyncGenerator[Observation, None]:
        """A source that is opened again where it fails, which is told once for each reason."""
        pause, told = _FIRST_RETRY_SECONDS, ""
        while True:
            observations = source()
            try:
                async for seen in observations:
                    pause, told = _FIRST_RETRY_SECONDS, ""
                    self._seen(seen)
                    yield seen
                return
            except Exception as error:
                if (reason := str(error) or type(error).__name__) != told:
                    told = reason
                    _LOG.warning("%s: the %s cannot be read: %s", self.name, what, reason)
                    if down:
                        yield ServerState(at=self.clock(), state=State.DOWN, reason=reason)
            finally:
                await observations.aclose()
            await asyncio.sleep(pause)
            pause = min(_LAST_RETRY_SECONDS, pause * 2)

    def _seen(self, seen: Observation) -> None:
        if isinstance(seen, LogText | LogWrite):
            self.last_line_at = seen.at
        elif isinstance(seen, SystemStats):
            self.gpu.feed_stats(seen)

    # --- what they mean ------------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        """Follows the sources until all have ended; begins anew where our own code fails, which must not end the watch."""
        while True:
            updates = follow(self.runs, self._sources(), clock=self.clock)
            try:
                async for update in updates:
                    await self._take(update)
                break
            except Exception:
                _LOG.exception("%s: something went wrong here; it begins anew", self.name)
                self._earlier_lines = self.lines
                self.runs = LiveRuns(self.name, zone=self.settings.zone, spellings=self.runs.spellings)
                self.watched.in_flight = None
            finally:
                await updates.aclose()
            await asyncio.sleep(_FIRST_RETRY_SECONDS)
        _LOG.info("%s: there is nothing more to read", self.name)
        self.ended.set()

    async def _take(self, update: Update) -> None:
        if isinstance(update, RunStarted):
            started_at = update.run.started_at
            self.gpu.run_began(update.at if started_at is None else min(started_at, update.at))
        elif isinstance(update, RunFinished):
            if update.past and self._past and self._past.knows(update.run):
                self.watched.recall(self._named(update.run))  # the history has told of it
                return
            update = await self._whole(update)
        elif isinstance(update, QueueSeen):
            known = self._first_seen
            self._first_seen = {one.prompt_id: known.get(one.prompt_id, update.at) for one in update.pending}
        self._tell(self.watched.feed(update))

    async def _whole(self, update: RunFinished) -> RunFinished:
        """A finished run with its name, its limit and its VRAM, kept for later."""
        run = self._named(update.run)
        if not update.past:
            run = await self._with_vram(run)
            self.gpu.run_ended()
        self.names[run.workflow.signature] = run.workflow.name
        if not self.settings.naming.exclusion.takes(run):
            self._keep(run, past=update.past)
        return replace(update, run=run)

    def _named(self, run: Run) -> Run:
        """With the name that its user gave its workflow, and its limit."""
        rules = Naming(rules=self.settings.naming.rules)
        (named,) = rules.apply([run], self.settings.limit_seconds)
        return named

    async def _with_vram(self, run: Run) -> Run:
        """Energy is known only up to the last sample: one more is taken, unless the driver hangs."""
        if self._sampler and self._looks and run.ended_at is not None and run.ended_at > self.gpu.seen_at:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._looks.call(self._sampler.look), _LOOK_PATIENCE_SECONDS)
        vram = await asyncio.to_thread(self.gpu.figures, run)
        return run if vram is None else replace(run, vram=vram)

    def _keep(self, run: Run, *, past: bool) -> None:
        epoch = self.runs.server.epoch if self.runs.server else None
        self.advisor.add(run, epoch)
        if self.keeper is not None:
            self.keeper.keep(self.name, run, epoch=epoch, limit_seconds=self.settings.limit_seconds, past=past)

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                self._tell(self.watched.look(self.clock()))
            except Exception:
                _LOG.exception("%s: the look at the run in flight failed", self.name)

    def _tell(self, happenings: Iterable[Happening]) -> None:
        for happening in happenings:
            for subscriber in self._subscribers:
                try:
                    subscriber(self, happening)
                except Exception:
                    _LOG.exception("%s: a subscriber failed", self.name)
