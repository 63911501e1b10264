"""A server's GPUs while it runs: the newest samples, peaks, and the samples from which a run's figures are made.

Samples come from a thread, questions from others; a lock keeps them apart.
"""

import threading
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from analyzer.runs.model import Run, ServerStart, Vram, VramSource
from analyzer.vram.join import Joiner, Life
from analyzer.vram.sample import GpuSample
from analyzer.vram.system_stats import samples_of
from exporters.observations import DeviceMemory, SystemStats
from exporters.peak_hold import Peak, PeakHold

if TYPE_CHECKING:
    from exporters.nvml import GpuProcess

# The run's own start is told after it began.
_BEFORE_SECONDS = 120.0
# Two days of one GPU at one sample a second; longer runs keep their newest part.
_MOST_SAMPLES = 200_000
# Older samples say nothing of now.
_STALE_SECONDS = 30.0
_RUN, _SCRAPE = "run", "scrape"


class GpuWatch:
    """Feed it the samples of each look, and say when runs begin and end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: deque[GpuSample] = deque(maxlen=_MOST_SAMPLES)
        self._latest: tuple[GpuSample, ...] = ()
        self._source = VramSource.API
        self._holds = PeakHold()
        self._run_since: float | None = None
        self._device_index: int | None = None
        self._label: str | None = None
        self._processes: tuple[GpuProcess, ...] = ()

    # --- in ------------------------------------------------------------------------------------------------------

    def feed(self, samples: Sequence[GpuSample], source: VramSource = VramSource.NVML) -> None:
        """Takes what was seen at one look."""
        with self._lock:
            if not samples:
                # A driver that is lost says nothing of what another source tells.
                self._latest = () if source is self._source else self._latest
                return
            self._latest = tuple(samples)
            if source is not self._source:
                # The driver counts other memory than torch does: one run is told from one source.
                self._kept.clear()
                self._source = source
            self._holds.feed(samples)
            self._kept.extend(samples)
            self._forget(samples[-1].at)

    def feed_processes(self, processes: "Sequence[GpuProcess]") -> None:
        """Takes who is on the GPUs."""
        self._processes = tuple(processes)

    def feed_stats(self, stats: SystemStats) -> None:
        """Takes the server's own figures, which count where the driver cannot be asked."""
        self._device_index = next((one.index for one in stats.devices if one.kind == "cuda"), None)
        with self._lock:
            driver_tells = self._source is VramSource.NVML and bool(self._latest)
        if not driver_tells:
            self.feed(samples_of(map(_fields, stats.devices), stats.at), VramSource.API)

    def run_began(self, at: float) -> None:
        """A run begins: its peaks count from now on. `at`: when, as far as it is known."""
        with self._lock:
            self._run_since = at
            self._holds.begin(_RUN)

    def run_ended(self) -> None:
        """It is over: its samples are needed no more. Its peaks stay until the next one begins."""
        with self._lock:
            self._run_since = None

    def _forget(self, now: float) -> None:
        since = now if self._run_since is None else min(now, self._run_since)
        while self._kept and self._kept[0].at < since - _BEFORE_SECONDS:
            self._kept.popleft()

    # --- out -----------------------------------------------------------------------------------------------------

    @property
    def label(self) -> str | None:
        """The server's GPU, as the last run told it; None: not known."""
        return self._label

    @property
    def seen_at(self) -> float:
        """When the newest sample was taken; 0: never."""
        return max((sample.at for sample in self._latest), default=0.0)

    def latest(self, now: float) -> tuple[GpuSample, ...]:
        """The newest sample of each GPU; none where nobody looked of late."""
        with self._lock:
            return tuple(sample for sample in self._latest if now - sample.at < _STALE_SECONDS)

    def run_peaks(self) -> dict[str, Peak]:
        """The peaks of each GPU since the run in flight, or the last one, began."""
        with self._lock:
            return self._holds.peaks(_RUN)

    def take_peaks(self) -> dict[str, Peak]:
        """The peaks since this was asked last."""
        with self._lock:
            return self._holds.take(_SCRAPE)

    def others(self, label: str | None = None) -> "tuple[GpuProcess, ...]":
        """Who else is on that GPU, or on the server's, most memory first; none where the server's own processes are not known."""
        processes, label = self._processes, self._label if label is None else label
        if not any(one.ours for one in processes):
            return ()
        others = [one for one in processes if not one.ours and label in (None, one.gpu)]
        return tuple(sorted(others, key=lambda one: -(one.used_bytes or 0)))

    def busy_ratio(self, since: float) -> float | None:
        """Mean share of time with work since then, of the server's GPU, or of the busiest where that is not known."""
        busy: dict[str, list[float]] = {}
        with self._lock:
            for sample in reversed(self._kept):
                if sample.at < since:
                    break
                if sample.utilisation_ratio is not None:
                    busy.setdefault(sample.label, []).append(sample.utilisation_ratio)
        means = {label: sum(ratios) / len(ratios) for label, ratios in busy.items()}
        return means.get(self._label or "", max(means.values(), default=None))

    def figures(self, run: Run) -> Vram | None:
        """What the samples say of a run that has ended; None: nothing."""
        with self._lock:
            samples, source = list(self._kept), self._source
        if not samples:
            return None
        life: Life = (0, run.server_number)
        joiner = Joiner([run], lambda run: life, (0.0, 0.0))
        for sample in samples:
            joiner.feed(sample)
        found = joiner.result(source, {life: self._start(run)}, name="live", timezone=None).found.get(0)
        self._label = found.gpu if found else self._label
        return found

    def _start(self, run: Run) -> ServerStart:
        device = None if self._device_index is None else f"cuda:{self._device_index}"
        return ServerStart(number=run.server_number, source=run.source, line=0, device=device)


def _fields(device: DeviceMemory) -> dict[str, Any]:
    return {
        "type": device.kind,
        "index": device.index,
        "vram_total": device.total_bytes,
        "vram_free": device.free_bytes,
        "torch_vram_free": device.torch_free_bytes,
    }
