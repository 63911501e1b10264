"""Which process listens on a port of this machine, so that a server's memory can be told from that of others."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import psutil

from exporters.process_tree import Family

_FORWARDERS = ("ssh", "autossh", "kubectl")
_SERVERS = ("python", "uv", "comfy")
# Where nothing listens yet it is not looked for at every sample: all processes are gone through.
_RETRY_SECONDS = 10.0


class Listener:
    """The server's process, looked for by its port, and again when it has ended."""

    def __init__(self, port: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._port, self._monotonic = port, monotonic
        self._process: psutil.Process | None = None
        self._family: Family | None = None
        self._look_at = monotonic()

    def pids(self) -> set[int]:
        """Its process and all that it started; none where that is not known, or is no Python: a proxy has no memory on a GPU."""
        if self._process is not None and not _is_alive(self._process):
            self._process = self._family = None
        if self._process is None and self._monotonic() >= self._look_at:
            self._look_at = self._monotonic() + _RETRY_SECONDS
            found = listening(self._port)
            if found is not None and _name(found).startswith(_SERVERS):
                self._process, self._family = found, Family(found.pid, self._monotonic)
        return self._family.pids() if self._family else set()


def is_forwarded(port: int) -> bool:
    """Whether the port leads to another machine."""
    found = listening(port)
    return found is not None and _name(found) in _FORWARDERS


def listening(port: int) -> psutil.Process | None:
    """The process that listens there, the first of several; None: none, or it is another user's."""
    with suppress(psutil.Error, OSError):
        pids = {pid for pid, socket in _sockets() if socket.status == psutil.CONN_LISTEN and socket.laddr.port == port}
        return psutil.Process(min(pids)) if pids else None
    return None


def _sockets() -> Iterator[tuple[int, Any]]:
    """The TCP sockets of all processes whose owner may be known."""
    try:
        yield from [(one.pid, one) for one in psutil.net_connections("tcp") if one.pid is not None]
    except psutil.AccessDenied:  # macOS tells all of them to root alone, and those of one's own processes one by one
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                yield from [(process.pid, one) for one in process.net_connections("tcp")]


def _is_alive(process: psutil.Process) -> bool:
    """A zombie has let go of everything."""
    with suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _name(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return process.name().lower().removesuffix(".exe")
    return ""
