"""The history behind a watched server: read at the start, written to when a run ends, patient while the database is away.

One thread does all of it, so that a slow database slows nothing else down.
"""

import asyncio
import logging
from bisect import bisect
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from time import time
from typing import TYPE_CHECKING, TypeVar

from analyzer.errors import ComfymeterError
from analyzer.history.rows import NEAR_SECONDS, Row, row_of
from analyzer.predict import History
from analyzer.runs.model import Run, Workflow
from analyzer.timeouts.timing import Timing
from exporters.worker import Worker

if TYPE_CHECKING:
    from analyzer.history import Store, StoredRun

FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS = 1.0, 60.0
# What waits for a database that is away; the oldest go first.
MOST_WAITING = 10_000
_MOST_PAST, _OF_EACH = 5_000, 2_000
# A large history on a slow disk takes its time to be read; a database that is away may take minutes to say so.
_PATIENCE_SECONDS = 30.0
_LOG = logging.getLogger("comfymeter")
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What a history knows: for the predictor, for the advice, and which graphs are which workflow.

    `names`: workflows by their signatures; `ends`: when runs ended, by the same, in order.
    """

    history: History
    timings: tuple[Timing, ...]
    spellings: dict[str, Workflow]
    names: Mapping[str, str]
    ids: frozenset[str]
    ends: Mapping[str, Sequence[float]]

    def knows(self, run: Run) -> bool:
        """Whether it holds a run: by its id, or by its workflow and end, as the log and the API tell it."""
        if run.prompt_id in self.ids:
            return True
        ends = self.ends.get(run.workflow.signature, ())
        return run.ended_at is not None and bisect(ends, run.ended_at + NEAR_SECONDS) > bisect(ends, run.ended_at - NEAR_SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    server: str
    row: Row
    spelling: tuple[str, str] | None


class Keeper:
    """`open_store`: opens the history; asked again while that fails. `failures`: runs that could not be written at first.

    Start it with `start`, and give it time with `close`, which writes what waits.
    """

    def __init__(
        self,
        open_store: "Callable[[], Store]",
        *,
        retry_seconds: float = FIRST_RETRY_SECONDS,
        patience_seconds: float = _PATIENCE_SECONDS,
    ) -> None:
        self.failures = 0
        self._open = open_store
        self._retry_seconds, self._patience_seconds = retry_seconds, patience_seconds
        self._store: Store | None = None
        self._waiting: deque[_Waiting] = deque(maxlen=MOST_WAITING)
        self._news = asyncio.Event()
        self._worker = Worker("history")
        self._task: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Runs that are not written yet."""
        return len(self._waiting)

    def start(self) -> None:
        """Begins to write."""
        self._task = self._task or asyncio.ensure_future(self._work())

    async def past(self) -> Past:
        """What the history knows. Raises ComfymeterError where it cannot be read, or does not answer."""
        try:
            return await asyncio.wait_for(self._in_thread(self._read), self._patience_seconds)
        except TimeoutError:
            raise ComfymeterError("--store: the history does not answer; can its database be reached?") from None

    def keep(self, server: str, run: Run, *, epoch: str | None, limit_seconds: float | None, past: bool = False) -> None:
        """Writes a run as soon as that is possible. `past`: it was over when we came; then one without an id and an end would be
        stored again at every start."""
        if past and run.prompt_id is None and run.ended_at is None:
            return
        row = row_of(run, timezone=None, epoch=epoch, limit_seconds=limit_seconds)
        graph = run.workflow.graph_signature
        both = graph is not None and run.workflow.signature != graph
        self._waiting.append(_Waiting(server=server, row=row, spelling=(row["log_signature"], graph) if both and graph else None))
        self._news.set()

    async def close(self) -> int:
        """Writes what waits; how many runs could not be written."""
        patience_seconds = self._patience_seconds
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        with suppress(ComfymeterError, TimeoutError):
            await asyncio.wait_for(self._write_all(), patience_seconds)
        if self._store is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._worker.call(self._store.close), patience_seconds)
        self._worker.close()
        return len(self._waiting)

    async def _work(self) -> None:
        pause = self._retry_seconds
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self._write_all()
                pause = self._retry_seconds
            except ComfymeterError as error:
                _LOG.warning("%s; %d runs wait", error, len(self._waiting))
                await asyncio.sleep(pause)
                pause = min(LAST_RETRY_SECONDS, pause * 2)
                self._news.set()

    async def _write_all(self) -> None:
        while self._waiting:
            waiting = self._waiting[0]
            try:
                await self._in_thread(partial(self._write, waiting))
            except ComfymeterError:
                self.failures += 1
                raise
            if self._waiting and self._waiting[0] is waiting:
                self._waiting.popleft()

    # --- in the thread -------------------------------------------------------------------------------------------

    async def _in_thread(self, call: Callable[[], _Found]) -> _Found:
        return await self._worker.call(call)

    def _opened(self) -> "Store":
        if self._store is None:
            self._store = self._open()
        return self._store

    def _read(self) -> Past:
        store = self._opened()
        spelled = store.spelled()
        runs = list(store.runs(limit=_MOST_PAST))
        return Past(
            history=History.of_rows(runs),
            names={run.log_signature: run.workflow for run in reversed(runs)},
            ids=frozenset(run.prompt_id for run in runs if run.prompt_id),
            ends=_ends(runs),
            timings=tuple(store.timings(newest=_OF_EACH)),
            spellings={
                one.graph_signature: Workflow(name=one.workflow, signature=one.log_signature, graph_signature=one.graph_signature)
                for one in spelled
            },
        )

    def _write(self, waiting: _Waiting) -> None:
        store = self._opened()
        new = store.put_watched(waiting.server, waiting.row, time())
        if new and waiting.spelling:
            store.spell(*waiting.spelling)


def _ends(runs: "Iterable[StoredRun]") -> dict[str, list[float]]:
    ends: dict[str, list[float]] = {}
    for run in runs:
        if run.ended_at is not None:
            ends.setdefault(run.log_signature, []).append(run.ended_at)
    return {name: sorted(group) for name, group in ends.items()}
