"""Threads that read what the program writes, and stamp it as it arrives."""

import errno
import os
import select
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
        self._source = handle  # a thread has a `_handle` of its own, from Python 3.13 on
        self._take = take
        self._clock = clock
        self._stopped, self._stop_end = os.pipe()

    def run(self) -> None:
        if not hasattr(select, "poll"):
            self._read_on()  # without it a read waits, and the last writer ends it
            return
        poll = select.poll()
        poll.register(self._source, select.POLLIN)
        poll.register(self._stopped, select.POLLIN)
        while all(handle != self._stopped for handle, _ in poll.poll()):
            if not self._read():
                return
        poll.unregister(self._stopped)
        left = _LEFT_BYTES
        while left > 0 and poll.poll(_GRACE_MILLISECONDS) and (size := self._read()):
            left -= size

    def stop(self) -> None:
        """The program has ended."""
        os.close(self._stop_end)

    def _read_on(self) -> None:
        while self._read():
            pass

    def _read(self) -> int:
        """How many bytes there were; 0 at the end."""
        data = read(self._source)
        if data:
            self._take(self._clock(), data)
        return len(data)
