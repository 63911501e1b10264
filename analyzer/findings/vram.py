"""gpu-shared, vram-nearly-full and gpu-throttled: what samples of the GPU beside the log show."""

from collections.abc import Iterable, Iterator

from analyzer.analysis import Analysis
from analyzer.findings.base import Finding, Rule, Severity
from analyzer.findings.phrases import joined, lines_of, numbers, percent, runs_text, sentences, some_runs
from analyzer.runs.model import Outcome, Phase, Run, Verdict, Vram
from analyzer.units import GIB, format_bytes

# A desktop and a browser hold less; a second model holds more.
OTHERS_BYTES = GIB
OTHERS_PART = 0.10
FULL_PART = 0.97
THROTTLED_PART = 0.20
# Fewer samples than this are no share of anything.
LEAST_SAMPLES = 10

Sampled = tuple[Run, Vram]


def _sampled(runs: Iterable[Run]) -> Iterator[Sampled]:
    return ((run, run.vram) for run in runs if run.vram is not None)


def much_held_by_others(runs: Iterable[Run]) -> int | None:
    """The most memory that other processes held during these runs; None where it is little or not known."""
    held = [vram.other_peak_bytes or 0 for _, vram in _sampled(runs) if _crowded(vram)]
    return max(held, default=None)


def _crowded(vram: Vram) -> bool:
    least = max(OTHERS_BYTES, OTHERS_PART * (vram.total_bytes or 0))
    return vram.other_peak_bytes is not None and vram.other_peak_bytes >= least


def find_shared(analysis: Analysis) -> Iterator[Finding]:
    found = [(run, vram) for run, vram in _sampled(analysis.runs) if _crowded(vram)]
    if not found:
        return
    runs = [run for run, _ in found]
    worst, vram = max(found, key=lambda one: one[1].other_peak_bytes or 0)
    late = [run for run in runs if run.verdict is Verdict.OVER or run.client_timeout is not None]
    yield Finding(
        rule=SHARED.id,
        severity=Severity.WARNING,
        summary=f"Other processes hold up to {format_bytes(vram.other_peak_bytes or 0)} of the GPU's memory{_total(vram)} "
        f"during {some_runs(runs)}.",
        detail=sentences(
            f"Most of it in run {worst.number}.",
            f"Concerned: {runs_text(runs)}." if len(runs) > 1 else None,
            f"Of these, {runs_text(late)} went over a limit." if late else None,
        ),
        advice="End the processes that you do not need (nvidia-smi lists them), or give ComfyUI a GPU of its own.",
        runs=numbers(runs),
        lines=lines_of((run, [run.first_line]) for run in runs),
    )


def _total(vram: Vram) -> str:
    return f" ({format_bytes(vram.total_bytes)})" if vram.total_bytes else ""


def find_full(analysis: Analysis) -> Iterator[Finding]:
    found = [(run, vram) for run, vram in _sampled(analysis.runs) if (vram.used_ratio or 0.0) >= FULL_PART]
    if not found:
        return
    runs = [run for run, _ in found]
    run, vram = max(found, key=lambda one: one[1].used_ratio or 0.0)
    signs = _signs(runs)
    yield Finding(
        rule=FULL.id,
        severity=Severity.WARNING if signs else Severity.INFO,
        summary=f"GPU memory is nearly full in {some_runs(runs)}: {format_bytes(vram.peak_bytes)} of "
        f"{format_bytes(vram.total_bytes or 0)} ({percent(vram.used_ratio or 0.0)}) in run {run.number}.",
        detail=sentences(
            _phases(vram),
            f"It shows: {joined(signs)}."
            if signs
            else "ComfyUI fills free memory with models on purpose, and nothing in the log says that it was too little.",
            None if vram.samples is None else f"{vram.samples} samples lie in run {run.number}; a shorter peak can be higher.",
        ),
        advice=sentences(
            "End the other processes on the GPU first." if much_held_by_others(runs) else None,
            "Use a smaller (quantised) model, a smaller batch or tiled VAE decoding, or start ComfyUI with --lowvram."
            if signs
            else "A larger image or batch may not fit; on Windows the driver then goes on in RAM, which is slow.",
        ),
        runs=numbers(runs),
        lines=lines_of((run, [run.first_line]) for run in runs),
    )


def _signs(runs: list[Run]) -> list[str]:
    """What in the log says that the memory was too little."""
    signs = {
        "out of memory": any(run.outcome is Outcome.OOM for run in runs),
        "a slower way taken where memory ran out": any(run.soft_ooms for run in runs),
        "weights streamed in at each step": any(load.streamed for run in runs for load in run.loads),
    }
    return [sign for sign, seen in signs.items() if seen]


def _phases(vram: Vram) -> str | None:
    """The phase with the highest peak, where a second one is lower."""
    peaks = sorted(vram.phases, key=lambda peak: -peak.peak_bytes)
    if len(peaks) < 2 or peaks[0].peak_bytes == peaks[1].peak_bytes:
        return None
    named = [f"{format_bytes(peak.peak_bytes)} in {peak.phase.value}" for peak in peaks if peak.phase is not Phase.OTHER][:3]
    return f"By phase: {joined(named)}." if named else None


def find_throttled(analysis: Analysis) -> Iterator[Finding]:
    found = [(run, vram) for run, vram in _sampled(analysis.runs) if _throttled(vram)]
    if found:
        runs = [run for run, _ in found]
        run, vram = max(found, key=lambda one: one[1].throttled_ratio or 0.0)
        yield Finding(
            rule=THROTTLED.id,
            severity=Severity.WARNING,
            summary=f"The GPU lowers its clocks for heat or by its power brake in {some_runs(runs)}: "
            f"{percent(vram.throttled_ratio or 0.0)} of the samples in run {run.number}.",
            detail=sentences(f"Concerned: {runs_text(runs)}.", "Steps take longer then, and more so as the GPU warms up."),
            advice="Look at dust, fans and the air in the case, and at the power supply and its cables; a lower power limit "
            "(nvidia-smi -pl) costs less speed than this.",
            runs=numbers(runs),
            lines=lines_of((run, [run.first_line]) for run in runs),
        )


def _throttled(vram: Vram) -> bool:
    return (vram.samples or 0) >= LEAST_SAMPLES and (vram.throttled_ratio or 0.0) >= THROTTLED_PART


SHARED = Rule(
    id="gpu-shared",
    about="Samples show that other processes hold 1 GiB or more, and a tenth of the GPU's memory, during runs.",
    find=find_shared,
)
FULL = Rule(
    id="vram-nearly-full",
    about="Samples show 97 % or more of the GPU's memory in use; says whether the log shows that it was too little.",
    find=find_full,
)
THROTTLED = Rule(
    id="gpu-throttled",
    about="A fifth or more of a run's samples (of 10 or more) show clocks lowered for heat or by the power brake.",
    find=find_throttled,
)
