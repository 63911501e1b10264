"""Compares reading a log with general tools that are given the same task: `python -m benchmarks.peers [--size MB]`.

The task and each tool's program are in `peer_programs`. Each tool reads the same files in turn, as a child whose CPU time and
peak memory are asked for; where their figures differ the comparison fails. comfymeter stands in three rows: its events alone, its
runs with their budgets, and the whole `report`, which finds out far more. Tools that are not installed are left out and named:
Debian has `mtail`, `mawk`, `lnav` and `ripgrep`, PyPI `drain3`. lnav reads only lines with a stamp: a fourth shape has them.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from benchmarks import peer_programs as programs
from benchmarks.costs import Usage
from benchmarks.generate import MB, SHAPES, write
from benchmarks.peer_programs import FIGURES

_RSS_UNIT = 1 if sys.platform == "darwin" else 1024
_PYTHON = sys.executable
READING, REPORT, EVENTS = "comfymeter, runs", "comfymeter report", "comfymeter, events"
# What a tool found, by the figure's name.
Answer = dict[str, float]
# Figures of tools that give no other.
_LINES, _TELLING = "lines", "telling lines"
_TELLING_LINES = ("requests", "runs", "models requested", "loads", "partial unloads", "bars")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """`command`: its arguments for a log; `answer`: its figures from what it prints; None: it gives none. `stamped`: it reads
    only lines with a stamp. `mines`: it looks for templates, so that it is asked once."""

    name: str
    needs: str
    command: Callable[[str, Path], Sequence[str]]
    answer: Callable[[str], Answer] | None
    stamped: bool = False
    mines: bool = False

    @property
    def installed(self) -> bool:
        return bool(find_spec(self.needs)) if self.mines else bool(shutil.which(self.needs))


def _words(text: str) -> Answer:
    """`-`: a figure that this tool does not give."""
    return {name: float(word) for name, word in zip(FIGURES, text.split(), strict=False) if word != "-"}


def _table_row(text: str) -> Answer:
    return _words(text.splitlines()[1].replace("<NULL>", "0").replace(",", " "))


def _mtail_answer(text: str) -> Answer:
    told = json.loads(text[text.index("{") :])
    values = (float(told[name][0]["LabelValues"][0]["Value"]["Value"]) for name in programs.MTAIL_NAMES)
    return dict(zip(FIGURES, values, strict=True))


def _only(name: str) -> Callable[[str], Answer]:
    return lambda text: {name: float(text.split()[0])}


def _python(program: str) -> Callable[[str, Path], Sequence[str]]:
    return lambda log, _: (_PYTHON, "-c", program, log)


def _report(log: str, _: Path) -> Sequence[str]:
    return (_PYTHON, "-c", "from analyzer.cli import main; main()", "report", "--quiet", "--jobs", "1", log)


def _mtail(log: str, folder: Path) -> Sequence[str]:
    program = folder / "task.mtail"
    program.write_text(programs.MTAIL)
    return ("mtail", "--progs", str(program), "--logs", log, "--one_shot", "--one_shot_format=json", "--port=0")


def _lnav(log: str, folder: Path) -> Sequence[str]:
    programs.lnav_format(folder)
    return ("env", f"HOME={folder}", "lnav", "-n", "-I", str(folder), "-c", f";{programs.LNAV_SQL}", "-c", ":write-csv-to -", log)


TOOLS: tuple[Tool, ...] = (
    Tool(name=EVENTS, needs=_PYTHON, command=_python(programs.SCAN), answer=_words),
    Tool(name=READING, needs=_PYTHON, command=_python(programs.READ), answer=_words),
    Tool(name=REPORT, needs=_PYTHON, command=_report, answer=None),
    Tool(name="mtail", needs="mtail", command=_mtail, answer=_mtail_answer),
    Tool(name="lnav", needs="lnav", command=_lnav, answer=_table_row, stamped=True),
    Tool(name="Python, line by line", needs=_PYTHON, command=_python(programs.PYTHON), answer=_words),
    Tool(name="mawk", needs="mawk", command=lambda log, _: ("mawk", programs.MAWK, log), answer=_words),
    Tool(
        name="`rg -c`",
        needs="rg",
        command=lambda log, _: ("rg", "-ca", "--no-config", programs.UNION, log),
        answer=_only(_TELLING),
    ),
    Tool(name="Drain3", needs="drain3", command=_python(programs.DRAIN3), answer=_only(_LINES), mines=True),
    Tool(name="`wc -l`", needs="wc", command=lambda log, _: ("wc", "-l", log), answer=_only(_LINES)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One shape: bytes read, the cheapest run of each tool, and the figures that they agree on."""

    shape: str
    size: int
    used: Mapping[str, Usage]
    figures: Answer

    def rate(self, name: str) -> float:
        """MB per second of CPU time."""
        return self.size / MB / self.used[name].cpu_seconds


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


