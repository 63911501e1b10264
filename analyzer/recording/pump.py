"""Threads that read what the program writes, and stamp it as it arrives."""

import errno
import os
import threading
from collections.abc import Callable

READ_BYTES = 1 << 16
# After the program's end: how long its terminal, or a process it left behind, may be silent before reading ends.
_GRACE_MILLISECONDS = 100

Take = Callable[[float, bytes], None]
Clock = Callable[[], float]


def read(handle: int) -> bytes:
    """What is there to read; nothing at the end. A terminal's end is an error to the system (EIO)."""
    try:
        return os.read(handle, READ_BYTES)
    except OSError as error:
        if error.errno in (errno.EIO, errno.EBADF):
            return b""
        raise


class Pump(threading.Thread):
    """Reads a descriptor to its end and hands on bytes with the time of their arrival (Unix seconds).

    After `stop` it reads on only while there is something: a process that the program left behind may hold the other end open.
    """

    def __init__(self, handle: int, take: Take, clock: Clock) -> None:
        super().__init__(daemon=True)
        self._handle = handle
        self._take = take
        self._clock = clock
        self._stopped, self._stop_end = os.pipe()

    def run(self) -> None:
        while (data := read(self._handle)) if self._ready() else b"":
            self._take(self._clock(), data)

    def stop(self) -> None:
        """The program has ended."""
        os.close(self._stop_end)

    def _ready(self) -> bool:
        import select

        if not hasattr(select, "poll"):
            return True  # without it the read waits, and ends with the last writer
        poll = select.poll()
        poll.register(self._handle, select.POLLIN)
        poll.register(self._stopped, select.POLLIN)
        if any(handle == self._handle for handle, _ in poll.poll()):
            return True
        poll.unregister(self._stopped)
        return bool(poll.poll(_GRACE_MILLISECONDS))
