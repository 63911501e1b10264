"""Every rule: an analysis in which it speaks, with its figures, and one in which its evidence is missing."""

import re
import time
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark import ParameterSet
from hypothesis import given
from hypothesis import strategies as st

from analyzer.analysis import Analysis, Unparsed, UnparsedLine
from analyzer.events import LoadMode, Role, UnloadMode
from analyzer.findings import RULES, find_all
from analyzer.findings.base import Finding, Severity
from analyzer.findings.phrases import GROUPS_SHOWN, LINES_SHOWN, RUNS_SHOWN, exact, joined
from analyzer.findings.trend import rising
from analyzer.runs.model import Evidence, Outcome, Phase, PhasePeak, Requests, Run, Start, Workflow
from analyzer.units import GIB, MIB
from tests.builders import (
    analysis,
    bar,
    failure,
    gave_up,
    load,
    node,
    note,
    phase,
    run,
    server_start,
    source,
    unload,
    vram,
)

DOCUMENT = Path(__file__).parent.parent / "docs" / "findings.md"
CRITICAL, WARNING, INFO = Severity.CRITICAL, Severity.WARNING, Severity.INFO
OTHER = Workflow(name="Other", signature="other")
SECONDS = [10.0, 10.4, 11.1, 11.5, 12.2, 13.0, 13.6, 14.1]
ALTERNATING = [10.0, 14.0, 10.5, 13.0, 11.0, 12.0, 13.5, 10.2]


def mib(size: float) -> int:
    return round(size * MIB)


def speaks(name: str, rule: str, told: Analysis, *texts: str, severity: Severity, **expected: Any) -> ParameterSet:
    return pytest.param(rule, told, texts, severity, expected, id=f"{rule}: {name}")


def silent(name: str, rule: str, told: Analysis) -> ParameterSet:
    return pytest.param(rule, told, id=f"{rule}: {name}")


def of_rule(rule: str, told: Analysis) -> list[Finding]:
    return [finding for finding in find_all(told) if finding.rule == rule]


def text_of(finding: Finding) -> str:
    return f"{finding.summary} {finding.detail} {finding.advice}"


def two_passes(second: dict[str, Any] | None = None, after: dict[str, Any] | None = None, **given: Any) -> Run:
    """The first question of the incident: two loads of a model with a pass behind each."""
    first = load(line=2, loaded_bytes=mib(6602.51))
    reload = {"line": 6, "loaded_bytes": mib(12377.36), "added_bytes": mib(7040.08), "added_evidence": Evidence.INFERRED}
    passes = bar(line=3), bar(**{"line": 7, "seconds": 56.0, "seconds_per_step": 2.02} | (after or {}))
    freed = unload(line=5, freed_bytes=mib(1265.26), remaining_bytes=mib(5337.28), patches=0)
    loads = first, load(**reload | {"reload": True} | (second or {}))
    return run(**{"passes": passes, "loads": loads, "unloads": (freed,)} | given)


def reloading(number: int, **given: Any) -> Run:
    size = {"loaded_bytes": 8 * GIB, "added_bytes": 8 * GIB}
    return run(number, loads=(load(**size | {"reload": number > 1} | given),))


def timed(number: int, seconds: float | None, *, reload: bool, **given: Any) -> Run:
    return run(number, loads=(load(seconds=seconds, reload=reload, **given),))


def split(number: int, total: float, **phases: float) -> Run:
    times = tuple(phase(Phase(name), seconds, share=seconds / total) for name, seconds in phases.items())
    return run(number, duration_seconds=total, phases=times)


def limited(number: int = 1, seconds: float = 303.88, **given: Any) -> Run:
    phases = (phase(Phase.SAMPLE, 143.0, share=0.47), phase(Phase.PIPELINE_LOAD, 97.0, share=0.32))
    return run(number, **{"duration_seconds": seconds, "limit_seconds": 300.0, "phases": phases} | given)


def with_passes(number: int, rate: float, **given: Any) -> Run:
    return run(number, **{"passes": (bar(line=number, seconds_per_step=rate),)} | given)


def series(values: list[float], **given: Any) -> list[Run]:
    return [run(number, duration_seconds=value, passes=(bar(),), **given) for number, value in enumerate(values, 1)]


PARTIAL = {"mode": LoadMode.PARTIAL, "loaded_bytes": mib(6000), "offloaded_bytes": mib(2000), "patches": 0}

