"""All cores of this machine: each log, or each part of a big one, is read by one of several processes where that pays."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analyzer.containers import Zone
from analyzer.engines.base import OnRead, Read, Whole, stays
from analyzer.errors import ComfymeterError
from analyzer.reading import LogReader
from analyzer.sources import LogGroup, LogStream
from analyzer.sources.cutting import Sizes

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

# With less to read another process costs more than it brings: its start takes 0.3 s.
LEAST_BYTES = 32 << 20
# A log of so many bytes is cut into parts where it is the only one, or this share of all bytes.
LEAST_CUT_BYTES = 32 << 20
_NEARLY_ALL = 0.75
# Parts that wait for a process, so that none waits for a part.
_WAITING = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalEngine:
    """`jobs`: at most so many processes; None: one per core. `sizes`: of the parts that a big log is cut into."""

    jobs: int | None = None
    sizes: Sizes = field(default_factory=Sizes)

    def each(self, groups: Sequence[LogGroup], read: Callable[[LogGroup], Read], on_read: OnRead | None = None) -> list[Read]:
        return _spread(groups, read, self.processes(groups), on_read)

    def sends(self, groups: Sequence[LogGroup]) -> bool:
        sizes = list(map(_size, groups))
        # Where one log is nearly all there is to read, its parts are shared out instead.
        one_is_all = max(sizes, default=0) >= max(LEAST_CUT_BYTES, _NEARLY_ALL * sum(sizes))
        return self.processes(groups) > 1 and not one_is_all

    def go_through(self, reader: LogReader, stream: LogStream, zone: Zone, on_progress: OnRead | None = None) -> Whole | None:
        processes = self.jobs or os.cpu_count() or 1
        if processes < 2 or stream.file is None or os.fstat(stream.file).st_size < LEAST_CUT_BYTES:
            return None
        from analyzer.engines.parts import PartsReader, can_be_cut

        if not can_be_cut(stream, zone):
            return None
        with _pool(processes) as pool, _alive(stream.name):
            try:
                parts = PartsReader(reader=reader, stream=stream, zone=zone, pool=pool, sizes=self.sizes, on_progress=on_progress)
                return parts.read(ahead=processes + _WAITING)
            finally:
                pool.shutdown(cancel_futures=True)

    def processes(self, groups: Sequence[LogGroup]) -> int:
        """How many are worth while."""
        return min(len(groups), self.jobs or os.cpu_count() or 1) if sum(map(_size, groups)) >= LEAST_BYTES else 1


def _pool(processes: int) -> "ProcessPoolExecutor":
    from concurrent.futures import ProcessPoolExecutor  # half as long as all the rest of a start-up
    from multiprocessing import get_context

    # Not forked: the program may have threads, and what these have locked would be locked for ever.
    return ProcessPoolExecutor(processes, mp_context=get_context("spawn"))


@contextmanager
def _alive(name: str) -> Iterator[None]:
    """Raises ComfymeterError where a process dies."""
    from concurrent.futures import BrokenExecutor

    try:
        yield
    except BrokenExecutor:
        raise ComfymeterError(f"{name}: a process that read it was killed, for want of memory perhaps; try --jobs 1") from None


def _spread(groups: Sequence[LogGroup], read: Callable[[LogGroup], Read], processes: int, on_read: OnRead | None) -> list[Read]:
    with _pool(processes) as pool:
        # The largest first, so that none is left for the end.
        order = sorted(range(len(groups)), key=lambda place: -_size(groups[place]))
        futures = {place: pool.submit(read, groups[place]) for place in order if not stays(groups[place])}
        readings: list[Read] = []
        try:
            for place, group in enumerate(groups):
                with _alive(group.name):
                    readings.append(futures[place].result() if place in futures else read(group))
                if on_read:
                    on_read(group.name, _size(group))
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
