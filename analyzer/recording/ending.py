"""How the program ended: its exit code as a shell has it, and for a kill what the system knows about memory."""

import os
import re
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from enum import Enum
from pathlib import Path

KILLED = 128 + 9

_CONTROL_GROUPS = Path("/sys/fs/cgroup")
_OWN_GROUPS = Path("/proc/self/cgroup")
_KERNEL_LOG = Path("/dev/kmsg")
_KERNEL_RECORD_BYTES = 8192
_COUNTERS = ("memory.events", "memory.oom_control")
_OOM_KILLS = re.compile(r"^oom_kill (\d+)$", re.MULTILINE)
# `6,343,1329196,-;Out of memory: Killed process 4711 (python) …`; the third field is microseconds since the start of the system.
_OOM_LINE = re.compile(rb"\d+,\d+,(\d+),[^;]*;(?:Memory cgroup o|O)ut of memory: Kill(?:ed)? process (\d+)")


class Memory(Enum):
    """Whether memory ran out, in words for the user."""

    KILLER = "the kernel's out-of-memory killer ended it"
    LIMIT = "the memory limit of its container or control group was reached, so the kernel ended it"
    NO = "the kernel tells of no memory shortage, so somebody sent it SIGKILL"
    UNKNOWN = "most likely memory ran out: look for 'Killed process' in dmesg, or for OOMKilled in docker inspect"


def exit_code(return_code: int) -> int:
    """The exit code of a shell: 128 + n for a program that a signal n ended (negative in `subprocess`)."""
    return 128 - return_code if return_code < 0 else return_code


def last_words(return_code: int) -> str:
    """What the log's last record says."""
    code = exit_code(return_code)
    return f"exit code={code} signal={signal.Signals(-return_code).name}" if return_code < 0 else f"exit code={code}"


class MemoryWatch:
    """Made when the program starts; asked when it was killed."""

    def __init__(self, groups: Path = _CONTROL_GROUPS, own: Path = _OWN_GROUPS, kernel_log: Path = _KERNEL_LOG) -> None:
        self._counter = next(_counters(groups, own), None)
        self._kernel_log = kernel_log
        self._before = _kills(self._counter)
        self._since = time.clock_gettime(time.CLOCK_MONOTONIC) if hasattr(time, "clock_gettime") else 0.0

    def why(self, pid: int) -> Memory:
        """What is known of the kill of process `pid`."""
        told = told_by_kernel(_kernel_records(self._kernel_log), pid, self._since)
        if told is not None and told is not Memory.NO:
            return told
        after = _kills(self._counter)
        if self._before is not None and after is not None:
            return Memory.KILLER if after > self._before else Memory.NO
        return Memory.UNKNOWN if told is None else told


def told_by_kernel(records: Iterable[bytes], pid: int, since: float) -> Memory | None:
    """What the kernel's log says of `pid`; None where it cannot be read or names other processes (as a container sees them)."""
    read, others = False, False
    for record in records:
        read = True
        found = _OOM_LINE.match(record)
        if found and int(found[1]) / 1e6 >= since - 1:
            if int(found[2]) == pid:
                return Memory.LIMIT if b"Memory cgroup" in record else Memory.KILLER
            others = True
    return Memory.NO if read and not others else None


def _kernel_records(path: Path) -> Iterator[bytes]:
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            while record := os.read(handle, _KERNEL_RECORD_BYTES):
                yield record
        finally:
            os.close(handle)


def _counters(groups: Path, own: Path) -> Iterator[Path]:
    """Files that count the kills in this process's own control group, version 2 and 1; inside a container at the root."""
    with suppress(OSError):
        for line in own.read_text().splitlines():
            _, _, named = line.partition(":")
            controllers, _, path = named.partition(":")
            for root in _roots(groups, controllers):
                for file in (root / path.lstrip("/") / _COUNTERS[bool(controllers)], root / _COUNTERS[bool(controllers)]):
                    if _kills(file) is not None:
                        yield file


def _roots(groups: Path, controllers: str) -> tuple[Path, ...]:
    """Where a hierarchy with these controllers is mounted; version 2 names none."""
    if not controllers:
        return groups, groups / "unified"
    return (groups / "memory",) if "memory" in controllers.split(",") else ()


def _kills(counter: Path | None) -> int | None:
    with suppress(OSError):
        found = _OOM_KILLS.search(counter.read_text()) if counter else None
        return int(found[1]) if found else None
    return None
