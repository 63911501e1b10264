"""VRAM samples beside the log: what a sampling thread sees goes into a CSV file (docs/vram.md)."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from analyzer.recording.forwarding import for_main_thread
from analyzer.recording.rolling import RollingFile
from analyzer.recording.voice import Voice
from analyzer.vram import recorded
from analyzer.vram.sample import GpuSample

SUFFIX = ".vram.csv"

Say = Callable[[str], None]
OnSamples = Callable[[Sequence[GpuSample]], None]


class Sampling(Protocol):
    """A thread that samples all GPUs again and again, from `start` to `close`."""

    def start(self) -> None: ...
    def close(self) -> None: ...


class Sample(Protocol):
    """Makes a sampling: `pid` is the server's process (None: not known), `say` hears once what stands in its way.

    It must come back at once: until then nobody reads what the program prints.
    """

    def __call__(self, pid: int | None, every_seconds: float, on_samples: OnSamples, say: Say, /) -> Sampling: ...


@contextmanager
def sampling(sample: Sample | None, log: RollingFile, *, pid: int | None, seconds: float, voice: Voice) -> Iterator[None]:
    """Samples beside `log` while the block lasts; `seconds` 0: none, nor beside a device or a pipe."""
    if sample is None or not seconds or not log.path.is_file():
        yield
        return
    running = sample(pid, seconds, SampleFile(log, voice.warn).take, voice.note)
    with for_main_thread():
        running.start()
    try:
        yield
    finally:
        running.close()


class SampleFile:
    """The file of samples beside a log, made when there are any. Its parts end and go as those of the log do."""

    def __init__(self, log: RollingFile, say: Say) -> None:
        self._log = log
        self._say = say
        self._file: RollingFile | None = None
        self._warned = False

    def take(self, samples: Sequence[GpuSample]) -> None:
        """Appends a row per sample. What cannot be written is lost, and said once."""
        if not samples:
            return
        try:
            self._file = self._file or self._opened()
            self._file.append("".join(map(recorded.row, samples)).encode())
        except OSError as error:
            if not self._warned:
                self._warned = True
                self._say(
                    f"{samples_beside(self._log.path)}: {error.strerror or error}; VRAM samples are lost until that is over"
                )

    def _opened(self) -> RollingFile:
        file = RollingFile.append_to(samples_beside(self._log.path))
        file.limit_bytes, file.keep = self._log.limit_bytes, self._log.keep
        file.head = lambda: b"" if file.size else recorded.header().encode()
        return file


def samples_beside(log: Path) -> Path:
    """Where the samples of a log stand."""
    return log.with_name(log.name + SUFFIX)
