"""A thread that samples once a second and never costs more than a small part of a processor."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from analyzer.vram.sample import GpuSample

EVERY_SECONDS = 1.0
# A driver that answers slowly is asked less often: sampling takes at most this share of the time.
MOST_SHARE = 0.05
_PATIENCE_SECONDS = 2.0


class Sampler(Protocol):
    """Reads the GPUs."""

    def sample(self) -> Sequence[GpuSample]: ...
    def close(self) -> None: ...


def pause_seconds(took_seconds: float, every_seconds: float, most_share: float = MOST_SHARE) -> float:
    """How long to wait after a look that took so long."""
    return max(every_seconds - took_seconds, took_seconds * (1 - most_share) / most_share, 0.0)


class BackgroundSampler:
    """Samples until `close`. `latest`: what was seen last; `failures`: looks that ended in an exception, the last in `error`.

    `on_samples`: called in the thread with what was seen.
    """

    def __init__(
        self,
        sampler: Sampler,
        *,
        on_samples: Callable[[Sequence[GpuSample]], None] | None = None,
        every_seconds: float = EVERY_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.latest: tuple[GpuSample, ...] = ()
        self.failures = 0
        self.error: Exception | None = None
        self._sampler = sampler
        self._on_samples = on_samples
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

    def _run(self) -> None:
        pause = 0.0
        while not self._over.wait(pause):
            began = self._monotonic()
            self._look()
            pause = pause_seconds(self._monotonic() - began, self._every_seconds)
        self._sampler.close()

    def _look(self) -> None:
        try:
            self.latest = tuple(self._sampler.sample())
            if self._on_samples:
                self._on_samples(self.latest)
        except Exception as error:  # one bad look must not end the thread, which nobody would notice
            self.failures += 1
            self.error = error
