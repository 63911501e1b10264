"""Runs targets one after the other, each in a process of its own, and writes down what that came to."""

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

_MEMORY = Path("/dev/shm")  # a file for each input, thousands a second
_STATUS = re.compile(r"cov: (\d+) ft: (\d+) corp: (\d+)")
_RUNS = re.compile(r"stat::number_of_executed_units:\s+(\d+)")
_PEAK = re.compile(r"stat::peak_rss_mb:\s+(\d+)")
_LAST_RUNS = re.compile(r"^#(\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One run of a target. `edges`, `features`, `corpus`: as libFuzzer counts them, at its end. `faults`: kinds of exceptions so
    far; `failures`: inputs that took too long or too much memory; `ended`: the process's exit code."""

    target: str
    at: str
    cpu_seconds: float
    executions: int
    edges: int
    features: int
    corpus: int
    peak_megabytes: int
    faults: int
    failures: int
    ended: int


def fuzz(name: str, folder: Path, seconds: int) -> Figures:
    """Fuzzes one target for so long; its corpus lies in the folder, and grows from run to run."""
    place = folder / name
    place.mkdir(parents=True, exist_ok=True)
    before = _cpu_seconds()
    memory = _MEMORY if _MEMORY.is_dir() else None
    with (place / "log.txt").open("wb") as log, tempfile.TemporaryDirectory(prefix="comfymeter-", dir=memory) as temporary:
        command = [sys.executable, "-m", "fuzz.child", name, str(place), str(seconds)]
        # libFuzzer ends its process at once, which leaves its files to us.
        environment = {**os.environ, "TMPDIR": temporary}
        ended = subprocess.run(command, stdout=log, stderr=log, env=environment, check=False).returncode
    figures = _figures(name, place, _cpu_seconds() - before, ended)
    with (folder / "figures.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(figures)) + "\n")
    return figures


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _figures(name: str, place: Path, cpu_seconds: float, ended: int) -> Figures:
    text = (place / "log.txt").read_text(encoding="utf-8", errors="replace")
    edges, features, corpus = map(int, (_STATUS.findall(text) or [(0, 0, 0)])[-1])
    return Figures(
        target=name,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        cpu_seconds=round(cpu_seconds, 1),
        executions=int((_RUNS.findall(text) or _LAST_RUNS.findall(text) or [0])[-1]),
        edges=edges,
        features=features,
        corpus=corpus,
        peak_megabytes=int((_PEAK.findall(text) or [0])[-1]),
        faults=len(list(place.glob("faults/*.input"))),
        failures=len(list(place.glob("failures/*"))),
        ended=ended,
    )


def recorded(folder: Path) -> Iterator[Figures]:
    """What all runs with this folder came to."""
    for line in (folder / "figures.jsonl").read_text(encoding="utf-8").splitlines():
        yield Figures(**json.loads(line))
