"""Threads that read what the program writes, and stamp it as it arrives."""

import errno
import os
import threading
from collections.abc import Callable

READ_BYTES = 1 << 16
# After the program's end reading ends after a silence, or after more than pipes hold: a process that it left behind may write on.
_GRACE_MILLISECONDS = 100
_LEFT_BYTES = 1 << 20

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

    After `stop` it reads on only what the program left: another process may hold the other end open for ever.
    """

    def __init__(self, handle: int, take: Take, clock: Clock) -> None:
        super().__init__(daemon=True)
        self._handle = handle
        self._take = take
        self._clock = clock
        self._stopped, self._stop_end = os.pipe()
        self._left = _LEFT_BYTES

    def run(self) -> None:
        while self._ready() and (data := read(self._handle)):
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
        if all(handle != self._stopped for handle, _ in poll.poll()):
            return True
        self._left -= READ_BYTES
        poll.unregister(self._stopped)
        return self._left > 0 and bool(poll.poll(_GRACE_MILLISECONDS))
