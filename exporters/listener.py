"""Which process listens on a port of this machine, so that a server's memory can be told from that of others (Linux)."""

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from exporters.process_tree import PROC, family

_LISTENING = "0A"  # TCP_LISTEN of the kernel
_SOCKET = re.compile(r"socket:\[(\d+)\]")
_FORWARDERS = ("ssh", "autossh", "kubectl")
_SERVERS = ("python", "uv", "comfy")
# Where nothing listens yet it is not looked for at every sample: all processes are gone through.
_RETRY_SECONDS = 10.0


class Listener:
    """The server's process, looked for by its port, and again when it has ended."""

    def __init__(self, port: int, proc: Path = PROC, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._port, self._proc, self._monotonic = port, proc, monotonic
        self._pid: int | None = None
        self._look_at = monotonic()

    def pids(self) -> set[int]:
        """Its process and all that it started; none where that is not known, or is no Python: a proxy has no memory on a GPU."""
        if self._pid is not None and not (self._proc / str(self._pid)).exists():
            self._pid = None
        if self._pid is None and self._monotonic() >= self._look_at:
            self._look_at = self._monotonic() + _RETRY_SECONDS
            found = listening(self._port, self._proc)
            self._pid = found if found is not None and _name(found, self._proc).startswith(_SERVERS) else None
        return set() if self._pid is None else family(self._pid, self._proc)


def is_forwarded(port: int, proc: Path = PROC) -> bool:
    """Whether the port leads to another machine."""
    pid = listening(port, proc)
    return pid is not None and _name(pid, proc) in _FORWARDERS


def listening(port: int, proc: Path = PROC) -> int | None:
    """The process that listens there; None: none, or it is another user's."""
    wanted = set(_inodes(port, proc))
    if not wanted:
        return None
    with suppress(OSError):
        for folder in proc.iterdir():
            if folder.name.isdigit() and wanted & set(_sockets(folder)):
                return int(folder.name)
    return None


def _inodes(port: int, proc: Path) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        with suppress(OSError, ValueError, IndexError):
            for line in (proc / "net" / table).read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                    yield fields[9]


def _sockets(folder: Path) -> Iterator[str]:
    with suppress(OSError):
        for link in (folder / "fd").iterdir():
            with suppress(OSError):
                if found := _SOCKET.fullmatch(os.readlink(link)):
                    yield found[1]


def _name(pid: int, proc: Path) -> str:
    with suppress(OSError):
        return (proc / str(pid) / "comm").read_text(errors="replace").strip().lower()
    return ""
