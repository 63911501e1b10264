"""Peaks between two looks: what was highest since a run began, or since a reader last asked. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from analyzer.vram.sample import GpuSample


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The highest values of a GPU; None: nobody told."""

    used_bytes: int | None = None
    process_bytes: int | None = None

    def raised(self, sample: GpuSample) -> "Peak":
        """The peak with one sample more."""
        return Peak(
            used_bytes=_higher(self.used_bytes, sample.used_bytes),
            process_bytes=_higher(self.process_bytes, sample.process_bytes),
        )


class PeakHold:
    """Holds the peaks of all GPUs since named moments: `run`, one per reader. What is in use at such a moment counts."""

    def __init__(self) -> None:
        self._last: dict[str, GpuSample] = {}
        self._since: dict[str, dict[str, Peak]] = {}

    def feed(self, samples: Iterable[GpuSample]) -> None:
        """Takes the samples of one look. A GPU that is missing from it is not there any more."""
        self._last = {sample.label: sample for sample in samples}
        for peaks in self._since.values():
            for label, sample in self._last.items():
                peaks[label] = peaks.get(label, Peak()).raised(sample)

    def begin(self, name: str) -> None:
        """From now on."""
        self._since[name] = {label: Peak().raised(sample) for label, sample in self._last.items()}

    def peaks(self, name: str) -> dict[str, Peak]:
        """The peaks by GPU since `name` began; nothing where it never did."""
        return dict(self._since.get(name, {}))

    def take(self, name: str) -> dict[str, Peak]:
        """The peaks since this reader asked last; a first look tells what is in use now."""
        if name not in self._since:
            self.begin(name)
        peaks = self.peaks(name)
        self.begin(name)
        return peaks

    def end(self, name: str) -> None:
        """Nobody asks any more."""
        self._since.pop(name, None)


def _higher(known: int | None, value: int | None) -> int | None:
    return known if value is None else value if known is None else max(known, value)