SPEAKS = [
    speaks(
        "the incident",
        "double-load",
        analysis(two_passes()),
        "Flux is loaded 2 times in run 1: normal, nothing was offloaded",
        "16.5 % faster per step",
        "6602.51 MB were loaded (line 2)",
        "1265.26 MB were freed and 5337.28 MB remained (line 5): 6602.51 - 1265.26 = 5337.25 MB, which adds up within rounding",
        "12377.36 - 5337.28 = 7040.08 MB were newly brought in (inferred)",
        "lowvram patches: 0",
        "28 steps in 67 s, 2.42 s/step (line 3)",
        severity=INFO,
        runs=(1,),
        lines=(2, 3, 5, 6, 7),
    ),
    speaks(
        "offloaded",
        "double-load",
        analysis(two_passes(second=PARTIAL)),
        "not normal, because the second load is partial, 2000.00 MB are offloaded",
        "quantised",
        severity=WARNING,
    ),
    speaks(
        "patches",
        "double-load",
        analysis(two_passes(unloads=(unload(freed_bytes=MIB, remaining_bytes=MIB, patches=12),))),
        "not normal, because lowvram patches: 12",
        "which does not add up",
        severity=WARNING,
    ),
    speaks(
        "slower",
        "double-load",
        analysis(two_passes(after={"seconds_per_step": 3.025})),
        "not normal, because the second pass is 25.0 % slower per step",
        severity=WARNING,
    ),
    speaks(
        "a little slower",
        "double-load",
        analysis(two_passes(after={"seconds_per_step": 2.5})),
        "normal, nothing was offloaded and the second pass is only 3.3 % slower per step",
        severity=INFO,
    ),
    speaks(
        "slow second load",
        "double-load",
        analysis(
            run(loads=(load(line=2, seconds=4.0), load(line=6, seconds=40.0, reload=True))),
        ),
        "not normal, because the second load took 40 s, the first 4 s",
        "SSD",
        severity=WARNING,
    ),
    speaks(
        "run after run",
        "double-load",
        analysis(*(two_passes(number=number) for number in (1, 2, 3, 4))),
        "in 4 runs (figures of run 1): not normal, because this model is loaded again run after run",
        severity=WARNING,
        runs=(1, 2, 3, 4),
    ),
    speaks(
        "two files",
        "double-load",
        analysis(two_passes(second={"reload": False}, after={"seconds_per_step": 9.0}, unloads=())),
        "normal, nothing was offloaded",
        "probably two models of class Flux",
        severity=INFO,
    ),
    speaks(
        "no sizes and no passes",
        "double-load",
        analysis(two_passes(second={"loaded_bytes": None}, passes=(), unloads=())),
        "their speed cannot be compared",
        "No line between the loads tells what was freed",
        severity=INFO,
    ),
    speaks(
        "three runs in a row",
        "model-thrash",
        analysis(*(reloading(number) for number in (1, 2, 3, 4))),
        "Flux is brought in again in 3 runs, 3 times in all",
        "24.0 GiB were moved",
        "No stamps tell how long that took",
        severity=WARNING,
        runs=(2, 3, 4),
        lines=(2,),
    ),
    speaks(
        "timed",
        "model-thrash",
        analysis(*(reloading(number, seconds=12.5) for number in (1, 2, 3, 4))),
        "37.5 s went into it (3 of 3 loads timed)",
        severity=WARNING,
    ),
    speaks(
        "quick",
        "model-thrash",
        analysis(*(reloading(number, seconds=0.2) for number in (1, 2, 3, 4))),
        "0.6 s went into it",
        severity=INFO,
    ),
    speaks(
        "most runs, never three in a row",
        "model-thrash",
        analysis(*(reloading(n) if n % 3 else run(n) for n in range(2, 9))),
        "in 5 runs",
        severity=WARNING,
    ),
    speaks(
        "a large share",
        "weights-streamed",
        analysis(run(loads=(load(line=4, **PARTIAL),))),
        "up to 25.0 % of its weights (2000.00 MB) were offloaded",
        "line 4: 6000.00 MB loaded",
        severity=WARNING,
        runs=(1,),
        lines=(4,),
    ),
    speaks(
        "compared with a full load",
        "weights-streamed",
        analysis(
            run(1, loads=(load(line=2, **PARTIAL),), passes=(bar(line=3, seconds_per_step=3.0),)),
            run(2, loads=(load(line=2),), passes=(bar(line=3, seconds_per_step=2.0),)),
        ),
        "Passes with a partial load take 3.00 s/step, with a full load 2.00 s/step: 50.0 % slower (medians)",
        severity=WARNING,
    ),
    speaks(
        "share unknown",
        "weights-streamed",
        analysis(run(loads=(load(mode=LoadMode.PARTIAL, offloaded_bytes=None),))),
        "how much was offloaded the log does not say",
        severity=INFO,
    ),
    speaks(
        "patches only",
        "weights-streamed",
        analysis(run(loads=(load(patches=84),))),
        "weights were patched on the fly",
        "up to 84",
        severity=INFO,
    ),
    speaks(
        "loads and bars",
        "dynamic-vram",
        analysis(
            run(loads=(load(line=2, mode=LoadMode.DYNAMIC),), passes=(bar(line=3, initialise_seconds=41.5),)),
        ),
        "Dynamic VRAM is in use in 1 run",
        "1 pass spent 41.5 s on initialising the model (median 41.5 s, most 41.5 s)",
        severity=INFO,
        runs=(1,),
        lines=(2, 3),
    ),
    speaks(
        "ten times",
        "slow-second-load",
        analysis(timed(1, 4.0, reload=False), timed(2, 40.0, reload=True, line=7)),
        "Loading Flux again took 40 s in run 2, 10.0 times as long as the first time (4 s)",
        "SSD",
        severity=WARNING,
        runs=(2,),
        lines=(7,),
    ),
    speaks(
        "a warm run",
        "load-dominates",
        analysis(split(1, 60.0, model_load=20.0, pipeline_load=15.0, sample=25.0)),
        "35 s of 60 s (58.3 %) in run 1",
        "model_load 20 s (measured) and pipeline_load 15 s (measured)",
        severity=WARNING,
        runs=(1,),
    ),
    speaks(
        "pipelines each run",
        "load-dominates",
        analysis(*(split(number, 100.0, pipeline_load=20.0, sample=80.0) for number in (1, 2, 3))),
        "Pipeline components are loaded anew in 3 runs: 60 s in all",
        "Median 20 s a run",
        severity=WARNING,
        runs=(1, 2, 3),
    ),
    speaks(
        "cold against warm",
        "cold-start",
        analysis(run(1, duration_seconds=90.0, start=Start.COLD), run(2, duration_seconds=60.5), run(3, duration_seconds=59.5)),
        "Cold runs of Flux take 30 s longer than warm ones: 90 s against 60 s beside sampling (medians)",
        severity=INFO,
        runs=(1,),
        lines=(2,),
    ),
    speaks(
        "no warm run",
        "cold-start",
        analysis(run(start=Start.COLD, phases=(phase(Phase.MODEL_LOAD, 12.5),))),
        "Only cold runs are seen: 12.5 s of run 1 went into loading",
        severity=INFO,
    ),
    speaks(
        "between passes",
        "sampler-slowdown",
        analysis(run(loads=(load(line=2),), passes=(bar(line=3, seconds_per_step=2.0), bar(line=4, seconds_per_step=3.0)))),
        "2.00 s/step became 3.00 s/step in run 1 (50.0 % slower)",
        "larger image",
        severity=INFO,
        runs=(1,),
        lines=(3, 4),
    ),
    speaks(
        "over runs",
        "sampler-slowdown",
        analysis(*(with_passes(number, seconds / 10) for number, seconds in enumerate(SECONDS, 1))),
        "Steps of Flux get slower over 8 runs",
        "Kendall's tau: p = ",
        severity=WARNING,
        lines=(1, 8),
    ),
    speaks(
        "durations",
        "creep",
        analysis(*series(SECONDS)),
        "Runs of Flux take longer and longer: about 9.9 s at first, 14.1 s after 8 runs",
        "Theil-Sen slope over 8 runs",
        severity=WARNING,
    ),
    speaks(
        "VRAM",
        "creep",
        analysis(*(run(n, passes=(bar(),), vram=vram(10 * GIB + n * GIB)) for n in range(1, 9))),
        "Runs of Flux need more and more VRAM: about 11.0 GiB at first, 18.0 GiB after 8 runs",
        severity=WARNING,
    ),
    speaks(
        "VRAM of the server alone",
        "creep",
        analysis(
            *(run(n, passes=(bar(),), vram=vram(20 * GIB, process_peak_bytes=10 * GIB + n * GIB)) for n in range(1, 9)),
        ),
        "Runs of Flux need more and more VRAM: about 11.0 GiB at first, 18.0 GiB after 8 runs",
        severity=WARNING,
    ),
    speaks(
        "others on the GPU",
        "gpu-shared",
        analysis(
            run(vram=vram(20 * GIB, total_bytes=24 * GIB, other_peak_bytes=2 * GIB)),
            run(2, vram=vram(20 * GIB, total_bytes=24 * GIB, other_peak_bytes=6 * GIB), limit_seconds=60.0),
            run(3, vram=vram(20 * GIB, total_bytes=24 * GIB, other_peak_bytes=3 * GIB)),
        ),
        "Other processes hold up to 6.0 GiB of the GPU's memory (24.0 GiB) during 2 runs",
        "Most of it in run 2. Concerned: runs 2 and 3. Of these, run 2 went over a limit.",
        "nvidia-smi lists them",
        severity=WARNING,
        runs=(2, 3),
        lines=(2,),
    ),
    speaks(
        "others on a GPU of unknown size",
        "gpu-shared",
        analysis(run(vram=vram(20 * GIB, other_peak_bytes=GIB))),
        "Other processes hold up to 1.0 GiB of the GPU's memory during 1 run",
        severity=WARNING,
    ),
    speaks(
        "others, and runs over the limit",
        "still-timing-out",
        analysis(
            *(
                run(n, limit_seconds=60.0, vram=vram(20 * GIB, total_bytes=24 * GIB, other_peak_bytes=6 * GIB))
                for n in range(1, 3)
            )
        ),
        "End the other processes on the GPU first: they hold up to 6.0 GiB",
        severity=CRITICAL,
    ),
    speaks(
        "full, and nothing wrong",
        "vram-nearly-full",
        analysis(
            run(
                vram=vram(
                    mib(23_900),
                    total_bytes=24 * GIB,
                    samples=40,
                    phases=(
                        PhasePeak(phase=Phase.SAMPLE, peak_bytes=mib(20_000)),
                        PhasePeak(phase=Phase.VAE, peak_bytes=mib(23_900)),
                    ),
                )
            ),
            run(2, vram=vram(12 * GIB, total_bytes=24 * GIB)),
        ),
        "nearly full in 1 run: 23.3 GiB of 24.0 GiB (97.2 %) in run 1",
        "By phase: 23.3 GiB in vae and 19.5 GiB in sample.",
        "fills free memory with models on purpose",
        "40 samples lie in run 1",
        severity=INFO,
        runs=(1,),
        lines=(2,),
    ),
    speaks(
        "full, and weights streamed while others hold a part",
        "vram-nearly-full",
        analysis(run(vram=vram(24 * GIB, total_bytes=24 * GIB, other_peak_bytes=4 * GIB), loads=(load(patches=9),))),
        "weights streamed in at each step",
        "End the other processes on the GPU first. Use a smaller",
        severity=WARNING,
    ),
    speaks(
        "heat",
        "gpu-throttled",
        analysis(run(vram=vram(GIB, samples=10, throttled_ratio=0.2)), run(2, vram=vram(GIB, samples=99, throttled_ratio=0.75))),
        "in 2 runs: 75.0 % of the samples in run 2",
        "fans",
        severity=WARNING,
    ),
    speaks(
        "a tiled retry",
        "soft-oom",
        analysis(run(soft_ooms=(note("regular VAE decoding", line=6),), loads=(load(loaded_bytes=mib(6602.51)),))),
        "a slower way was taken in 1 run: regular VAE decoding",
        "Flux 6602.51 MB (full)",
        severity=WARNING,
        runs=(1,),
        lines=(6,),
    ),
    speaks(
        "on the GPU",
        "fatal-oom",
        analysis(
            run(
                outcome=Outcome.OOM,
                failure=failure("torch.OutOfMemoryError", "CUDA out of memory. Tried to allocate 2.00 GiB."),
                loads=(load(loaded_bytes=mib(12377.36)),),
            ),
            server_starts=(server_start(total_vram_bytes=16 * GIB),),
        ),
        "1 run failed because GPU memory ran out: run 1.",
        "Tried to allocate 2.00 GiB.",
        "Flux 12377.36 MB (full)",
        "The server has 16.0 GiB of VRAM",
        "Q4",
        "--lowvram",
        "smaller batch",
        severity=CRITICAL,
        runs=(1,),
        lines=(8,),
    ),
    speaks(
        "weights offloaded already",
        "fatal-oom",
        analysis(run(outcome=Outcome.OOM, failure=failure(), loads=(load(**PARTIAL),))),
        "2000.00 MB offloaded",
        "Weights are offloaded already",
        severity=CRITICAL,
    ),
    speaks(
        "in system RAM",
        "fatal-oom",
        analysis(run(outcome=Outcome.OOM, failure=failure("MemoryError"))),
        "system RAM ran out",
        "swap",
        severity=CRITICAL,
    ),
    speaks(
        "a model",
        "memory-leak",
        analysis(run(leaks=(note("Flux", line=7),))),
        "memory leak in 1 run: Flux",
        severity=WARNING,
        runs=(1,),
        lines=(7,),
    ),
    speaks(
        "one cause, two runs",
        "run-failed",
        analysis(*(run(n, outcome=Outcome.ERROR, failure=failure("KeyError", "'image'", line=n + 5)) for n in (1, 2))),
        "2 runs failed: KeyError: 'image'.",
        "200 s of work went into them",
        severity=CRITICAL,
        runs=(1, 2),
        lines=(6, 7),
    ),
    speaks(
        "within a pass",
        "run-interrupted",
        analysis(run(outcome=Outcome.INTERRUPTED, passes=(bar(steps=7, complete=False),), failure=failure("interrupted"))),
        "1 run was interrupted on request (run 1)",
        "a sampler pass at 7 of 28 steps (25.0 %) (line 3)",
        severity=INFO,
        runs=(1,),
        lines=(8,),
    ),
    speaks(
        "in time",
        "over-limit",
        analysis(limited()),
        "Run 1 took 303.88 s against a limit of 300 s: 3.88 s over (101.3 %).",
        "The largest phase is sample with 143 s (47 %, measured). Then pipeline_load with 97 s",
        severity=CRITICAL,
        runs=(1,),
        lines=(9,),
    ),
    speaks(
        "with the queue, and unfinished",
        "over-limit",
        analysis(
            limited(1, 290.0, queue_seconds=20.0),
            limited(2, duration_seconds=None, observed_seconds=400.0),
        ),
        "Run 2 was seen for 400 s against a limit of 300 s: at least 100 s over (133.3 %); 2 runs are over the limit",
        severity=CRITICAL,
        runs=(1, 2),
    ),
    speaks(
        "close",
        "near-limit",
        analysis(limited(1, 250.0)),
        "Run 1 took 250 s of a limit of 300 s (83.3 %): 50 s left.",
        severity=WARNING,
        runs=(1,),
    ),
    speaks(
        "finished all the same",
        "client-gave-up",
        analysis(limited(client_timeout=gave_up(line=10), last_line=11)),
        "The client gave up on run 1 after 300 s, but the server finished it after 303.88 s, 3.88 s after the client's limit.",
        "The result was computed and thrown away",
        severity=CRITICAL,
        runs=(1,),
        lines=(10, 11),
    ),
    speaks(
        "no limit printed, run failed",
        "client-gave-up",
        analysis(run(client_timeout=gave_up(None), outcome=Outcome.ERROR, failure=failure())),
        "The client gave up on run 1, whose outcome on the server is error.",
        severity=CRITICAL,
    ),
    speaks(
        "two runs",
        "still-timing-out",
        analysis(limited(1), limited(2, 310.0), limited(3, 10.0)),
        "2 runs over a limit or given up by the client",
        "nvidia-smi",
        "restart ComfyUI",
        "800 s",
        severity=CRITICAL,
        runs=(1, 2),
    ),
    speaks(
        "one far over",
        "still-timing-out",
        analysis(limited(1, 360.0)),
        "run 1 used 120.0 % of its limit",
        severity=CRITICAL,
        runs=(1,),
    ),
    speaks(
        "a stop-gap would not do",
        "still-timing-out",
        analysis(limited(1, 900.0)),
        "A stop-gap of 800 s (13m 20s) would not do",
        "900 s (15m 00s)",
        severity=CRITICAL,
    ),
    speaks(
        "the server restarted",
        "cut-off",
        analysis(
            run(
                outcome=Outcome.CUT_OFF,
                duration_seconds=None,
                observed_seconds=45.0,
                failure=failure("server_restarted", line=12),
                passes=(bar(steps=9, total_steps=20, complete=False),),
            )
        ),
        "1 run has no end: the server restarted within run 1.",
        "a sampler pass at 9 of 20 steps (45.0 %)",
        "It was seen for 45 s",
        severity=CRITICAL,
        runs=(1,),
        lines=(9, 12),
    ),
    speaks(
        "the log ends",
        "cut-off",
        analysis(run(outcome=Outcome.CUT_OFF, failure=failure("log_ended"))),
        "the log ends within run 1",
        severity=INFO,
    ),
    speaks(
        "the worker died",
        "cut-off",
        analysis(run(outcome=Outcome.CUT_OFF, failure=failure("killed", "prompt worker"))),
        "the process or its worker died (prompt worker)",
        severity=CRITICAL,
    ),
    speaks(
        "two starts",
        "import-failures",
        analysis(server_starts=tuple(server_start(n, node("FaceSwap", failed=True), node("Fine")) for n in (1, 2))),
        "1 custom node failed to import: FaceSwap.",
        "Seen in 2 server starts",
        severity=WARNING,
        lines=(1, 2),
    ),
    speaks(
        "with a clock",
        "slow-startup",
        analysis(server_starts=(server_start(1, node("Heavy", 12.5), started_at=100.0, ready_at=150.0),)),
        "The server took 50 s to start; slow custom nodes take 12.5 s of it (25.0 %): Heavy 12.5 s.",
        severity=INFO,
        lines=(1,),
    ),
    speaks(
        "a third of a short start",
        "slow-startup",
        analysis(server_starts=(server_start(1, node("Heavy", 4.0), started_at=100.0, ready_at=110.0),)),
        "slow custom nodes take 4 s of it (40.0 %)",
        severity=INFO,
    ),
    speaks(
        "without a clock",
        "slow-startup",
        analysis(server_starts=(server_start(1, node("Heavy", 12.5)),)),
        "The server starts slowly; slow custom nodes take 12.5 s: Heavy 12.5 s.",
        severity=INFO,
    ),
    speaks(
        "many",
        "unresolved-requests",
        analysis(requests=Requests(received=10, unresolved=5)),
        "5 requests of 10 (50 %) were received",
        "dead worker",
        severity=WARNING,
    ),
    speaks(
        "one",
        "unresolved-requests",
        analysis(requests=Requests(received=40, unresolved=1)),
        "1 request of 40 (2 %) was received",
        severity=INFO,
    ),
    speaks(
        "some",
        "rejected-requests",
        analysis(requests=Requests(received=8, rejected=2)),
        "2 requests of 8 (25 %) were rejected",
        severity=WARNING,
    ),
    speaks(
        "no stamps",
        "log-unusable",
        analysis(run(phases=(phase(Phase.OTHER, 25.0, evidence=Evidence.REMAINDER), phase(Phase.SAMPLE, 75.0)))),
        "No time stamps in comfyui.log",
        "No line times 25 s of 100 s (25 %).",
        severity=INFO,
    ),
    speaks(
        "no bars",
        "log-unusable",
        analysis(run(loads=(load(),)), sources=(source(bars=0),)),
        "No progress bars in comfyui.log",
        "2>&1",
        severity=WARNING,
    ),
    speaks(
        "half a log",
        "log-unusable",
        analysis(run(loads=(load(),)), sources=(source(bars=0, error_stream_missing=True),)),
        "The error stream is missing from comfyui.log",
        "python main.py > log 2>&1",
        severity=WARNING,
    ),
    speaks("late bars", "log-unusable", analysis(sources=(source(stamps_are_late=True),)), "stamp of its end", severity=INFO),
    speaks("repaired", "log-unusable", analysis(sources=(source(repaired_lines=3),)), "3 lines of comfyui.log", severity=INFO),
    speaks(
        "notes",
        "log-unusable",
        analysis(sources=(source(notes=("two containers",)),)),
        "two containers (comfyui.log)",
        severity=INFO,
    ),
    speaks(
        "an excerpt",
        "log-unusable",
        analysis(run(partial=True, outcome=Outcome.CUT_OFF), sources=(source(),)),
        "Known from an excerpt only",
        severity=INFO,
        runs=(1,),
    ),
    speaks(
        "unknown lines",
        "log-unusable",
        analysis(
            sources=(source(),),
            unparsed=Unparsed(lines=30, of_lines=300, samples=(UnparsedLine(source="comfyui.log", line=7, text="[Tools] done"),)),
        ),
        "30 of 300 lines (10 %)",
        "comfyui.log:7 [Tools] done",
        "--unparsed FILE",
        severity=INFO,
    ),
    speaks(
        "measured reloads",
        "savings",
        analysis(timed(1, 9.0, reload=True, loaded_bytes=12 * GIB), server_starts=(server_start(total_vram_bytes=16 * GIB),)),
        "What if Flux stayed loaded: about 9 s less over 1 run (an estimate)",
        "It needs 12.0 GiB of VRAM held all the time of the device's 16.0 GiB",
        severity=INFO,
        runs=(1,),
        lines=(2,),
    ),
    speaks(
        "slower steps",
        "savings",
        analysis(two_passes(after={"seconds_per_step": 3.42})),
        "at most 28 s less over 1 run",
        "if the reload is the cause",
        severity=INFO,
    ),
    speaks(
        "within the remainder",
        "savings",
        analysis(two_passes(phases=(phase(Phase.OTHER, 64.0, evidence=Evidence.REMAINDER),))),
        "at most 64 s less",
        severity=INFO,
    ),
    speaks(
        "lighter weights",
        "savings",
        analysis(run(quantizations=(note("Q8_0", line=3),), phases=(phase(Phase.SAMPLE, 100.0),))),
        "about 10 s less of 100 s of sampling (an estimate)",
        "Nothing of this is measured here",
        severity=INFO,
        lines=(3,),
    ),
    speaks(
        "lighter weights where they are streamed",
        "savings",
        analysis(run(quantizations=(note("Q8_0", line=3),), loads=(load(patches=9),), phases=(phase(Phase.SAMPLE, 100.0),))),
        "about 35 s less of 100 s of sampling (an estimate)",
        "do not fit",
        severity=INFO,
    ),
]

