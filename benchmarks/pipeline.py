"""Prints what a report costs per run, from few runs to many: `python -m benchmarks.pipeline [--most N]`.

Logs of the shape `progress`. CPU time and peak memory are those of a child, so start-up counts; with few runs it is nearly all.
"""

import argparse
import tempfile
from pathlib import Path

from benchmarks.costs import usage
from benchmarks.generate import MB, write

# About so many runs are in a megabyte of this shape.
_RUNS_PER_MB = 460
_SIZES = (10, 1_000, 10_000, 100_000)


def formats(folder: Path) -> dict[str, tuple[str, ...]]:
    """The ways to a document, each as a command has it."""
    return {
        "terminal": (),
        "JSON": ("--format", "json"),
        "HTML": ("-o", str(folder / "report.html")),
    }


def runs_in(log: Path) -> int:
    """How many runs it has. Counted here and line by line: a child's peak memory is never below its parent's."""
    with log.open("rb") as lines:
        return sum(line.startswith(b"Prompt executed in ") for line in lines)


def main() -> None:
    """Reads the arguments and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=_SIZES[-1], help="leave out logs with more runs (100,000)")
    given = parser.parse_args()
    print("| runs | document | CPU s | CPU ms per run | peak RSS MB |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="comfymeter-") as name:
        folder = Path(name)
        for wanted in (size for size in _SIZES if size <= given.most):
            log = folder / "comfyui.log"
            write("progress", max(int(wanted / _RUNS_PER_MB * MB), 20_000), log)
            runs = runs_in(log)
            for document, options in formats(folder).items():
                used = usage(["report", str(log), "--quiet", *options])
                per_run = used.cpu_seconds / runs * 1e3
                print(
                    f"| {runs:,} | {document} | {used.cpu_seconds:.2f} | {per_run:.2f} | {used.peak_bytes / MB:.0f} |", flush=True
                )


if __name__ == "__main__":
    main()
