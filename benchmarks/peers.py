"""Compares reading a log with general tools that are given the same task: `python -m benchmarks.peers [--size MB]`.

The task: requests, runs, their seconds, loads, megabytes loaded. Each tool reads the same files in turn, as a child whose CPU
time and peak memory are asked for; their answers must agree. comfymeter does far more with the same bytes (passes, phases, queue
waits, outcomes, residency), and `report` all that a report has. Tools that are not installed are left out and named.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.costs import Usage
from benchmarks.generate import MB, SHAPES, write

_RSS_UNIT = 1 if sys.platform == "darwin" else 1024
# What each tool is to find, in this order.
FIGURES = ("requests", "runs", "seconds", "loads", "megabytes")
Answer = tuple[float, ...]

_AWK = r"""
/got prompt/ {requests++}
match($0, /Prompt executed in [0-9.]+ seconds/) {runs++; split(substr($0, RSTART, RLENGTH), w, " "); seconds += w[4]}
match($0, /loaded completely; [0-9.]+ MB usable, [0-9.]+ MB loaded/) {
  loads++; split(substr($0, RSTART, RLENGTH), w, " "); mb += w[6]
}
END {printf "%d %d %.2f %d %.2f\n", requests, runs, seconds, loads, mb}
"""
_MTAIL = r"""
counter requests
counter runs
counter seconds
counter loads
counter megabytes
/got prompt/ {
  requests++
}
/Prompt executed in (?P<s>\d+\.\d+) seconds/ {
  runs++
  seconds += $s
}
/loaded completely; \d+\.\d+ MB usable, (?P<mb>\d+\.\d+) MB loaded/ {
  loads++
  megabytes += $mb
}
"""
_NAIVE = r"""
import re, sys
got = re.compile("got prompt"); done = re.compile(r"Prompt executed in (\d+\.\d+) seconds")
load = re.compile(r"loaded completely; \d+\.\d+ MB usable, (\d+\.\d+) MB loaded")
requests = runs = loads = 0; seconds = mb = 0.0
for line in open(sys.argv[1], encoding="utf-8", errors="replace", newline="\n"):
    if got.search(line): requests += 1
    elif found := done.search(line): runs += 1; seconds += float(found[1])
    elif found := load.search(line): loads += 1; mb += float(found[1])
print(requests, runs, seconds, loads, mb)
"""
_READ = r"""
import sys
from analyzer.logs import ReadOptions, read_logs
(reading,) = read_logs([sys.argv[1]], ReadOptions())
loads = [load for run in reading.runs for load in run.loads]
print(reading.requests.received, len(reading.runs), sum(run.duration_seconds for run in reading.runs), len(loads),
      sum(load.loaded_bytes for load in loads) / 2**20)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """`command`: its arguments for a log; `answer`: its figures from what it prints; None: it gives none."""

    name: str
    needs: str
    command: Callable[[str, Path], Sequence[str]]
    answer: Callable[[str], Answer] | None


def _words(text: str) -> Answer:
    return tuple(map(float, text.split()))


def _mtail_answer(text: str) -> Answer:
    told = json.loads(text[text.index("{") :])
    return tuple(float(told[name][0]["LabelValues"][0]["Value"]["Value"]) for name in FIGURES)


def _mtail(log: str, folder: Path) -> Sequence[str]:
    program = folder / "task.mtail"
    program.write_text(_MTAIL)
    return ("mtail", "--progs", str(program), "--logs", log, "--one_shot", "--one_shot_format=json", "--port=0")


_UNION = "got prompt|Prompt executed in [0-9.]+ seconds|loaded completely; [0-9.]+ MB usable, [0-9.]+ MB loaded"
_PYTHON = sys.executable
TOOLS: tuple[Tool, ...] = (
    Tool(name="comfymeter, reading", needs=_PYTHON, command=lambda log, _: (_PYTHON, "-c", _READ, log), answer=_words),
    Tool(
        name="comfymeter report",
        needs=_PYTHON,
        command=lambda log, _: (_PYTHON, "-c", "from analyzer.cli import main; main()", "report", "--quiet", log),
        answer=None,
    ),
    Tool(name="mtail", needs="mtail", command=_mtail, answer=_mtail_answer),
    Tool(name="mawk", needs="mawk", command=lambda log, _: ("mawk", _AWK, log), answer=_words),
    Tool(name="Python, line by line", needs=_PYTHON, command=lambda log, _: (_PYTHON, "-c", _NAIVE, log), answer=_words),
    Tool(
        name="`rg -o`",
        needs="rg",
        command=lambda log, _: ("rg", "-oa", "--no-config", _UNION, log),
        answer=None,
    ),
    Tool(name="`wc -l`", needs="wc", command=lambda log, _: ("wc", "-l", log), answer=None),
)


def used(command: Sequence[str]) -> tuple[Usage, str]:
    """What a child costs, and what it prints. Raises RuntimeError where it fails."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        child = subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise RuntimeError(f"{command[0]} ended with {child.returncode}")
        output.seek(0)
        text = output.read(1 << 20)
    return Usage(cpu_seconds=usage.ru_utime + usage.ru_stime, peak_bytes=usage.ru_maxrss * _RSS_UNIT), text


def compare(shape: str, size: int, folder: Path, times: int) -> None:
    """One shape: every tool in turn, as often as wanted, the cheapest run of each; a table."""
    log = folder / f"{shape}.log"
    written = write(shape, size, log)
    tools = [tool for tool in TOOLS if shutil.which(tool.needs)]
    best: dict[str, Usage] = {}
    answers: dict[str, Answer] = {}
    for _ in range(times):
        for tool in tools:
            usage, text = used(tool.command(str(log), folder))
            best[tool.name] = min(best.get(tool.name, usage), usage, key=lambda one: one.cpu_seconds)
            if tool.answer:
                answers[tool.name] = tool.answer(text)
    log.unlink()
    _agree(answers)
    reading = best[TOOLS[0].name].cpu_seconds
    print(f"\n| {shape}, {written / MB:.0f} MB | CPU s | MB/s | peak RSS MB | times comfymeter's speed |\n|---|---|---|---|---|")
    for name, usage in best.items():
        rate, peak = written / MB / usage.cpu_seconds, usage.peak_bytes / MB
        print(f"| {name} | {usage.cpu_seconds:.2f} | {rate:.0f} | {peak:.0f} | {reading / usage.cpu_seconds:.1f} |")
    print(", ".join(f"{figure} {value:,.0f}" for figure, value in zip(FIGURES, answers[TOOLS[0].name], strict=True)))


def _agree(answers: dict[str, Answer]) -> None:
    first, expected = next(iter(answers.items()))
    for name, answer in answers.items():
        if any(abs(one - other) > 1e-6 * abs(other) + 0.01 for one, other in zip(answer, expected, strict=True)):
            raise RuntimeError(f"{name} finds {answer}, {first} {expected}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=float, default=64, help="MB of each log (64)")
    parser.add_argument("--shape", choices=SHAPES, action="append", help="only this shape")
    parser.add_argument("--times", type=int, default=2, help="runs of each tool (2)")
    given = parser.parse_args()
    missing = [tool.name for tool in TOOLS if not shutil.which(tool.needs)]
    print(f"not installed: {', '.join(missing) or 'nothing'}; Python {sys.version.split()[0]}, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory(prefix="comfymeter-") as folder:
        for shape in given.shape or SHAPES:
            compare(shape, int(given.size * MB), Path(folder), given.times)


if __name__ == "__main__":
    main()