SILENT = [
    silent("once", "double-load", analysis(run(loads=(load(),)))),
    silent("two classes", "double-load", analysis(run(loads=(load(), load(line=4, model="SDXL"))))),
    silent("text encoders", "double-load", analysis(run(loads=(load(role=Role.TEXT_ENCODER), load(role=Role.TEXT_ENCODER))))),
    silent("dynamic", "double-load", analysis(two_passes(second={"mode": LoadMode.DYNAMIC}))),
    silent("no class", "double-load", analysis(run(loads=(load(model=None), load(line=4, model=None))))),
    silent("two runs", "model-thrash", analysis(*(reloading(number) for number in (1, 2, 3)))),
    silent("many servers", "model-thrash", analysis(*(run(n, server_number=n, loads=(load(reload=True),)) for n in range(1, 6)))),
    silent("a small part", "model-thrash", analysis(*(reloading(n, added_bytes=MIB) for n in range(1, 6)))),
    silent("now and then", "model-thrash", analysis(*(reloading(n) if n % 3 == 0 else run(n) for n in range(1, 12)))),
    silent(
        "a small VAE",
        "model-thrash",
        analysis(*(reloading(n, role=Role.VAE, loaded_bytes=160 * MIB, added_bytes=160 * MIB) for n in range(1, 6))),
    ),
    silent("full", "weights-streamed", analysis(run(loads=(load(patches=0),)))),
    silent("patches unknown", "weights-streamed", analysis(run(loads=(load(patches=None, offloaded_bytes=None),)))),
    silent("not known", "gpu-shared", analysis(run(vram=vram(20 * GIB, total_bytes=24 * GIB)))),
    silent("a desktop", "gpu-shared", analysis(run(vram=vram(20 * GIB, total_bytes=24 * GIB, other_peak_bytes=2 * GIB)))),
    silent("a small card", "gpu-shared", analysis(run(vram=vram(4 * GIB, total_bytes=4 * GIB, other_peak_bytes=mib(1000))))),
    silent("room left", "vram-nearly-full", analysis(run(vram=vram(96 * GIB, total_bytes=100 * GIB)))),
    silent("no total", "vram-nearly-full", analysis(run(vram=vram(24 * GIB)))),
    silent("now and then hot", "gpu-throttled", analysis(run(vram=vram(GIB, samples=99, throttled_ratio=0.19)))),
    silent("a few samples", "gpu-throttled", analysis(run(vram=vram(GIB, samples=9, throttled_ratio=1.0)))),
    silent("nobody says why", "gpu-throttled", analysis(run(vram=vram(GIB, samples=99)))),
    silent(
        "others grow, not the server",
        "creep",
        analysis(
            *(run(n, passes=(bar(),), vram=vram(10 * GIB + n * GIB, process_peak_bytes=10 * GIB)) for n in range(1, 9)),
        ),
    ),
    silent("classic", "dynamic-vram", analysis(run(loads=(load(),), passes=(bar(),)))),
    silent("server says so, nothing uses it", "dynamic-vram", analysis(run(), server_starts=(server_start(dynamic_vram=True),))),
    silent("untimed", "slow-second-load", analysis(timed(1, 4.0, reload=False), timed(2, None, reload=True))),
    silent("below 5 s", "slow-second-load", analysis(timed(1, 1.0, reload=False), timed(2, 4.9, reload=True))),
    silent("first load of a file", "slow-second-load", analysis(timed(1, 4.0, reload=False), timed(2, 40.0, reload=False))),
    silent(
        "more bytes",
        "slow-second-load",
        analysis(timed(1, 4.0, reload=False, added_bytes=GIB), timed(2, 40.0, reload=True, added_bytes=10 * GIB)),
    ),
    silent("short", "load-dominates", analysis(split(1, 6.0, model_load=4.0, sample=2.0))),
    silent("a third", "load-dominates", analysis(split(1, 300.0, model_load=100.0, sample=200.0))),
    silent("no total", "load-dominates", analysis(run(duration_seconds=None, phases=(phase(Phase.MODEL_LOAD, 50.0),)))),
    silent("warm only", "cold-start", analysis(run(1), run(2))),
    silent("not slower", "cold-start", analysis(run(1, start=Start.COLD), run(2))),
    silent("another workflow", "cold-start", analysis(run(1, start=Start.COLD, duration_seconds=900.0), run(2, workflow=OTHER))),
    silent("unknown starts", "cold-start", analysis(run(1, start=Start.UNKNOWN, phases=(phase(Phase.MODEL_LOAD, 50.0),)))),
    silent(
        "a load between",
        "sampler-slowdown",
        analysis(two_passes(after={"seconds_per_step": 9.0})),
    ),
    silent(
        "rates unknown",
        "sampler-slowdown",
        analysis(run(passes=(bar(seconds_per_step=None), bar(line=4, seconds_per_step=None)))),
    ),
    silent("five runs", "sampler-slowdown", analysis(*(with_passes(n, float(n)) for n in range(1, 6)))),
    silent("up and down", "sampler-slowdown", analysis(*(with_passes(n, s) for n, s in enumerate(ALTERNATING, 1)))),
    silent("up and down", "creep", analysis(*series(ALTERNATING))),
    silent("a restart in between", "creep", analysis(*series(SECONDS[:4]), *series(SECONDS[4:], server_number=2))),
    silent("hardly more", "creep", analysis(*series([100 + n / 10 for n in range(10)]))),
    silent("failed runs", "creep", analysis(*series(SECONDS, outcome=Outcome.ERROR))),
    silent("nothing noted", "soft-oom", analysis(run())),
    silent("another failure", "fatal-oom", analysis(run(outcome=Outcome.ERROR, failure=failure()))),
    silent("nothing noted", "memory-leak", analysis(run())),
    silent("out of memory", "run-failed", analysis(run(outcome=Outcome.OOM, failure=failure()))),
    silent("finished", "run-interrupted", analysis(run())),
    silent("below", "over-limit", analysis(limited(1, 299.9))),
    silent("no limit", "over-limit", analysis(run(duration_seconds=10_000.0))),
    silent("no duration", "over-limit", analysis(limited(duration_seconds=None))),
    silent("far below", "near-limit", analysis(limited(1, 200.0))),
    silent("over", "near-limit", analysis(limited())),
    silent("unfinished", "near-limit", analysis(limited(duration_seconds=None, observed_seconds=290.0))),
    silent("over, but nobody left", "client-gave-up", analysis(limited())),
    silent("once, by little", "still-timing-out", analysis(limited(client_timeout=gave_up()))),
    silent("cut off without any limit", "still-timing-out", analysis(*(run(n, outcome=Outcome.CUT_OFF) for n in (1, 2)))),
    silent("finished", "cut-off", analysis(run())),
    silent("an excerpt", "cut-off", analysis(run(outcome=Outcome.CUT_OFF, partial=True, failure=failure("log_ended")))),
    silent("all fine", "import-failures", analysis(server_starts=(server_start(1, node("Fine")),))),
    silent("quick", "slow-startup", analysis(server_starts=(server_start(1, node("Quick", 0.9), started_at=1.0, ready_at=3.0),))),
    silent("no times", "slow-startup", analysis(server_starts=(server_start(1, node("Untimed", None)),))),
    silent("all resolved", "unresolved-requests", analysis(run())),
    silent("all accepted", "rejected-requests", analysis(run())),
    silent("a good log", "log-unusable", analysis(run(), sources=(source(),))),
    silent("few unknown lines", "log-unusable", analysis(sources=(source(),), unparsed=Unparsed(lines=19, of_lines=50))),
    silent("no runs in it", "log-unusable", analysis()),
    silent("no reloads", "savings", analysis(run(loads=(load(seconds=60.0),)))),
    silent("nothing known", "savings", analysis(run(loads=(load(reload=True),)))),
    silent("another quantisation", "savings", analysis(run(quantizations=(note("fp8"),), phases=(phase(Phase.SAMPLE, 100.0),)))),
]


