"""weights-streamed and dynamic-vram: weights that are not on the device while the sampler needs them."""

from collections.abc import Iterator

from analyzer.analysis import Analysis
from analyzer.events import LoadMode, Role
from analyzer.findings.base import Finding, Rule, Severity
from analyzer.findings.lookups import classic_loads, grouped, median, passes_with_models, steady
from analyzer.findings.phrases import exact, lines_of, model_name, numbers, per_step, percent, sentences
from analyzer.runs.model import Load, Run
from analyzer.units import format_mib, plural

LARGE_SHARE = 0.10

Sighting = tuple[Run, Load]
Speeds = dict[tuple[str, str | None, LoadMode], list[float]]


def find_streamed(analysis: Analysis) -> Iterator[Finding]:
    seen = [(run, load) for run in analysis.runs for load in classic_loads(run) if load.streamed]
    speeds = _speeds(analysis) if seen else {}
    for group in grouped(seen, lambda sighting: model_name(sighting[1])).values():
        yield _streamed(group, speeds)


def offloaded_share(load: Load) -> float | None:
    """The part of a model's weights that is not on the device."""
    if load.offloaded_bytes is None or load.loaded_bytes is None:
        return None
    whole = load.loaded_bytes + load.offloaded_bytes
    return load.offloaded_bytes / whole if whole > 0 else None


def _speeds(analysis: Analysis) -> Speeds:
    """Seconds per step of full passes by workflow, model and how the model was loaded: like with like."""
    speeds: Speeds = {}
    for run in analysis.runs:
        for bar, load in passes_with_models(run):
            if load is not None and load.model is not None and steady(bar) and bar.seconds_per_step:
                speeds.setdefault((run.workflow.signature, load.model, load.mode), []).append(bar.seconds_per_step)
    return speeds


def _streamed(group: list[Sighting], speeds: Speeds) -> Finding:
    run, worst = max(group, key=lambda sighting: offloaded_share(sighting[1]) or 0.0)
    share, runs = offloaded_share(worst), {run.number for run, _ in group}
    return Finding(
        rule=STREAMED.id,
        severity=_severity(worst, share),
        summary=f"{model_name(worst)} was not wholly on the device in {plural(len(runs), 'run')}: {_extent(worst, share)}.",
        detail=sentences(_figures(run, worst), _patches([load for _, load in group]), _effect(group, speeds)),
        advice="Use a smaller (quantised) model, free VRAM that others hold, or lower resolution and batch size.",
        runs=numbers(run for run, _ in group),
        lines=lines_of((run, [load.line]) for run, load in group),
    )


def _severity(load: Load, share: float | None) -> Severity:
    return Severity.WARNING if load.role is Role.DIFFUSION and (share or 0) >= LARGE_SHARE else Severity.INFO


def _extent(load: Load, share: float | None) -> str:
    if share is not None and load.offloaded_bytes:
        size = format_mib(load.offloaded_bytes)
        return f"up to {percent(share)} of its weights ({size}) were offloaded and streamed in at each step"
    if load.mode is LoadMode.PARTIAL:
        return "it was loaded partially; how much was offloaded the log does not say"
    return "weights were patched on the fly"


def _figures(run: Run, load: Load) -> str | None:
    if load.loaded_bytes is None:
        return None
    usable = f" of {format_mib(load.usable_bytes)} usable" if load.usable_bytes is not None else ""
    return f"Run {run.number}, line {load.line}: {format_mib(load.loaded_bytes)} loaded{usable}."


def _patches(loads: list[Load]) -> str | None:
    most = max((load.patches or 0 for load in loads), default=0)
    return (
        f"lowvram patches: up to {most} (LoRA weights that are applied on the fly, which takes time at each step)."
        if most
        else None
    )


def _effect(group: list[Sighting], speeds: Speeds) -> str | None:
    """Partial against full passes of the same model in the same workflow, where both exist."""
    for run, load in group:
        partial = median(speeds.get((run.workflow.signature, load.model, LoadMode.PARTIAL), ()))
        full = median(speeds.get((run.workflow.signature, load.model, LoadMode.FULL), ()))
        if partial and full and partial > full:
            change = f"{percent((partial - full) / full)} slower"
            return f"Passes with a partial load take {per_step(partial)}, with a full load {per_step(full)}: {change} (medians)."
    return None


def find_dynamic(analysis: Analysis) -> Iterator[Finding]:
    runs = [run for run in analysis.runs if _dynamic_lines(run)]
    if runs:
        yield _dynamic(analysis, runs)


def _dynamic_lines(run: Run) -> list[int]:
    lines = [load.line for load in run.loads if load.mode is LoadMode.DYNAMIC]
    return [*lines, *(bar.line for bar in run.passes if bar.initialise_seconds > 0)]


def _dynamic(analysis: Analysis, runs: list[Run]) -> Finding:
    return Finding(
        rule=DYNAMIC.id,
        severity=Severity.INFO,
        summary=f"Dynamic VRAM is in use in {plural(len(runs), 'run')}: weights are streamed in on demand.",
        detail=sentences(
            "The log no longer tells how much of a model is on the device, how much is offloaded, or how long loading takes.",
            _initialising(runs),
        ),
        advice="Read VRAM from a sampled file (--vram FILE), and time passes by stamps: these bars leave out the initialisation.",
        runs=numbers(runs),
        lines=lines_of((run, _dynamic_lines(run)) for run in runs),
    )


def _initialising(runs: list[Run]) -> str | None:
    seconds = [bar.initialise_seconds for run in runs for bar in run.passes if bar.initialise_seconds > 0]
    if not seconds:
        return None
    spread = f"median {exact(median(seconds) or 0.0)}, most {exact(max(seconds))}"
    return f"{plural(len(seconds), 'pass')} spent {exact(sum(seconds))} on initialising the model ({spread})."


STREAMED = Rule(
    id="weights-streamed",
    about="A model is loaded partially, or with lowvram patches, so that weights are moved or patched at each step.",
    find=find_streamed,
)
DYNAMIC = Rule(
    id="dynamic-vram",
    about="Dynamic VRAM streams weights on demand: load lines or initialising passes show it.",
    find=find_dynamic,
)
