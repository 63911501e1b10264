"""A thread for calls that may hang, as on a network that is away or in a driver: who waits can give up, so can the process."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar

_Made = TypeVar("_Made")


class Worker:
    """Makes calls one after the other. Nothing waits for it at the end: neither `close` nor the interpreter, as for a pool."""

    def __init__(self, name: str) -> None:
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        threading.Thread(target=self._work, name=f"comfymeter-{name}", daemon=True).start()

    async def call(self, function: Callable[[], _Made]) -> _Made:
        """What `function` returns or raises."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_Made] = loop.create_future()

        def make() -> None:
            tell: Callable[[], None]
            try:
                tell = partial(future.set_result, function())
            except Exception as error:
                tell = partial(future.set_exception, error)
            with suppress(RuntimeError):  # the loop is closed, and with it everybody who waited
                loop.call_soon_threadsafe(_told, future, tell)

        self._calls.put(make)
        return await future

    def close(self, last: Callable[[], None] | None = None) -> None:
        """No more calls but the `last` one; nobody waits for either."""
        if last is not None:
            self._calls.put(last)
        self._calls.put(None)

    def _work(self) -> None:
        while (make := self._calls.get()) is not None:
            make()


def _told(future: "asyncio.Future[Any]", tell: Callable[[], None]) -> None:
    if not future.done():
        tell()
