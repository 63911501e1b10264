"""Processes as this machine numbers them: a server's own and its children, and whether the driver has the same numbers."""

import os
import sys
from contextlib import suppress
from pathlib import Path

# The inode of the system's first namespace of process numbers (PROC_PID_INIT_INO of the kernel).
_FIRST_NAMESPACE = 0xEFFFFFFC
PROC = Path("/proc")


def has_foreign_pids(namespace: Path = PROC / "self/ns/pid") -> bool:
    """Whether this process lives in a namespace of its own (a container, WSL), whose numbers the driver does not know."""
    with suppress(OSError):
        return sys.platform == "linux" and os.stat(namespace).st_ino != _FIRST_NAMESPACE
    return False


def family(pid: int, proc: Path = PROC) -> set[int]:
    """A process and all that it started, as far as the system tells (Linux); on others the process alone."""
    found, left = {pid}, [pid]
    while left:
        children = _children(left.pop(), proc) - found
        found |= children
        left += children
    return found


def _children(pid: int, proc: Path) -> set[int]:
    children: set[int] = set()
    with suppress(OSError):
        for task in (proc / str(pid) / "task").iterdir():
            with suppress(OSError, ValueError):
                children |= {int(child) for child in (task / "children").read_text().split()}
    return children
