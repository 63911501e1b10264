"""Prints what `comfymeter` costs: `python -m benchmarks.costs [--size MB]`.

CPU time and peak memory are those of child processes, so start-up and imports count. A child's own usage is asked for
(`wait4`), not the sum over all children. Best of several runs: anything else on the machine can only make it slower.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.generate import MB, SHAPES, write

_COMMAND = (sys.executable, "-c", "from analyzer.cli import main; main()")
# Linux counts ru_maxrss in KiB, macOS in bytes.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one child used: seconds of CPU (user and system), bytes of memory at its peak."""

    cpu_seconds: float
    peak_bytes: int


def usage(arguments: Sequence[str]) -> Usage:
    """Runs `comfymeter` once. Raises RuntimeError where it fails."""
    child = subprocess.Popen([*_COMMAND, *arguments], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"comfymeter {' '.join(arguments)} ended with {child.returncode}")
    return Usage(cpu_seconds=used.ru_utime + used.ru_stime, peak_bytes=used.ru_maxrss * _RSS_UNIT)


def best(arguments: Sequence[str], times: int) -> Usage:
    """The cheapest of several runs."""
    return min((usage(arguments) for _ in range(times)), key=lambda one: one.cpu_seconds)


def small(folder: Path, times: int) -> None:
    """The whole command on a log of 1 MB, which is mostly start-up."""
    _print("| command | CPU s | peak RSS MB |\n|---|---|---|")
    _row("`comfymeter --help`", best(["--help"], times))
    for shape in SHAPES:
        log = folder / f"{shape}.log"
        write(shape, MB, log)
        _row(f"`report`, 1 MB {shape}", best(["report", str(log)], times))
        log.unlink()


def large(folder: Path, size: int, shapes: Sequence[str], times: int) -> None:
    """Reading big logs: megabytes per second of CPU time, and whether memory stays flat."""
    _print(f"\n| `report`, {size / MB:,.0f} MB | CPU s | MB/s | peak RSS MB |\n|---|---|---|---|")
    for shape in shapes:
        log = folder / f"{shape}.log"
        written = write(shape, size, log)
        used = best(["report", str(log)], times)
        rate, peak = written / MB / used.cpu_seconds, used.peak_bytes / MB
        _print(f"| {shape} | {used.cpu_seconds:.2f} | {rate:.0f} | {peak:.0f} |")
        log.unlink()


def _row(name: str, used: Usage) -> None:
    _print(f"| {name} | {used.cpu_seconds:.2f} | {used.peak_bytes / MB:.0f} |")


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Reads the arguments and prints the tables."""
    parser = argparse.ArgumentParser(description="Prints what comfymeter costs.")
    parser.add_argument("--size", type=float, default=64, help="MB of the big logs (64)")
    parser.add_argument("--shape", choices=SHAPES, action="append", help="only this shape of big logs")
    parser.add_argument("--times", type=int, default=5, help="runs on the small logs (5)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="comfymeter-") as folder:
        small(Path(folder), arguments.times)
        repeats = 1 if arguments.size > 256 else 2
        large(Path(folder), int(arguments.size * MB), arguments.shape or list(SHAPES), repeats)


if __name__ == "__main__":
    main()
