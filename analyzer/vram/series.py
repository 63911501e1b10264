"""A GPU's samples over time, thinned for charts: extremes survive, however long the file is."""

from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.vram.sample import GpuSample

# Points kept per GPU: about as many as a chart has pixels.
MOST_POINTS = 1000
_FIRST_SECONDS = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPoint:
    """The samples of one stretch of time. `at`: of the first of them; `process_bytes`: the most; `utilisation_ratio`: mean."""

    at: float
    used_min_bytes: int
    used_max_bytes: int
    used_mean_bytes: int
    process_bytes: int | None
    utilisation_ratio: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuSeries:
    """One GPU over time. `source`: the sample file; `gpu`: the GPU's label; `total_bytes`: the most that could be had.

    `timezone`: the zone of its instants, None where they are wall clocks, as a log's own. `step_seconds`: how long a stretch
    a point stands for; `samples`: how many there were.
    """

    source: str
    gpu: str
    timezone: str | None
    samples: int
    step_seconds: float
    total_bytes: int | None
    points: tuple[SeriesPoint, ...]


class _Stretch:
    """The samples of one stretch so far."""

    __slots__ = ("busy", "busy_count", "count", "first_at", "least", "most", "process", "used")

    def __init__(self, sample: GpuSample, used: int) -> None:
        self.first_at = sample.at
        self.least = self.most = self.used = used
        self.count = 1
        self.process = sample.process_bytes
        self.busy = sample.utilisation_ratio or 0.0
        self.busy_count = int(sample.utilisation_ratio is not None)

    def see(self, sample: GpuSample, used: int) -> None:
        """One sample more."""
        if sample.at < self.first_at:
            self.first_at = sample.at
        if used > self.most:
            self.most = used
        elif used < self.least:
            self.least = used
        self.used += used
        self.count += 1
        if sample.process_bytes is not None:
            self.process = max(self.process or 0, sample.process_bytes)
        if sample.utilisation_ratio is not None:
            self.busy += sample.utilisation_ratio
            self.busy_count += 1

    def absorb(self, other: "_Stretch") -> None:
        self.first_at = min(self.first_at, other.first_at)
        self.least, self.most = min(self.least, other.least), max(self.most, other.most)
        self.used += other.used
        self.count += other.count
        if other.process is not None:
            self.process = max(self.process or 0, other.process)
        self.busy += other.busy
        self.busy_count += other.busy_count

    def point(self) -> SeriesPoint:
        return SeriesPoint(
            at=self.first_at,
            used_min_bytes=self.least,
            used_max_bytes=self.most,
            used_mean_bytes=round(self.used / self.count),
            process_bytes=self.process,
            utilisation_ratio=self.busy / self.busy_count if self.busy_count else None,
        )


class Thinner:
    """Takes one GPU's samples in any order and keeps at most `most` points: for more the stretches get twice as long."""

    def __init__(self, most: int = MOST_POINTS) -> None:
        self.samples = 0
        self.total_bytes: int | None = None
        self.step_seconds = _FIRST_SECONDS
        self._most = most
        self._stretches: dict[int, _Stretch] = {}

    def add(self, sample: GpuSample) -> None:
        """Takes a sample; one that does not tell the memory says nothing here."""
        if sample.used_bytes is None:
            return
        self.samples += 1
        if sample.total_bytes is not None:
            self.total_bytes = max(self.total_bytes or 0, sample.total_bytes)
        place = int(sample.at / self.step_seconds)
        known = self._stretches.get(place)
        if known is not None:
            known.see(sample, sample.used_bytes)
            return
        self._stretches[place] = _Stretch(sample, sample.used_bytes)
        while len(self._stretches) > self._most:
            self._coarsen()

    def points(self) -> Iterator[SeriesPoint]:
        """The points in the order of time."""
        return (self._stretches[place].point() for place in sorted(self._stretches))

    def _coarsen(self) -> None:
        self.step_seconds *= 2
        coarser: dict[int, _Stretch] = {}
        for place, stretch in self._stretches.items():
            known = coarser.setdefault(place // 2, stretch)
            if known is not stretch:
                known.absorb(stretch)
        self._stretches = coarser
