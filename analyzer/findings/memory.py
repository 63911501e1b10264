"""fatal-oom, soft-oom and memory-leak: runs that ran out of memory, or nearly, and what was loaded then."""

from collections.abc import Iterator

from analyzer.analysis import Analysis
from analyzer.events import LoadMode
from analyzer.findings.base import Finding, Rule, Severity
from analyzer.findings.lookups import grouped, starts_by_number
from analyzer.findings.phrases import (
    GROUPS_SHOWN,
    closed,
    joined,
    lines_of,
    message_start,
    model_name,
    numbers,
    runs_text,
    sentences,
    some_runs,
)
from analyzer.runs.model import Load, Noted, Outcome, Run, ServerStart
from analyzer.units import format_bytes, format_mib, plural

RAM_KINDS = ("MemoryError", "ArrayMemoryError")
RAM_MESSAGES = ("DefaultCPUAllocator", "Unable to allocate", "HostBuffer.read_file_slice")
SMALL_QUANTS = ("q2", "q3", "q4", "nf4", "int4", "fp4")
SMALL_STATES = ("LOW_VRAM", "NO_VRAM")

Noticed = tuple[Run, Noted]


def find_fatal(analysis: Analysis) -> Iterator[Finding]:
    starts = starts_by_number(analysis)
    failed = (run for run in analysis.runs if run.outcome is Outcome.OOM)
    for in_ram, runs in grouped(failed, _system_ram).items():
        yield _fatal(runs, starts.get(runs[0].server_number), in_ram=in_ram)


def _system_ram(run: Run) -> bool:
    """Whether it was the system's memory that ran out, not the GPU's."""
    if run.failure is None:
        return False
    kind = run.failure.kind.rsplit(".", 1)[-1]
    return kind in RAM_KINDS or any(words in run.failure.message for words in RAM_MESSAGES)


def _fatal(runs: list[Run], start: ServerStart | None, *, in_ram: bool) -> Finding:
    run = runs[0]
    return Finding(
        rule=FATAL.id,
        severity=Severity.CRITICAL,
        summary=f"{some_runs(runs)} failed because {'system RAM' if in_ram else 'GPU memory'} ran out: {runs_text(runs)}.",
        detail=sentences(_message(run), _loaded(run), _capacity(start, in_ram=in_ram)),
        advice=_ram_advice() if in_ram else _gpu_advice(run, start),
        runs=numbers(runs),
        lines=lines_of((run, [run.failure.line] if run.failure else [run.last_line]) for run in runs),
    )


def _message(run: Run) -> str | None:
    return f"Run {run.number}: {closed(message_start(run.failure.message or run.failure.kind))}" if run.failure else None


def _loaded(run: Run) -> str | None:
    """The last load of each class: what the run had brought in (it may have made room in between)."""
    last = {load.model or load.line: load for load in run.loads}
    if not last:
        return "The log shows no load in that run: its models were resident already."
    by_size = sorted(last.values(), key=lambda load: -(load.loaded_bytes or 0))
    return f"Loaded in it: {joined(_sized(load) for load in by_size)}."


def _sized(load: Load) -> str:
    size = f" {format_mib(load.loaded_bytes)}" if load.loaded_bytes is not None else ""
    offloaded = f", {format_mib(load.offloaded_bytes)} offloaded" if load.offloaded_bytes else ""
    return f"{model_name(load)}{size} ({load.mode.value}{offloaded})"


def _capacity(start: ServerStart | None, *, in_ram: bool) -> str | None:
    size = start and (start.total_ram_bytes if in_ram else start.total_vram_bytes)
    return f"The server has {format_bytes(size)} of {'RAM' if in_ram else 'VRAM'}." if size else None


def _ram_advice() -> str:
    return "Free RAM or add swap, use smaller (quantised) models, and do not keep several large ones cached."


def _gpu_advice(run: Run, start: ServerStart | None) -> str:
    modes = {load.mode for load in run.loads}
    smaller = "Use a smaller batch or a lower resolution."
    if modes & {LoadMode.PARTIAL, LoadMode.DYNAMIC}:
        return sentences(smaller, "Weights are offloaded already, so it is the work itself that does not fit.")
    small = any(quant in note.text.lower() for note in run.quantizations for quant in SMALL_QUANTS)
    low = start is not None and (start.vram_state in SMALL_STATES or (start.device or "").startswith("cpu"))
    return sentences(
        None if small else "Use a Q4 (quantised) model.",
        None if low else "Start ComfyUI with --lowvram.",
        smaller,
        "Look for other processes on the GPU.",
    )


def find_soft(analysis: Analysis) -> Iterator[Finding]:
    noticed = ((run, note) for run in analysis.runs for note in run.soft_ooms)
    for text, group in list(grouped(noticed, lambda one: message_start(one[1].text)).items())[:GROUPS_SHOWN]:
        yield _soft(text, group)


def _soft(text: str, group: list[Noticed]) -> Finding:
    runs = list({run.number: run for run, _ in group}.values())
    return Finding(
        rule=SOFT.id,
        severity=Severity.WARNING,
        summary=f"Memory ran out but a slower way was taken in {plural(len(runs), 'run')}: {closed(text)}",
        detail=sentences(f"Seen {plural(len(group), 'time')}; the runs went on.", _loaded(runs[0]) if runs[0].loads else None),
        advice="Use tiled VAE decoding from the start, a smaller batch or a lower resolution; free VRAM that other models hold.",
        runs=numbers(runs),
        lines=lines_of((run, [note.line]) for run, note in group),
    )


def find_leaks(analysis: Analysis) -> Iterator[Finding]:
    noticed = [(run, note) for run in analysis.runs for note in run.leaks]
    if noticed:
        runs = list({run.number: run for run, _ in noticed}.values())
        names = joined(dict.fromkeys(message_start(note.text) for _, note in noticed))
        yield Finding(
            rule=LEAK.id,
            severity=Severity.WARNING,
            summary=f"ComfyUI warns of a memory leak in {plural(len(runs), 'run')}: {names}.",
            detail=f"Seen {plural(len(noticed), 'time')}.",
            advice="Update or remove the custom nodes that handle this model; restart ComfyUI when memory grows.",
            runs=numbers(runs),
            lines=lines_of((run, [note.line]) for run, note in noticed),
        )


FATAL = Rule(
    id="fatal-oom",
    about="Runs failed because memory ran out; names what was loaded.",
    find=find_fatal,
)
SOFT = Rule(
    id="soft-oom",
    about="Memory ran out, a slower way was taken and the run went on (tiled VAE, sliced attention).",
    find=find_soft,
)
LEAK = Rule(
    id="memory-leak",
    about="ComfyUI warns of a memory leak with a model.",
    find=find_leaks,
)
