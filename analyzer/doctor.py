"""Is this log usable? What it lacks, what that means for the report, and what to do about it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from analyzer.analysis import SourceInfo
from analyzer.findings.usability import RECORD, REDIRECT
from analyzer.report import Report
from analyzer.runs.model import Outcome, Start
from analyzer.units import format_share, plural
from analyzer.vram.facts import GpuFacts, Problem

SAME_NUMBERS = (
    "Sample with the host's process numbers: docker run --pid=host, hostPID: true in Kubernetes, or outside the container."
)
_DRIVER_ADVICE = {
    Problem.NO_PACKAGE: "pip install nvidia-ml-py.",
    Problem.NO_LIBRARY: "In a container: NVIDIA_DRIVER_CAPABILITIES=compute,utility and --gpus all; else install the driver.",
    Problem.NO_DRIVER: "Load the driver (nvidia-smi says why it is not), or restart.",
    Problem.MISMATCH: "Restart the machine, or unload and load the driver's modules.",
    Problem.NO_PERMISSION: "Run as a user who may open /dev/nvidiactl.",
    Problem.NO_GPU: "In a container: start it with --gpus all.",
    Problem.LOST: "Look at `dmesg` for Xid messages; restart the machine where nvidia-smi does not come back.",
    Problem.OTHER: "See what nvidia-smi says.",
}
_SOME_UNPARSED, _MUCH_UNPARSED = 0.05, 0.25


class Status(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at: what was seen, what it means, what to do. `sources`: the logs it is about, none for all."""

    id: str
    status: Status
    summary: str
    meaning: str = ""
    advice: str = ""
    sources: tuple[str, ...] = ()


def diagnose(report: Report, facts: GpuFacts | None = None) -> tuple[Check, ...]:
    """Every check, failures first; the same answer for several logs is one check that names them. `facts`: what can be known of
    this machine's GPUs, where that was asked."""
    found = [check for look in REPORT_CHECKS for check in look(report)]
    found += [check for look in MACHINE_CHECKS if facts for check in look(facts)]
    found += _merged(look(source) for look in SOURCE_CHECKS for source in report.sources if not source.left_out)
    found += _merged(_left_out(source, source.left_out) for source in report.sources if source.left_out)
    order = list(Status)[::-1]
    return tuple(sorted(found, key=lambda check: order.index(check.status)))


def _merged(checks: Iterable[Check]) -> list[Check]:
    merged: dict[Check, list[str]] = {}
    for check in checks:
        merged.setdefault(replace(check, sources=()), []).extend(check.sources)
    return [replace(check, sources=tuple(sources)) for check, sources in merged.items()]


def _runs(report: Report) -> Iterator[Check]:
    if report.runs:
        yield Check(id="runs", status=Status.OK, summary=f"{plural(len(report.runs), 'run')} found.")
    else:
        advice = "Give the server's console output; check that it is ComfyUI's and that a prompt ran while it was written."
        yield Check(
            id="runs", status=Status.FAIL, summary="No run found.", meaning="There is nothing to report on.", advice=advice
        )


def _unparsed(report: Report) -> Iterator[Check]:
    share, lines, of_lines = report.unparsed.share, report.unparsed.lines, report.unparsed.of_lines
    status = Status.OK if share < _SOME_UNPARSED else Status.WARN if share < _MUCH_UNPARSED else Status.FAIL
    summary = f"{format_share(share)} of the lines are not recognised ({lines:,} of {of_lines:,})."
    meaning = "They are counted and sampled, but no figure comes from them."
    advice = "Look at the samples; lines that belong to ComfyUI or to a common node are worth a bug report."
    ok = status is Status.OK
    yield Check(id="unparsed", status=status, summary=summary, meaning="" if ok else meaning, advice="" if ok else advice)


def _restarts(report: Report) -> Iterator[Check]:
    killed = [run for run in report.runs if run.failure and run.failure.kind == "server_restarted"]
    starts = len(report.server_starts)
    if killed:
        summary = f"The server restarted inside {len(killed)} of {len(report.runs)} runs ({starts} starts)."
        meaning = "Their durations are not known, only how long they were seen."
        advice = "Look for `Killed` and the system's log of ended processes: memory is the usual cause."
        yield Check(id="restarts", status=Status.WARN, summary=summary, meaning=meaning, advice=advice)
    elif starts:
        yield Check(id="restarts", status=Status.OK, summary=f"{plural(starts, 'server start')}, none inside a run.")
    else:
        meaning = "Versions, device and VRAM are unknown, and whether the first run was cold."
        advice = "Include the log from the server's start."
        yield Check(
            id="restarts", status=Status.WARN, summary="The server's start is not in the log.", meaning=meaning, advice=advice
        )


def _truncated(report: Report) -> Iterator[Check]:
    partial = sum(run.partial for run in report.runs)
    if partial:
        summary = f"{plural(partial, 'run')} without a beginning and an end."
        meaning = "The log is an excerpt: totals are missing, the passes are still right."
        yield Check(id="excerpt", status=Status.WARN, summary=summary, meaning=meaning, advice="Give the whole log.")


def _cold(report: Report) -> Iterator[Check]:
    closed = [run for run in report.runs if run.outcome is Outcome.SUCCESS]
    if len(closed) >= 3 and not any(run.start is Start.COLD for run in closed):
        meaning = "A first run after a restart takes longer than any of these; timeout advice cannot know by how much."
        advice = "Add a log that holds a first run after a restart."
        yield Check(id="cold_runs", status=Status.WARN, summary="No cold run among them.", meaning=meaning, advice=advice)