@pytest.mark.parametrize(("rule", "told", "texts", "severity", "expected"), SPEAKS)
def test_a_rule_speaks(rule: str, told: Analysis, texts: tuple[str, ...], severity: Severity, expected: dict[str, Any]) -> None:
    finding = next(iter(of_rule(rule, told)))

    for text in texts:
        assert text in text_of(finding)
    assert finding.severity is severity
    assert {name: getattr(finding, name) for name in expected} == expected


@pytest.mark.parametrize(("rule", "told"), SILENT)
def test_a_rule_is_silent(rule: str, told: Analysis) -> None:
    assert of_rule(rule, told) == []


@pytest.mark.parametrize("table", [SPEAKS, SILENT], ids=["speaks", "silent"])
def test_every_rule_has_its_rows(table: list[ParameterSet]) -> None:
    assert {row.values[0] for row in table} == {rule.id for rule in RULES}


def test_rules_have_one_kebab_case_name_each() -> None:
    names = [rule.id for rule in RULES]

    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in names)


def test_the_worst_comes_first_and_the_order_of_rules_second() -> None:
    found = find_all(analysis(limited(client_timeout=gave_up()), run(2, outcome=Outcome.INTERRUPTED), two_passes(number=3)))

    severities = [list(Severity).index(finding.severity) for finding in found]
    places = [[rule.id for rule in RULES].index(finding.rule) for finding in found]
    assert severities == sorted(severities)
    assert list(zip(severities, places, strict=True)) == sorted(zip(severities, places, strict=True))


