"""VRAM samples beside the log: a thread that asks a sampler again and again and appends its rows to a CSV file."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from analyzer.errors import ComfymeterError
from analyzer.recording.forwarding import for_main_thread
from analyzer.recording.rolling import RollingFile

Row = TypeVar("Row")
Row_co = TypeVar("Row_co", covariant=True)
Say = Callable[[str], None]

SUFFIX = ".vram.csv"
# A device that does not answer must not hold up the end.
_PATIENCE_SECONDS = 2.0


class Sampler(Protocol[Row_co]):
    """Reads the devices: one row per GPU."""

    def sample(self) -> Sequence[Row_co]: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class VramKit(Generic[Row]):
    """How to sample and how to write it down.

    `open`: a sampler for the process with this id (None: not known); raises ComfymeterError where there is none to be had.
    `header`: the CSV's first line; `rows`: rows as CSV text. Both with their line ends.
    """

    open: Callable[[int | None], Sampler[Row]]
    header: str
    rows: Callable[[Sequence[Row]], str]


@contextmanager
def sampling(kit: VramKit[Row] | None, log: RollingFile, *, pid: int | None, seconds: float, say: Say) -> Iterator[None]:
    """Samples beside `log` while the block lasts; `seconds` 0: none, nor beside a device or a pipe."""
    if kit is None or not seconds or not log.path.is_file():
        yield
        return
    samples = VramLog(kit, log, pid=pid, seconds=seconds, say=say)
    with for_main_thread():
        samples.start()
    try:
        yield
    finally:
        samples.stop()


class VramLog(threading.Thread, Generic[Row]):
    """Samples until `stop`. What goes wrong is said once; sampling goes on."""

    def __init__(self, kit: VramKit[Row], log: RollingFile, *, pid: int | None, seconds: float, say: Say) -> None:
        super().__init__(daemon=True)
        self._kit = kit
        self._log = log
        self._pid = pid
        self._seconds = seconds
        self._say = say
        self._over = threading.Event()
        self._warned = False

    def run(self) -> None:
        try:
            sampler = self._kit.open(self._pid)
        except ComfymeterError as error:
            self._warn(f"VRAM is not sampled: {error}")
            return
        try:
            self._sample_into(self._file(), sampler)
        except OSError as error:
            self._warn(f"VRAM is not sampled: {samples_beside(self._log.path)}: {error.strerror or error}")
        finally:
            sampler.close()

    def stop(self) -> None:
        """Ends the sampling; waits for it, but not for a device that hangs."""
        self._over.set()
        self.join(_PATIENCE_SECONDS)

    def _file(self) -> RollingFile:
        """Parts end and go as those of the log do; each begins with the header."""
        file = RollingFile.append_to(samples_beside(self._log.path))
        file.limit_bytes, file.keep = self._log.limit_bytes, self._log.keep
        file.head = lambda: b"" if file.size else self._kit.header.encode()
        return file

    def _sample_into(self, file: RollingFile, sampler: Sampler[Row]) -> None:
        while not self._over.wait(self._seconds):
            try:
                file.append(self._kit.rows(sampler.sample()).encode())
            except OSError as error:
                self._warn(f"{file.path}: {error.strerror or error}; VRAM samples are lost until that is over")
            except ComfymeterError as error:
                self._warn(f"VRAM: {error}; sampling goes on")
        file.close()

    def _warn(self, text: str) -> None:
        if not self._warned:
            self._warned = True
            self._say(text)


def samples_beside(log: Path) -> Path:
    """Where the samples of a log stand."""
    return log.with_name(log.name + SUFFIX)
