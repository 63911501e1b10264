"""A thread that samples once a second and never costs more than a small part of a processor."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from analyzer.vram.sample import GpuSample

if TYPE_CHECKING:
    from exporters.nvml import GpuProcess

EVERY_SECONDS = 1.0
# Who is on the GPUs is asked at every so many looks.
_LOOKS = 5
# A driver that answers slowly is asked less often: sampling takes at most this share of the time.
MOST_SHARE = 0.05
_PATIENCE_SECONDS = 2.0
_LOOK_PATIENCE_SECONDS = 0.5


class Sampler(Protocol):
    """Reads the GPUs."""

    def sample(self) -> Sequence[GpuSample]: ...
    def processes(self) -> "Sequence[GpuProcess]": ...
    def close(self) -> None: ...


def pause_seconds(took_seconds: float, every_seconds: float, most_share: float = MOST_SHARE) -> float:
    """How long to wait after a look that took so long."""
    return max(every_seconds - took_seconds, took_seconds * (1 - most_share) / most_share, 0.0)


class BackgroundSampler:
    """Samples until `close`. `latest`: what was seen last; `failures`: looks that ended in an exception, the last in `error`.

    `on_samples`: called in the thread with what was seen; `on_processes`: with who is on the GPUs, less often.
    """

    def __init__(
        self,
        sampler: Sampler,
        *,
        on_samples: Callable[[Sequence[GpuSample]], None] | None = None,
        on_processes: "Callable[[Sequence[GpuProcess]], None] | None" = None,
        every_seconds: float = EVERY_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.latest: tuple[GpuSample, ...] = ()
        self.failures = 0
        self.error: Exception | None = None
        self._sampler = sampler
        self._on_samples, self._on_processes = on_samples, on_processes
        self._looks = 0
        self._looking = threading.Lock()
        self._every_seconds = every_seconds
        self._monotonic = monotonic
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gpu-sampler", daemon=True)

    def start(self) -> None:
        """Begins to sample."""
        self._thread.start()

    def close(self) -> None:
        """Ends the sampling; does not wait for a driver that hangs."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(_PATIENCE_SECONDS)

    def look(self, patience_seconds: float = _LOOK_PATIENCE_SECONDS) -> None:
        """One look now, beside the usual ones; none where the driver is still busy with another."""
        if self._looking.acquire(timeout=patience_seconds):
            try:
                self._look()
            finally:
                self._looking.release()

    def _run(self) -> None:
        # The first look may load the driver, which takes its time but tells nothing about the next looks.
        pause, first = 0.0, True
        while not self._over.wait(pause):
            began = self._monotonic()
            with self._looking:
                self._look()
            took = 0.0 if first else self._monotonic() - began
            pause, first = pause_seconds(took, self._every_seconds), False
        self._sampler.close()

    def _look(self) -> None:
        try:
            self.latest = tuple(self._sampler.sample())
            if self._on_samples:
                self._on_samples(self.latest)
            if self._on_processes and self._looks % _LOOKS == 0:
                self._on_processes(self._sampler.processes())
            self._looks += 1
        except Exception as error:  # one bad look must not end the thread, which nobody would notice
            self.failures += 1
            self.error = error