def test_lines_are_those_of_the_source_of_the_first_run() -> None:
    failed = {"outcome": Outcome.ERROR, "failure": failure(line=8)}
    (finding,) = of_rule(
        "run-failed", analysis(run(1, **failed), run(2, **failed | {"source": "b.log", "failure": failure(line=99)}))
    )

    assert finding.runs == (1, 2)
    assert finding.lines == (8,)


def test_many_causes_are_a_readable_list() -> None:
    failed = [run(n, outcome=Outcome.ERROR, failure=failure("E", f"cause {n}")) for n in range(1, 41)]
    found = of_rule("run-failed", analysis(*failed))

    assert len(found) == GROUPS_SHOWN + 1
    assert "35 other causes" in found[-1].summary


def test_ten_thousand_runs_stay_readable_and_quick() -> None:
    runs = [
        two_passes(
            number=n, source=f"{n % 3}.log", workflow=Workflow(name=f"W{n % 40}", signature=f"{n % 40}"), limit_seconds=99.0
        )
        for n in range(1, 10_001)
    ]
    began = time.process_time()
    found = find_all(analysis(*runs))

    assert time.process_time() - began < 20
    assert len(found) < 20
    assert max(len(finding.runs) for finding in found) == RUNS_SHOWN
    assert max(len(finding.lines) for finding in found) <= LINES_SHOWN


