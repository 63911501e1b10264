"""VRAM samples beside the log: a thread that asks a sampler again and again and appends its rows to a CSV file."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from analyzer.errors import ComfymeterError
from analyzer.recording.rolling import RollingFile

Row = TypeVar("Row")
Row_co = TypeVar("Row_co", covariant=True)
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


class VramLog(threading.Thread, Generic[Row]):
    """Samples until `stop`. What goes wrong is said once; sampling goes on."""

    def __init__(
        self, kit: VramKit[Row], file: RollingFile, *, pid: int | None, seconds: float, say: Callable[[str], None]
    ) -> None:
        super().__init__(daemon=True)
        self._kit = kit
        self._file = file
        self._pid = pid
        self._seconds = seconds
        self._say = say
        self._over = threading.Event()
        self._warned = False
        file.head = self._head

    def run(self) -> None:
        try:
            sampler = self._kit.open(self._pid)
        except ComfymeterError as error:
            self._warn(f"VRAM is not sampled: {error}")
            return
        try:
            while not self._over.wait(self._seconds):
                self._sample(sampler)
        finally:
            sampler.close()
            self._file.close()

    def stop(self) -> None:
        """Ends the sampling; waits for it, but not for a device that hangs."""
        self._over.set()
        self.join(_PATIENCE_SECONDS)

    def _sample(self, sampler: Sampler[Row]) -> None:
        try:
            self._file.append(self._kit.rows(sampler.sample()).encode())
        except OSError as error:
            self._warn(f"{self._file.path}: {error.strerror or error}; VRAM samples are lost until that is over")
        except ComfymeterError as error:
            self._warn(f"VRAM: {error}; sampling goes on")

    def _head(self) -> bytes:
        return b"" if self._file.size else self._kit.header.encode()

    def _warn(self, text: str) -> None:
        if not self._warned:
            self._warned = True
            self._say(text)


def samples_beside(log: Path) -> RollingFile | None:
    """The file for the samples of a log; None where the log is a device or a pipe. Raises OSError."""
    return RollingFile.append_to(log.with_name(log.name + SUFFIX)) if log.is_file() else None
