"""What one GPU did during one run: samples in, figures out."""

from collections.abc import Iterable

from analyzer.runs.model import Phase, PhasePeak, Vram, VramSource
from analyzer.vram.sample import GpuSample

# A value stands until the next sample, but not longer than this: where nobody looked nothing is known.
MOST_HOLD_SECONDS = 30.0
# A mean needs to be known of so much of the run.
LEAST_COVERED = 0.5
# Times are sums of stamps.
_ROUNDING_SECONDS = 1e-3


class Use:
    """One GPU during one run, while samples come in. `low_bytes`: the least that was in use."""

    __slots__ = (
        "_busy",
        "_busy_seconds",
        "_byte_seconds",
        "_energy",
        "_energy_seconds",
        "_held_seconds",
        "_phases",
        "_slow_known",
        "_slowed",
        "low_bytes",
        "other_peak_bytes",
        "peak_bytes",
        "process_peak_bytes",
        "samples",
        "total_bytes",
    )

    def __init__(self) -> None:
        self.samples = 0
        self.peak_bytes = 0
        self.low_bytes = 0
        self.total_bytes: int | None = None
        self.process_peak_bytes: int | None = None
        self.other_peak_bytes: int | None = None
        self._phases: dict[Phase, int] = {}
        self._slowed = self._slow_known = 0
        self._byte_seconds = self._held_seconds = 0.0
        self._busy = self._busy_seconds = 0.0
        self._energy = self._energy_seconds = 0.0

    def see(self, sample: GpuSample, used: int, phase: Phase | None) -> None:
        """A sample within the run that tells the memory in use."""
        self.low_bytes = min(self.low_bytes, used) if self.samples else used
        self.peak_bytes = max(self.peak_bytes, used)
        self.samples += 1
        self.total_bytes = _larger(self.total_bytes, sample.total_bytes)
        self.process_peak_bytes = _larger(self.process_peak_bytes, sample.process_bytes)
        if sample.process_bytes is not None:
            self.other_peak_bytes = _larger(self.other_peak_bytes, max(0, used - sample.process_bytes))
        if phase is not None:
            self._phases[phase] = max(self._phases.get(phase, 0), used)
        if (slowed := sample.slowed) is not None:
            self._slow_known += 1
            self._slowed += slowed

    def hold(self, sample: GpuSample, seconds: float) -> None:
        """So long of the run a sample was the last one."""
        if sample.used_bytes is not None:
            self._byte_seconds += sample.used_bytes * seconds
            self._held_seconds += seconds
        if sample.utilisation_ratio is not None:
            self._busy += sample.utilisation_ratio * seconds
            self._busy_seconds += seconds

    def count(self, joules: float, seconds: float) -> None:
        """So much the GPU's counter rose during so long of the run."""
        self._energy += joules
        self._energy_seconds += seconds

    @property
    def busy_ratio(self) -> float | None:
        """The mean share of time with work, of the time that it is known of."""
        return self._busy / self._busy_seconds if self._busy_seconds else None

    def result(self, label: str, source: VramSource, run_seconds: float, log_peak_bytes: int | None) -> Vram:
        """The figures. Means are given where most of the run is covered, the energy where all of it was counted."""
        least = run_seconds * LEAST_COVERED
        counted = self._energy_seconds > 0 and abs(self._energy_seconds - run_seconds) <= _ROUNDING_SECONDS
        return Vram(
            peak_bytes=self.peak_bytes,
            source=source,
            gpu=label,
            samples=self.samples,
            mean_bytes=round(self._byte_seconds / self._held_seconds) if self._held_seconds >= least else None,
            total_bytes=self.total_bytes,
            process_peak_bytes=self.process_peak_bytes,
            other_peak_bytes=self.other_peak_bytes,
            energy_joules=self._energy if counted else None,
            utilisation_ratio=self.busy_ratio if self._busy_seconds >= least else None,
            throttled_ratio=self._slowed / self._slow_known if self._slow_known else None,
            log_peak_bytes=log_peak_bytes,
            phases=tuple(PhasePeak(phase=phase, peak_bytes=self._phases[phase]) for phase in Phase if phase in self._phases),
        )


def _larger(known: int | None, value: int | None) -> int | None:
    return known if value is None else value if known is None else max(known, value)


def highest(values: Iterable[int | None]) -> int | None:
    """The largest of those that are known."""
    return max((value for value in values if value is not None), default=None)
