"""What passes the program's output on, unchanged, to where the user sees it."""

import errno
import os
import select
from collections.abc import Callable

# A reader that went away (`| head`), a terminal that was closed, a descriptor that never was open.
_GONE = {errno.EPIPE, errno.ECONNRESET, errno.EIO, errno.ENXIO, errno.EBADF}


class Outlet:
    """A file descriptor of the user's. Once nobody reads it any more, what comes for it is let go."""

    def __init__(self, handle: int, name: str, say: Callable[[str], None]) -> None:
        self._handle = handle
        self._name = name
        self._say = say
        self._open = True
        self._warned = False

    def write(self, data: bytes) -> None:
        """Writes all of `data`; waits for a slow reader, as a pipe would."""
        rest = memoryview(data)
        while rest and self._open:
            try:
                rest = rest[os.write(self._handle, rest) :]
            except BlockingIOError:
                select.select([], [self._handle], [])  # shared with a program that made it non-blocking
            except OSError as error:
                self._failed(error)
                return

    def _failed(self, error: OSError) -> None:
        self._open = error.errno not in _GONE
        if not self._warned:
            self._warned = True
            why = error.strerror or str(error) if self._open else "nobody reads it any more"
            self._say(f"{self._name}: {why}; the program and its recording go on")
