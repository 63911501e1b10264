"""What the timeout of a server should be, by all its runs: worked out anew when one has ended, in a thread, in turns."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

from analyzer.advising import Answer, answer_for_history
from analyzer.runs.model import Run
from analyzer.timeouts.recommend import DEFAULT_RISK
from analyzer.timeouts.timing import Timing
from exporters.labels import CappedLabel
from exporters.metrics import MOST_WORKFLOWS
from exporters.turns import Turns

_MOST_RUNS = 5_000
_LOG = logging.getLogger("comfymeter")


class Advisor:
    """`answer`: the newest advice; None: no evidence yet. `limits`: named limits to rate, in seconds; `limit_seconds`: the one in
    force; `workflows`: those that may have series, the first ones if empty. `label`: a workflow's label. `turns`: shared with
    other servers' advisors."""

    def __init__(
        self,
        *,
        limits: Mapping[str, float] | None = None,
        workflows: Sequence[str] = (),
        limit_seconds: float | None = None,
        risk: float = DEFAULT_RISK,
        turns: Turns | None = None,
    ) -> None:
        self.label = CappedLabel(MOST_WORKFLOWS, allowed=workflows)
        self.answer: Answer | None = None
        self.runs = 0
        self._limits = dict(limits or {})
        self._limit_seconds, self._risk = limit_seconds, risk
        self._timings: deque[Timing] = deque(maxlen=_MOST_RUNS)
        self._changed = asyncio.Event()
        self._turns = turns or Turns()

    def learn(self, timings: Iterable[Timing]) -> None:
        """Past runs, oldest first; what was added before stays the newest."""
        newer = list(self._timings)
        self._timings.clear()
        self._timings.extend([*timings, *newer])
        self._changed.set()

    def add(self, run: Run, epoch: str | None) -> None:
        """A run that has ended."""
        self._timings.append(timing_of(run, epoch))
        self._changed.set()

    async def work(self) -> None:
        """Works advice out whenever there is news, for ever."""
        while True:
            await self._changed.wait()
            try:
                self.answer, self.runs = await self._turns.take(self._begin)
            except Exception as error:  # the next run may bring what lacks; serving goes on with the older advice
                _LOG.warning("the timeout cannot be worked out: %s", error)

    def _begin(self) -> Callable[[], tuple[Answer | None, int]]:
        """What is to be worked out, by the runs there are now."""
        self._changed.clear()
        timings = list(self._timings)

        def work() -> tuple[Answer | None, int]:
            found = answer_for_history(timings, risk=self._risk, limits=self._limits, limit_in_force=self._limit_seconds)
            return found, len(timings)

        return work


def timing_of(run: Run, epoch: str | None) -> Timing:
    """A run as the history would hand it to the estimator."""
    gave_up = run.client_timeout
    return Timing(
        workflow=run.workflow.name,
        outcome=run.outcome.value,
        seconds=run.total_seconds,
        start=run.start.value,
        started_at=run.started_at,
        epoch=epoch,
        queue_seconds=run.queue_seconds,
        limit_seconds=run.limit_seconds,
        client_limit_seconds=gave_up.limit_seconds if gave_up else None,
        client_gave_up=gave_up is not None,
    )
