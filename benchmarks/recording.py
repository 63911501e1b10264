"""Prints what `comfymeter record` adds: `python -m benchmarks.recording [--lines N] [--megabytes N]`.

A program writes lines that carry the moment of their writing; this process reads them at the other end and looks at the same
clock. Between the two stands nothing (a plain pipe), `cat`, `ts`, or the recorder. The ways take turns, so that whatever else
the machine does falls on all of them.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

_COMFYMETER = (sys.executable, "-c", "from analyzer.cli import main; main()")
_READ_BYTES = 1 << 16
_ROUNDS = 5
_MARK = b"at="
# Writes a line, waits, writes the next: as progress frames and log lines come.
_SLOW = """
import os, sys, time
for number in range(int(sys.argv[1])):
    os.write(1, b"at=%d Requested to load AutoencodingEngine and some more text\\n" % time.monotonic_ns())
    time.sleep(0.002)
"""
_FAST = """
import sys
block = b"Requested to load AutoencodingEngine and some more text, 80 bytes in this line.\\n" * 800
for _ in range(int(sys.argv[1]) * 1_000_000 // len(block)): sys.stdout.buffer.write(block)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How the output gets to the reader: `before` the program on its command line, or `behind` it in a pipeline."""

    name: str
    before: Sequence[str] = ()
    behind: Sequence[str] = ()


@dataclass(slots=True)
class Results:
    """`delays` in seconds, `rates` in bytes per second, of all rounds."""

    delays: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)


def ways(folder: Path) -> list[Way]:
    """The ways that this machine has."""

    def record(name: str, *options: str) -> list[str]:
        return [*_COMFYMETER, "record", "-q", "--append", "-o", str(folder / f"{name}.log"), *options]

    found = [
        Way(name="plain pipe"),
        Way(name="`cat`", behind=["cat"]),
        Way(name="`ts`", behind=["ts"]),
        Way(name="`record -- CMD`", before=[*record("program"), "--"]),
        Way(name="`record --pty -- CMD`", before=[*record("pty", "--pty"), "--"]),
        Way(name="`CMD | record`", behind=record("piped")),
    ]
    return [way for way in found if not way.behind or shutil.which(way.behind[0])]


def started(way: Way, program: str, amount: int) -> tuple[int, list["subprocess.Popen[bytes]"]]:
    """The descriptor to read from, and the processes behind it."""
    command = [*way.before, sys.executable, "-c", program, str(amount)]
    first = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    processes = [first]
    if way.behind:
        processes.append(subprocess.Popen(way.behind, stdin=first.stdout, stdout=subprocess.PIPE))
    last = processes[-1].stdout
    if last is None or first.stdout is None:
        raise RuntimeError("a pipe was asked for")
    handle = os.dup(last.fileno())
    for process in processes:
        if process.stdout:
            process.stdout.close()
    return handle, processes


def delays(way: Way, lines: int) -> list[float]:
    """Seconds from the writing of each line to its reading; not of those that waited until all processes had started."""
    handle, processes = started(way, _SLOW, lines)
    found, rest, ready = [], b"", 0
    while data := os.read(handle, _READ_BYTES):
        now = time.monotonic_ns()
        ready = ready or now
        *whole, rest = (rest + data).split(b"\n")
        written = (int(line.partition(_MARK)[2].split()[0]) for line in whole)
        found += [(now - at) / 1e9 for at in written if at >= ready]
    _end(handle, processes)
    return found


def rate(way: Way, megabytes: int) -> float:
    """Bytes per second, from the first that is read to the last."""
    handle, processes = started(way, _FAST, megabytes)
    size, begun = len(os.read(handle, _READ_BYTES)), time.monotonic()
    while data := os.read(handle, _READ_BYTES):
        size += len(data)
    taken = time.monotonic() - begun
    _end(handle, processes)
    return size / taken


def _end(handle: int, processes: Sequence["subprocess.Popen[bytes]"]) -> None:
    os.close(handle)
    for process in processes:
        if process.wait():
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")


def measure(lines: int, megabytes: int) -> dict[str, Results]:
    """All ways in turns."""
    with tempfile.TemporaryDirectory(prefix="comfymeter-") as folder:
        chosen = ways(Path(folder))
        results = {way.name: Results() for way in chosen}
        for _ in range(_ROUNDS):
            for way in chosen:
                results[way.name].delays += delays(way, lines // _ROUNDS)
                results[way.name].rates.append(rate(way, megabytes))
    return results


def table(results: dict[str, Results]) -> str:
    """Markdown: the delays, what they are above the plain pipe's, and the best rate."""
    plain = results["plain pipe"].delays
    rows = ["| way | median ms | p99 ms | added median ms | added p99 ms | MB/s |", "|---|---|---|---|---|---|"]
    for name, result in results.items():
        middle, high = _milliseconds(result.delays)
        added = (middle - _milliseconds(plain)[0], high - _milliseconds(plain)[1])
        more = f"{added[0]:.2f} | {added[1]:.2f}" if result.delays is not plain else "|"
        rows.append(f"| {name} | {middle:.2f} | {high:.2f} | {more} | {max(result.rates) / 1e6:.0f} |")
    return "\n".join(rows)


def _milliseconds(seconds: Sequence[float]) -> tuple[float, float]:
    return statistics.median(seconds) * 1e3, statistics.quantiles(seconds, n=100)[98] * 1e3


def main() -> None:
    """Reads the arguments and prints the table."""
    parser = argparse.ArgumentParser(description="Prints what comfymeter record adds.")
    parser.add_argument("--lines", type=int, default=5000, help="lines per way (5000)")
    parser.add_argument("--megabytes", type=int, default=40, help="MB per way and round (40)")
    arguments = parser.parse_args()
    print(table(measure(arguments.lines, arguments.megabytes)))


if __name__ == "__main__":
    main()
