"""All cores of this machine: each log is read by one of several processes, where that is worth while."""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from analyzer.engines.base import OnRead, Read, stays
from analyzer.errors import ComfymeterError
from analyzer.sources import LogGroup

# With less to read another process costs more than it brings: its start takes 0.3 s.
LEAST_BYTES = 32 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalEngine:
    """`jobs`: at most so many processes; None: one per core."""

    jobs: int | None = None

    def each(self, groups: Sequence[LogGroup], read: Callable[[LogGroup], Read], on_read: OnRead | None = None) -> list[Read]:
        return _spread(groups, read, self.processes(groups), on_read)

    def sends(self, groups: Sequence[LogGroup]) -> bool:
        return self.processes(groups) > 1

    def processes(self, groups: Sequence[LogGroup]) -> int:
        """How many are worth while."""
        return min(len(groups), self.jobs or os.cpu_count() or 1) if sum(map(_size, groups)) >= LEAST_BYTES else 1


def _spread(groups: Sequence[LogGroup], read: Callable[[LogGroup], Read], processes: int, on_read: OnRead | None) -> list[Read]:
    from concurrent.futures import BrokenExecutor, ProcessPoolExecutor  # half as long as all the rest of a start-up
    from multiprocessing import get_context

    # Not forked: the program may have threads, and what these have locked would be locked for ever.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        # The largest first, so that none is left for the end.
        order = sorted(range(len(groups)), key=lambda place: -_size(groups[place]))
        futures = {place: pool.submit(read, groups[place]) for place in order if not stays(groups[place])}
        readings: list[Read] = []
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


def _size(group: LogGroup) -> int:
    """Bytes on disk, as far as they are known."""
    size = 0
    for file in group.files:
        with suppress(OSError, ValueError):
            size += os.stat(file.name).st_size
    return size