def test_the_document_has_a_row_per_rule() -> None:
    rows = [line.strip("| ").split(" | ") for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]

    assert [(row[0].strip("`"), row[1]) for row in rows] == [(rule.id, rule.about) for rule in RULES]
    assert all(len(row) == 4 and all(row) for row in rows)


TRENDS = [
    ("a straight line", [float(n) for n in range(1, 9)], 1.0),
    ("six that rise", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 1.0),
    ("one outlier", [1.0, 2.0, 30.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0], 1.0),
    ("a long one", [n / 100 for n in range(1, 5001)], 0.01),
]


@pytest.mark.parametrize(("values", "slope"), [row[1:] for row in TRENDS], ids=[row[0] for row in TRENDS])
def test_a_rise_is_seen(values: list[float], slope: float) -> None:
    trend = rising(values)

    assert trend is not None
    assert trend.per_item == pytest.approx(slope, rel=0.02)
    assert trend.p < 0.01


@pytest.mark.parametrize(
    "values", [[], [1.0] * 50, [3.0, 2.0, 1.0] * 9, [float(n) for n in range(9, 0, -1)], ALTERNATING, [1.0, 2.0, 3.0, 4.0, 5.0]]
)
def test_no_rise_is_made_up(values: list[float]) -> None:
    assert rising(values) is None


