"""A server's process and its children."""

import time
from collections.abc import Callable
from contextlib import suppress

import psutil

# All processes of the machine are gone through for it, and memory is looked at every second.
_KEPT_SECONDS = 5.0


class Family:
    """A process and all that it started, looked for anew every few seconds."""

    def __init__(self, pid: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._pid, self._monotonic = pid, monotonic
        self._found: set[int] = set()
        self._look_at = monotonic()

    def pids(self) -> set[int]:
        """One that is over is itself alone."""
        if self._monotonic() >= self._look_at:
            self._look_at = self._monotonic() + _KEPT_SECONDS
            self._found = {self._pid}
            with suppress(psutil.Error):
                self._found |= {child.pid for child in psutil.Process(self._pid).children(recursive=True)}
        return self._found
