"""Many logs on all cores: each is read by one of several processes, and the readings come in the logs' order."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from typing import TypeVar

from analyzer.errors import ComfymeterError
from analyzer.sources import LogGroup
from analyzer.sources.files import STDIN

# With less to read another process costs more than it brings: its start takes 0.3 s.
LEAST_BYTES = 32 << 20
_Read = TypeVar("_Read")


def processes_for(groups: Sequence[LogGroup], jobs: int | None) -> int:
    """How many processes are worth while. `jobs`: at most so many; None: as many as there are cores."""
    return min(len(groups), jobs or os.cpu_count() or 1) if sum(map(_size, groups)) >= LEAST_BYTES else 1


def spread(
    groups: Sequence[LogGroup],
    read: Callable[[LogGroup], _Read],
    processes: int,
    on_read: Callable[[str, int], None] | None = None,
) -> list[_Read]:
    """What `read`, a function that can be pickled, makes of each group. `on_read`: told of a group's name and size once it has.

    Raises what it raises, of several groups the first one's. The standard input is read in this process.
    """
    # Not forked: the program may have threads, and what these have locked would be locked for ever.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        # The largest first, so that none is left for the end.
        order = sorted(range(len(groups)), key=lambda place: -_size(groups[place]))
        futures = {place: pool.submit(read, groups[place]) for place in order if not _stays(groups[place])}
        readings: list[_Read] = []
        try:
            for place, group in enumerate(groups):
                readings.append(futures[place].result() if place in futures else read(group))
                if on_read:
                    on_read(group.name, _size(group))
        except BrokenExecutor:
            raise ComfymeterError(
                f"{group.name}: a process that read it was killed, for want of memory perhaps; try --jobs 1"
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)
    return readings


def _stays(group: LogGroup) -> bool:
    return any(file.name == STDIN for file in group.files)


def _size(group: LogGroup) -> int:
    """Bytes on disk, as far as they are known."""
    size = 0
    for file in group.files:
        with suppress(OSError, ValueError):
            size += os.stat(file.name).st_size
    return size