WORDS = [
    (joined([]), ""),
    (joined("a"), "a"),
    (joined("abc"), "a, b and c"),
    (joined("abcdefg"), "a, b, c, d, e and 2 more"),
    (exact(303.88), "303.88 s"),
    (exact(300.0), "300 s"),
    (exact(0.0108), "10.8 ms"),
    (exact(3723.5), "3,723.5 s (1h 02m)"),
]


@pytest.mark.parametrize(("said", "wanted"), WORDS, ids=[wanted or "nothing" for _, wanted in WORDS])
def test_words(said: str, wanted: str) -> None:
    assert said == wanted


LINES = st.integers(1, 40)
SIZES = st.none() | st.integers(0, 2**40)
SPANS = st.none() | st.floats(0, 1e6)
FAILURES = st.builds(
    failure,
    st.sampled_from(["", "KeyError", "MemoryError", "log_ended", "server_restarted", "server_stopped", "killed"]),
    st.text(max_size=100),
    line=LINES,
)
BARS = st.builds(
    bar,
    line=LINES,
    last_line=LINES,
    label=st.sampled_from(["", "Tiles"]),
    steps=st.floats(0, 100),
    total_steps=st.none() | st.floats(0, 100),
    seconds=SPANS,
    seconds_per_step=SPANS,
    complete=st.booleans(),
    initialise_seconds=st.floats(0, 100),
)
LOADS = st.builds(
    load,
    line=LINES,
    model=st.none() | st.sampled_from(["Flux", "SDXL"]),
    role=st.sampled_from(Role),
    mode=st.sampled_from(LoadMode),
    loaded_bytes=SIZES,
    usable_bytes=SIZES,
    offloaded_bytes=SIZES,
    added_bytes=SIZES,
    added_evidence=st.none() | st.sampled_from(Evidence),
    patches=st.none() | st.integers(0, 500),
    seconds=SPANS,
    reload=st.booleans(),
)
UNLOADS = st.builds(
    unload,
    line=LINES,
    mode=st.sampled_from(UnloadMode),
    freed_bytes=SIZES,
    remaining_bytes=SIZES,
    patches=st.none() | st.integers(0, 9),
)
PHASES = st.builds(phase, st.sampled_from(Phase), st.floats(0, 1e6), evidence=st.sampled_from(Evidence))
NOTES = st.builds(note, st.sampled_from(["", "Q8_0", "Q4_K_S", "regular VAE decoding"]), line=LINES)
RUNS = st.builds(
    run,
    st.just(1),
    source=st.sampled_from(["a.log", "b.log"]),
    outcome=st.sampled_from(Outcome),
    failure=st.none() | FAILURES,
    client_timeout=st.none() | st.builds(gave_up, SPANS, line=LINES),
    partial=st.booleans(),
    queue_seconds=SPANS,
    duration_seconds=SPANS,
    observed_seconds=SPANS,
    workflow=st.sampled_from([OTHER, Workflow(name="Flux", signature="flux")]),
    start=st.sampled_from(Start),
    server_number=st.integers(0, 2),
    passes=st.lists(BARS, max_size=3).map(tuple),
    bars=st.lists(BARS, max_size=2).map(tuple),
    loads=st.lists(LOADS, max_size=4).map(tuple),
    unloads=st.lists(UNLOADS, max_size=2).map(tuple),
    vram=st.none() | st.builds(vram, st.integers(0, 2**40)),
    soft_ooms=st.lists(NOTES, max_size=2).map(tuple),
    leaks=st.lists(NOTES, max_size=2).map(tuple),
    quantizations=st.lists(NOTES, max_size=2).map(tuple),
    phases=st.lists(PHASES, max_size=4).map(tuple),
    limit_seconds=st.none() | st.floats(1, 1e6),
)


@given(st.lists(RUNS, max_size=12))
def test_any_runs_give_findings_on_runs_that_exist(runs: list[Run]) -> None:
    told = analysis(*(_numbered(run, number) for number, run in enumerate(runs, 1)), server_starts=(server_start(),))
    found = find_all(told)

    existing = {run.number for run in told.runs}
    for finding in found:
        assert set(finding.runs) <= existing
        assert len(finding.runs) <= RUNS_SHOWN
        assert len(finding.lines) <= LINES_SHOWN
        assert finding.summary.endswith((".", "!", "?", "…"))
        assert finding.advice
        assert "None" not in text_of(finding)


def _numbered(of: Run, number: int) -> Run:
    return run(number, **{name: getattr(of, name) for name in of.__slots__ if name != "number"})
