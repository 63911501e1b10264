"""What reading a log must cost, measured beside what it does cost: `python -m benchmarks.targets [--huge]`.

The tools of `peers` read the same files in the same minute; speeds are MB per second of CPU time. Where a target compares with
other tools, comfymeter's row is the one that gives runs with their budgets, which is more than the tools give; what its events
alone would reach is said behind it. `--huge` adds the targets of a log of 2 GB, which take an hour.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.costs import best, usage
from benchmarks.generate import MB, SHAPES, write
from benchmarks.peers import EVENTS, READING, TOOLS, Compared, compare, name_missing, show

_HUGE_BYTES = 2_000 * MB
_PYTHON, _MTAIL, _LNAV = "Python, line by line", "mtail", "lnav"
_COMPARED = (READING, EVENTS, _MTAIL, _LNAV, _PYTHON)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A shape must be read so many times as fast as a tool reads it. lnav needs stamps, so its noise has some."""

    shape: str
    tool: str
    times: float


TARGETS = (
    Target(shape="progress", tool=_MTAIL, times=5),
    Target(shape="progress", tool=_PYTHON, times=8),
    Target(shape="stamped", tool=_MTAIL, times=4),
    Target(shape="stamped", tool=_LNAV, times=1),
    Target(shape="noise", tool=_MTAIL, times=10),
    Target(shape="stamped-noise", tool=_LNAV, times=1),
)
_SMALL_CPU_SECONDS = 0.6
_HUGE_PEAK_BYTES = 300 * MB
_TWO_CORES = 1.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the table. `met` None: it could not be measured."""

    target: str
    measured: str
    met: bool | None


def against_tools(shapes: dict[str, Compared]) -> Iterator[Row]:
    """The targets that other tools set."""
    for target in TARGETS:
        compared, name = shapes[target.shape], f"{target.shape}: {target.times:g} times as fast as {target.tool}"
        if target.tool not in compared.used:
            yield Row(target=name, measured=f"{target.tool} is not installed", met=None)
            continue
        ours, events, theirs = map(compared.rate, (READING, EVENTS, target.tool))
        measured = f"{ours / theirs:.2f} ({ours:.3g} and {theirs:.3g} MB/s; events alone {events / theirs:.2f})"
        yield Row(target=name, measured=measured, met=ours >= target.times * theirs)


def small(folder: Path) -> Iterator[Row]:
    """The whole command on a log of 1 MB."""
    for shape in ("progress", "stamped", "noise"):
        log = folder / "small.log"
        write(shape, MB, log)
        seconds = best(["report", str(log)], 5).cpu_seconds
        name = f"`report` on 1 MB {shape}: under {_SMALL_CPU_SECONDS} s of CPU"
        yield Row(target=name, measured=f"{seconds:.2f} s", met=seconds < _SMALL_CPU_SECONDS)


def huge(folder: Path, size: int) -> Iterator[Row]:
    """Memory and two cores on a log of 2 GB; the time is that on the clock."""
    for shape in ("progress", "stamped", "noise"):
        log = folder / "huge.log"
        written = write(shape, size, log) / MB
        seconds, peaks = {}, {}
        for jobs in (1, 2):
            begun = time.perf_counter()
            peaks[jobs] = usage(["report", "--quiet", "--jobs", str(jobs), str(log)]).peak_bytes
            seconds[jobs] = time.perf_counter() - begun
        log.unlink()
        peak, gain = peaks[1], seconds[1] / seconds[2]
        name = f"`report` on {written:,.0f} MB {shape}: under {_HUGE_PEAK_BYTES / MB:.0f} MB of memory"
        yield Row(target=name, measured=f"{peak / MB:.0f} MB", met=peak < _HUGE_PEAK_BYTES)
        measured = f"{gain:.2f} times ({seconds[1]:.0f} s and {seconds[2]:.0f} s)"
        yield Row(target=f"the same on two cores: {_TWO_CORES} times as fast", measured=measured, met=gain >= _TWO_CORES)


def _print(rows: Iterator[Row]) -> None:
    words = {True: "met", False: "not met", None: "not measured"}
    for row in rows:
        print(f"| {row.target} | {row.measured} | {words[row.met]} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=float, default=64, help="MB of each log (64)")
    parser.add_argument("--times", type=int, default=2, help="runs of each tool (2)")
    parser.add_argument("--huge", action="store_true", help="also the targets of a log of 2 GB")
    parser.add_argument("--huge-size", type=float, default=_HUGE_BYTES / MB, help="its MB, for a quicker look (2000)")
    given = parser.parse_args()
    name_missing()
    tools = [tool for tool in TOOLS if tool.name in _COMPARED or tool.name == "comfymeter report"]
    with tempfile.TemporaryDirectory(prefix="comfymeter-") as name:
        folder = Path(name)
        shapes = {shape: compare(shape, int(given.size * MB), folder, given.times, tools) for shape in SHAPES}
        for compared in shapes.values():
            show(compared)
        print("\n| target | measured | |\n|---|---|---|")
        _print(against_tools(shapes))
        _print(small(folder))
        if given.huge:
            _print(huge(folder, int(given.huge_size * MB)))


if __name__ == "__main__":
    main()