def _samples(report: Report) -> Iterator[Check]:
    """VRAM samples, where there are any."""
    sampled = [run.vram for run in report.runs if run.vram and run.vram.samples]
    troubles = {source.vram_trouble: source.name for source in report.sources if source.vram_trouble}
    for trouble, name in troubles.items():
        meaning = "How much memory a run needed, and what other processes held, is not known."
        advice = "Record both together, with `comfymeter record`, or see docs/vram.md."
        summary = f"VRAM samples cannot be used: {trouble}."
        yield Check(id="vram_samples", status=Status.WARN, summary=summary, meaning=meaning, advice=advice, sources=(name,))
    if not sampled:
        return
    summary = f"VRAM samples for {len(sampled)} of {plural(len(report.runs), 'run')}"
    if any(vram.process_peak_bytes is not None for vram in sampled):
        yield Check(id="vram_samples", status=Status.OK, summary=f"{summary}.")
    else:
        meaning = "What ComfyUI alone held, and what other processes did, cannot be told apart."
        summary = f"{summary}, without what ComfyUI alone held."
        yield Check(id="vram_samples", status=Status.OK, summary=summary, meaning=meaning, advice=SAME_NUMBERS)


def _driver(facts: GpuFacts) -> Iterator[Check]:
    if facts.problem and facts.visible:
        summary = f"This machine has a GPU, but {facts.problem}."
        meaning = "VRAM cannot be sampled here: `record` and `serve` have only what ComfyUI itself tells."
        yield Check(id="nvml", status=Status.WARN, summary=summary, meaning=meaning, advice=_DRIVER_ADVICE[facts.problem])


def _processes(facts: GpuFacts) -> Iterator[Check]:
    meaning = "Samples taken here tell the GPU's memory, but not what ComfyUI alone holds of it."
    if facts.problem:
        return
    if facts.wddm:
        summary = "Windows manages this GPU's memory (driver model WDDM) and does not tell what a process holds."
        advice = "On a card that has it: nvidia-smi -dm 1 (TCC, no display). Otherwise close other programs to be sure."
        yield Check(id="gpu_processes", status=Status.WARN, summary=summary, meaning=meaning, advice=advice)
    elif facts.foreign_pids and facts.gpus:
        summary = "In this container processes have other numbers than those that the driver knows."
        yield Check(id="gpu_processes", status=Status.WARN, summary=summary, meaning=meaning, advice=SAME_NUMBERS)


def _stamps(source: SourceInfo) -> Check:
    if source.stamps == "none":
        meaning = "Loading, decoding and waiting cannot be told apart: only bars and closing lines give times."
        return _about(source, "stamps", Status.WARN, "The lines have no time stamps.", meaning, RECORD)
    if source.stamps == "naive":
        meaning = "Times are shown as written; a change of clocks or a second machine cannot be lined up."
        return _about(source, "stamps", Status.OK, "Time stamps without a zone.", meaning, "Give --timezone to fix the zone.")
    return _about(source, "stamps", Status.OK, "Time stamps with their zone.")


def _bars(source: SourceInfo) -> Check:
    if not source.bars:
        meaning = "Seconds per step and time per pass are unknown; files written by --verbose have no bars."
        return _about(source, "bars", Status.WARN, "No progress bar in the log.", meaning, RECORD)
    if source.stamps_are_late:
        meaning = "Bars carry only the stamp of their end, so when a pass began is inferred from its own clock."
        return _about(source, "bars", Status.WARN, "Progress bars are stamped late.", meaning, RECORD)
    return _about(source, "bars", Status.OK, "Progress bars are there.")


def _error_stream(source: SourceInfo) -> Check:
    if source.error_stream_missing:
        meaning = "ComfyUI logs to stderr by default: bars, errors and most lines are lost, outcomes are unknown."
        return _about(source, "error_stream", Status.FAIL, "Only stdout was kept.", meaning, REDIRECT)
    return _about(source, "error_stream", Status.OK, "Nothing says that the error stream is missing.")


def _encoding(source: SourceInfo) -> Check:
    if source.repaired_lines:
        summary = f"{source.repaired_lines:,} lines were decoded wrongly before and repaired."
        meaning = "Figures are right; some characters of names may be lost."
        return _about(source, "encoding", Status.WARN, summary, meaning, "Copy the file itself instead of its text, as UTF-8.")
    return _about(source, "encoding", Status.OK, f"Read as {source.encoding} in the container {source.container}.")


def _left_out(source: SourceInfo, why: str) -> Check:
    meaning = "What it says is missing from every figure."
    return _about(source, "left_out", Status.WARN, f"Left out: {why}.", meaning, "If it is ComfyUI's, make it readable.")


def _about(source: SourceInfo, name: str, status: Status, summary: str, meaning: str = "", advice: str = "") -> Check:
    return Check(id=name, status=status, summary=summary, meaning=meaning, advice=advice, sources=(source.name,))


REPORT_CHECKS: tuple[Callable[[Report], Iterator[Check]], ...] = (_runs, _unparsed, _restarts, _truncated, _cold, _samples)
MACHINE_CHECKS: tuple[Callable[[GpuFacts], Iterator[Check]], ...] = (_driver, _processes)
SOURCE_CHECKS: tuple[Callable[[SourceInfo], Check], ...] = (_stamps, _bars, _error_stream, _encoding)
