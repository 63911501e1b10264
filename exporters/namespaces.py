"""Whether the driver's numbers of processes are this process's too."""

import os
import sys
from contextlib import suppress
from pathlib import Path

# The inode of the system's first namespace of process numbers (PROC_PID_INIT_INO of the kernel).
_FIRST_NAMESPACE = 0xEFFFFFFC


def has_foreign_pids(namespace: Path = Path("/proc/self/ns/pid")) -> bool:
    """Whether this process lives in a namespace of its own (a container, WSL), whose numbers the driver does not know."""
    with suppress(OSError):
        return sys.platform == "linux" and os.stat(namespace).st_ino != _FIRST_NAMESPACE
    return False
