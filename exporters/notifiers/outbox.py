"""Sends notices beside the watch: each notifier in its own time, none of them holds up another, and no failure stops anything."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from exporters.notifiers.base import Notifier, NotSentError
from exporters.notifiers.notice import Notice
from exporters.tasks import end_all

_MOST_WAITING = 100


@dataclass(slots=True)
class _Box:
    """A notifier and what waits for it."""

    notifier: Notifier
    waiting: asyncio.Queue[Notice] = field(default_factory=lambda: asyncio.Queue(_MOST_WAITING))
    failures: int = 0


class Outbox:
    """Make it in a running loop and end it with `close`. `on_trouble`: told in one line of the first failure of each notifier;
    `on_result`: whether a notice was sent, for each notifier."""

    def __init__(
        self,
        notifiers: Sequence[Notifier],
        on_trouble: Callable[[str], None],
        on_result: Callable[[Notice, bool], None] = lambda notice, sent: None,
    ) -> None:
        self._on_trouble, self._on_result = on_trouble, on_result
        self._boxes = [_Box(notifier) for notifier in notifiers]
        self._tasks = [asyncio.ensure_future(self._work(box)) for box in self._boxes]

    def put(self, notice: Notice) -> None:
        """To all who want it; returns at once."""
        for box in self._boxes:
            if notice.event not in box.notifier.events:
                continue
            try:
                box.waiting.put_nowait(notice)
            except asyncio.QueueFull:
                self._failed(box, notice, f"{_MOST_WAITING} notices wait already")

    async def drained(self, patience_seconds: float) -> None:
        """Returns when all that waits has been sent, or after so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_seconds):
                for box in self._boxes:
                    await box.waiting.join()

    async def close(self) -> None:
        """Stops what is under way, and forgets what waits."""
        await end_all(self._tasks)

    async def _work(self, box: _Box) -> None:
        while True:
            notice = await box.waiting.get()
            try:
                await box.notifier.send(notice)
                self._on_result(notice, True)
            except NotSentError as error:
                self._failed(box, notice, str(error))
            except Exception as error:  # a fault of ours must not end the watch, nor stay unseen
                self._failed(box, notice, type(error).__name__)
            finally:
                box.waiting.task_done()

    def _failed(self, box: _Box, notice: Notice, why: str) -> None:
        box.failures += 1
        self._on_result(notice, False)
        if box.failures == 1:
            self._on_trouble(f"{box.notifier.name}: a notice was not sent: {why}; further failures are only counted")
