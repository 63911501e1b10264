"""Samples of a process to its growth, and whether that keeps to its bounds. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scipy.stats import theilslopes

# All pairs of samples are compared.
_MOST_SAMPLES = 2000
_HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A process at a moment. `at`: seconds since the soak began; `rss_bytes`: resident memory; `files`: open descriptors."""

    at: float
    rss_bytes: int
    files: int
    threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a process may grow by after the warm-up. `bytes_per_hour` binds the low end of the slope's 95 % interval.

    `files`, `threads`: medians of the last quarter above those of the first.
    """

    bytes_per_hour: float
    files: float = 1.0
    threads: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Of one process, after the warm-up. `slope`: bytes per hour (Theil-Sen), with its 95 % interval `low` to `high`."""

    samples: int
    slope: float
    low: float
    high: float
    first_bytes: float
    last_bytes: float
    most_bytes: int
    files: float
    threads: float
    most_files: int
    most_threads: int


def growth(samples: Sequence[Sample], warm_up_seconds: float) -> Growth:
    """Raises ValueError with fewer than eight samples behind the warm-up."""
    kept = [sample for sample in samples if sample.at >= warm_up_seconds]
    if len(kept) < 8:
        raise ValueError(f"{len(kept)} samples after the warm-up; at least 8 are needed")
    fitted = kept[:: len(kept) // _MOST_SAMPLES + 1]
    fit = theilslopes([one.rss_bytes for one in fitted], [one.at / _HOUR for one in fitted])
    quarter = max(2, len(kept) // 4)
    first, last = kept[:quarter], kept[-quarter:]
    return Growth(
        samples=len(kept),
        slope=float(fit.slope),
        low=float(fit.low_slope),
        high=float(fit.high_slope),
        first_bytes=_median([one.rss_bytes for one in first]),
        last_bytes=_median([one.rss_bytes for one in last]),
        most_bytes=max(one.rss_bytes for one in samples),
        files=_median([one.files for one in last]) - _median([one.files for one in first]),
        threads=_median([one.threads for one in last]) - _median([one.threads for one in first]),
        most_files=max(one.files for one in samples),
        most_threads=max(one.threads for one in samples),
    )


def broken(name: str, found: Growth, bounds: Bounds) -> Iterator[str]:
    """The bounds that a process did not keep to, one sentence each."""
    if found.low > bounds.bytes_per_hour:
        grew = f"{found.slope / 1e6:.2f} MB per hour (95 %: {found.low / 1e6:.2f} to {found.high / 1e6:.2f})"
        yield f"{name}: memory grew by {grew}; at most {bounds.bytes_per_hour / 1e6:.2f} are allowed"
    if found.files > bounds.files:
        yield f"{name}: {found.files:.0f} more open files at the end than at the beginning"
    if found.threads > bounds.threads:
        yield f"{name}: {found.threads:.0f} more threads at the end than at the beginning"


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