def compare(shape: str, size: int, folder: Path, times: int, tools: Sequence[Tool] = TOOLS) -> Compared:
    """Every tool that is installed and reads this shape, in turn, as often as wanted. Raises RuntimeError where they disagree."""
    log = folder / f"{shape}.log"
    written = write(shape, size, log)
    best: dict[str, Usage] = {}
    answers: dict[str, Answer] = {}
    for time in range(times):
        for tool in tools:
            if not tool.installed or (tool.stamped and not shape.startswith("stamped")) or (tool.mines and time):
                continue
            usage, text = used(tool.command(str(log), folder))
            best[tool.name] = min(best.get(tool.name, usage), usage, key=lambda one: one.cpu_seconds)
            if tool.answer:
                answers[tool.name] = tool.answer(text)
    log.unlink()
    return Compared(shape=shape, size=written, used=best, figures=agreed(answers))


def agreed(answers: Mapping[str, Answer]) -> Answer:
    """The figures of all tools. Raises RuntimeError where two differ in one that both give."""
    figures: Answer = {}
    for name, answer in answers.items():
        if set(_TELLING_LINES) <= set(answer):
            answer = answer | {_TELLING: sum(answer[one] for one in _TELLING_LINES)}
        for figure, value in answer.items():
            known = figures.setdefault(figure, value)
            # Sums of many numbers with two decimals, in any order, bytes or megabytes.
            if abs(value - known) > 1e-6 * abs(known) + 0.01:
                raise RuntimeError(f"{figure}: {name} finds {value}, another tool {known}")
    return figures


def show(compared: Compared) -> None:
    """The table of one shape."""
    ratios = "ratio to events | to runs | to report"
    print(f"\n| {compared.shape}, {compared.size / MB:.0f} MB | CPU s | MB/s | peak RSS MB | {ratios} |\n|{'---|' * 7}")
    for name, usage in compared.used.items():
        ours = (usage.cpu_seconds / compared.used[one].cpu_seconds for one in (EVENTS, READING, REPORT))
        times = " | ".join(f"{ratio:.2g}" if ratio < 100 else f"{ratio:.0f}" for ratio in ours)
        print(f"| {name} | {usage.cpu_seconds:.2f} | {compared.rate(name):.3g} | {usage.peak_bytes / MB:.0f} | {times} |")
    print(", ".join(f"{figure} {value:,.0f}" for figure, value in compared.figures.items()), flush=True)


def name_missing() -> None:
    """Says what is compared and what cannot be."""
    missing = [tool.name for tool in TOOLS if not tool.installed]
    print(f"not installed: {', '.join(missing) or 'nothing'}; Python {sys.version.split()[0]}, {os.cpu_count()} cores")
    print(
        "Ratios: how many times the CPU time of comfymeter's rows a tool takes; Drain3 finds templates and gives lines only.",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=float, default=64, help="MB of each log (64)")
    parser.add_argument("--shape", choices=SHAPES, action="append", help="only this shape")
    parser.add_argument("--times", type=int, default=2, help="runs of each tool (2)")
    given = parser.parse_args()
    name_missing()
    with tempfile.TemporaryDirectory(prefix="comfymeter-") as folder:
        for shape in given.shape or SHAPES:
            show(compare(shape, int(given.size * MB), Path(folder), given.times))


if __name__ == "__main__":
    main()
