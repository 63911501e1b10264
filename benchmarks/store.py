"""Fills a history and prints what it costs: `python -m benchmarks.store [--runs N] [--store URL]`.

Fills a new SQLite store with made-up runs of twenty workflows. `comfymeter timeout --store` is asked by a fresh process, so that
its imports and its peak memory count.
"""

import argparse
import hashlib
import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from analyzer.history import Store, open_store
from analyzer.history.identity import LogPrint
from analyzer.history.rows import Row, row_of
from analyzer.runs.model import DurationSource, Evidence, Outcome, Phase, PhaseTime, ProgressBar, Run, Start, Workflow
from benchmarks.costs import usage

RUNS_PER_LOG = 5_000
_WORKFLOWS = 20
_SHARES = {Phase.MODEL_LOAD: 0.12, Phase.TEXT_ENCODE: 0.05, Phase.SAMPLE: 0.7, Phase.VAE: 0.08, Phase.OTHER: 0.05}
_EPOCH = "0.12.0|3.12.7|2.10.0+cu128|cuda:0 NVIDIA GeForce RTX 4090 : cudaMallocAsync|NORMAL_VRAM"
_BEGIN = 1_700_000_000.0


def runs(number: int, draw: Random) -> Iterator[Run]:
    """One log's runs: 20 workflows, two of a hundred interrupted, one of eight cold."""
    for ordinal in range(RUNS_PER_LOG):
        workflow, cold = draw.randrange(_WORKFLOWS), draw.random() < 0.125
        seconds = 40.0 * (1 + workflow) ** 0.5 * math.exp(draw.gauss(0.0, 0.2)) * (1.6 if cold else 1.0)
        at = _BEGIN + (number * RUNS_PER_LOG + ordinal) * 100.0
        yield replace(
            _PLAIN,
            number=ordinal + 1,
            outcome=Outcome.INTERRUPTED if draw.random() < 0.02 else Outcome.SUCCESS,
            started_at=at,
            ended_at=at + seconds,
            queue_seconds=draw.expovariate(0.1),
            duration_seconds=seconds,
            workflow=_NAMES[workflow],
            start=Start.COLD if cold else Start.WARM,
            passes=(replace(_PASS, seconds=0.7 * seconds, seconds_per_step=0.7 * seconds / 28),),
            phases=tuple(replace(time, seconds=seconds * time.share) for time in _PHASES),
        )


_NAMES = tuple(
    Workflow(name=f"Workflow {number}", signature=f"model:Flux{number}|passes:{1 + number % 3}|detect")
    for number in range(_WORKFLOWS)
)
_PASS = ProgressBar(
    line=3, last_line=3, label="", unit="it", steps=28, total_steps=28, seconds=67.0, seconds_per_step=2.4, complete=True
)
_PHASES = tuple(
    PhaseTime(phase=phase, seconds=0.0, share=share, evidence=Evidence.MEASURED, first_line=1, last_line=9)
    for phase, share in _SHARES.items()
)
_PLAIN = Run(
    number=1,
    source="comfyui.log",
    outcome=Outcome.SUCCESS,
    failure=None,
    client_timeout=None,
    partial=False,
    queued_line=1,
    first_line=2,
    last_line=9,
    queued_at=None,
    started_at=None,
    ended_at=None,
    queue_seconds=None,
    duration_seconds=None,
    duration_source=DurationSource.LOG_LINE,
    observed_seconds=None,
    workflow=_NAMES[0],
    start=Start.WARM,
    server_number=1,
)


def fill(store: Store, count: int) -> float:
    """Stores so many runs; seconds spent in the store itself."""
    draw, spent = Random(1), 0.0
    for number in range(math.ceil(count / RUNS_PER_LOG)):
        rows: list[Row] = [row_of(run, timezone="UTC", epoch=_EPOCH, limit_seconds=300.0) for run in runs(number, draw)]
        found = LogPrint(size=1_000_000 + number, sha256=hashlib.sha256(str(number).encode()).hexdigest())
        # A real file is asked about the beginnings that are known; these begin with none of them.
        found = replace(found, beginnings={1_000_000 + known: "" for known in range(number)})
        begun = time.perf_counter()
        store.put(f"comfyui.log.{number}", found, rows[: count - number * RUNS_PER_LOG], _BEGIN)
        spent += time.perf_counter() - begun
    return spent


def ask(place: str) -> None:
    """What the store's readers cost, each in a process of its own."""
    _print("\n| question | s | CPU s | peak RSS MB |\n|---|---|---|---|")
    questions: dict[str, Sequence[str]] = {
        "`timeout --store`": ["timeout", "--store", place],
        "`timeout --store --workflow`": ["timeout", "--store", place, "--workflow", "Workflow 7"],
    }
    for name, arguments in questions.items():
        begun = time.perf_counter()
        used = usage(arguments)
        _print(f"| {name} | {time.perf_counter() - begun:.2f} | {used.cpu_seconds:.2f} | {used.peak_bytes / 1e6:.0f} |")


def time_calls(store: Store) -> None:
    """The store's own functions, in this process."""
    calls: dict[str, Callable[[], object]] = {
        "count()": store.count,
        "workflows()": store.workflows,
        "runs(limit=500)": lambda: len(list(store.runs(limit=500))),
        "runs(workflow, limit=500)": lambda: len(list(store.runs(workflow="Workflow 7", limit=500))),
        "timings(newest=500)": lambda: sum(1 for _ in store.timings(newest=500)),
        "timings(): all": lambda: sum(1 for _ in store.timings()),
    }
    _print("\n| call | s |\n|---|---|")
    for name, call in calls.items():
        begun = time.perf_counter()
        call()
        _print(f"| `{name}` | {time.perf_counter() - begun:.2f} |")


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Reads the arguments and prints the figures."""
    parser = argparse.ArgumentParser(description="Fills a history and prints what it costs.")
    parser.add_argument("--runs", type=int, default=100_000, help="how many (100000)")
    parser.add_argument("--store", help="a database URL or a path (a temporary SQLite file)")
    parser.add_argument("--prune", type=int, help="at the end, keep only so many runs")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="comfymeter-") as folder:
        place = arguments.store or str(Path(folder) / "history.db")
        store = open_store(place)
        spent = fill(store, arguments.runs)
        _print(f"{arguments.runs:,} runs stored in {spent:.1f} s: {arguments.runs / spent:,.0f} runs/s")
        if "://" not in place:
            size = sum(path.stat().st_size for path in Path(place).parent.glob(f"{Path(place).name}*"))
            _print(f"{size / 1e6:,.0f} MB, {size / arguments.runs:,.0f} bytes per run")
        ask(place)
        time_calls(store)
        if arguments.prune is not None:
            begun = time.perf_counter()
            removed = store.prune(now=_BEGIN, keep_runs=arguments.prune)
            _print(f"\nprune: {removed:,} runs removed in {time.perf_counter() - begun:.1f} s")
        store.close()


if __name__ == "__main__":
    main()
