"""Samples to runs: each sample is looked at once, in the order of the file, and every figure of a run is exact."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from analyzer.runs.model import Run, ServerStart, Vram, VramSource
from analyzer.vram.choice import Choice, Seen, choose, device_index
from analyzer.vram.sample import GpuSample
from analyzer.vram.series import GpuSeries, Thinner
from analyzer.vram.use import MOST_HOLD_SECONDS, Use, highest
from analyzer.vram.windows import PhaseClock, Window, Windows, times_of

# A server's life: which log, which start in it.
Life = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """`found`: the figures by the place of the run; `choices`: the GPU of each server life that has samples."""

    found: Mapping[int, Vram]
    series: tuple[GpuSeries, ...]
    choices: Mapping[Life, Choice]


class _Gpu:
    """One GPU so far: its last sample, its figures per run, its curve."""

    __slots__ = ("last", "thinner", "uses")

    def __init__(self) -> None:
        self.last: GpuSample | None = None
        self.uses: dict[int, Use] = {}
        self.thinner = Thinner()

    def use(self, place: int) -> Use:
        known = self.uses.get(place)
        if known is None:
            known = self.uses[place] = Use()
        return known


class Joiner:
    """Takes samples and gives each run the figures of its GPU.

    `life_of`: the server life of a run; None for one whose log has another clock than the samples. `shown`: from when to when
    the curves are kept; None: all.
    """

    def __init__(
        self, runs: Sequence[Run], life_of: Callable[[Run], Life | None], shown: tuple[float, float] | None = None
    ) -> None:
        self._runs = runs
        self._life_of = life_of
        self._windows = Windows(runs, lambda run: life_of(run) is not None)
        self._phases = PhaseClock(runs)
        self._shown = shown
        self._gpus: dict[str, _Gpu] = {}

    @property
    def placeable(self) -> int:
        """How many runs have a place in time."""
        return len(self._windows)

    def feed(self, sample: GpuSample) -> None:
        """Takes one sample. Samples of one GPU come in the order of time; one that is earlier than its predecessor (a clock
        that was set back, a damaged digit) still counts for the run that it falls into."""
        gpu = self._gpus.get(sample.label)
        if gpu is None:
            gpu = self._gpus[sample.label] = _Gpu()
        if self._shown is None or self._shown[0] <= sample.at <= self._shown[1]:
            gpu.thinner.add(sample)
        if sample.used_bytes is not None:
            for place, _, _ in self._windows.at(sample.at):
                gpu.use(place).see(sample, sample.used_bytes, self._phases.phase(place, sample.at))
        if gpu.last is not None and gpu.last.at < sample.at:
            for window in self._windows.between(gpu.last.at, sample.at):
                _between(gpu.use(window[0]), window, gpu.last, sample)
        gpu.last = sample

    def result(self, source: VramSource, starts: Mapping[Life, ServerStart], *, name: str, timezone: str | None) -> Joined:
        """The figures of all runs, and the curves. `name`: of the sample file; `timezone`: of its instants."""
        lives: dict[Life, list[int]] = {}
        for place in sorted({place for gpu in self._gpus.values() for place, use in gpu.uses.items() if use.samples}):
            if (life := self._life_of(self._runs[place])) is not None:
                lives.setdefault(life, []).append(place)
        choices = {life: self._choice(places, device_index(starts.get(life))) for life, places in lives.items()}
        found: dict[int, Vram] = {}
        for life, places in lives.items():
            found.update(self._figures(choices[life].gpu, places, source))
        return Joined(found=found, series=tuple(self._series(name, timezone)), choices=choices)

    def _choice(self, places: Sequence[int], index: int | None) -> Choice:
        seen = {}
        for label, gpu in self._gpus.items():
            uses = [use for place in places if (use := gpu.uses.get(place)) and use.samples]
            if uses:
                seen[label] = _seen(uses)
        return choose(seen, index)

    def _figures(self, label: str | None, places: Sequence[int], source: VramSource) -> Iterator[tuple[int, Vram]]:
        uses = self._gpus[label].uses if label is not None else {}
        for place in places:
            run, use = self._runs[place], uses.get(place)
            times = times_of(run)
            if label is not None and use is not None and use.samples and times:
                yield place, use.result(label, source, times[1] - times[0], _log_peak(run.vram))

    def _series(self, name: str, timezone: str | None) -> Iterator[GpuSeries]:
        for label, gpu in sorted(self._gpus.items(), key=lambda item: [int(part) for part in item[0].split(":")]):
            if gpu.thinner.samples:
                yield GpuSeries(
                    source=name,
                    gpu=label,
                    timezone=timezone,
                    samples=gpu.thinner.samples,
                    step_seconds=gpu.thinner.step_seconds,
                    total_bytes=gpu.thinner.total_bytes,
                    points=tuple(gpu.thinner.points()),
                )


def _log_peak(vram: Vram | None) -> int | None:
    """What the log states, also where other samples have been laid over it."""
    return None if vram is None else vram.log_peak_bytes if vram.samples else vram.peak_bytes


def _between(use: Use, window: Window, before: GpuSample, after: GpuSample) -> None:
    """What two samples that follow each other say about the part of a run that lies between them."""
    _, start, end = window
    first = max(before.at, start)
    held = min(after.at, before.at + MOST_HOLD_SECONDS, end) - first
    if held > 0:
        use.hold(before, held)
    if before.energy_joules is None or after.energy_joules is None or after.energy_joules < before.energy_joules:
        return
    length, part = after.at - before.at, min(after.at, end) - first
    if part == length or length <= MOST_HOLD_SECONDS:
        use.count((after.energy_joules - before.energy_joules) * part / length, part)


def _seen(uses: Sequence[Use]) -> Seen:
    busy = [use.busy_ratio for use in uses if use.busy_ratio is not None]
    return Seen(
        process_bytes=highest(use.process_peak_bytes for use in uses),
        moved_bytes=max(use.peak_bytes for use in uses) - min(use.low_bytes for use in uses),
        busy_ratio=sum(busy) / len(busy) if busy else None,
    )
