"""Heavy work of several watched servers, one after the other with pauses, so that all of it costs a small part of one core."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

# Advice for one server takes some tenths of a second; a fleet of busy servers would ask for it all the time.
MOST_SHARE = 0.1
_Made = TypeVar("_Made")


class Turns:
    """Shared by those whose work it is. `most_share`: how much of the time there is work at most."""

    def __init__(self, most_share: float = MOST_SHARE, clock: Callable[[], float] = time.monotonic) -> None:
        self._most_share, self._clock = most_share, clock
        self._one_by_one = asyncio.Lock()
        self._free_at = 0.0

    async def take(self, begin: Callable[[], Callable[[], _Made]]) -> _Made:
        """`begin` is called when it is its turn; what it gives works in a thread. Returns what that makes, or raises."""
        async with self._one_by_one:
            await asyncio.sleep(max(0.0, self._free_at - self._clock()))
            work, began = begin(), self._clock()
            try:
                return await asyncio.to_thread(work)
            finally:
                now = self._clock()
                self._free_at = now + (now - began) * (1 / self._most_share - 1)
