"""creep: runs of one workflow that take longer and longer, or more and more VRAM, while the server lives."""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from analyzer.analysis import Analysis
from analyzer.findings.base import Finding, Rule, Severity
from analyzer.findings.phrases import exact, lines_of, numbers, percent, sentences
from analyzer.findings.series import NO_SIZES, Rise, others, rises, series_of
from analyzer.findings.trend import Trend, rising
from analyzer.runs.model import Outcome, Phase, Run, Start, Vram
from analyzer.units import MIB, format_bytes, plural

DURATION_PART = 0.10
DURATION_SECONDS = 1.0
VRAM_PART = 0.05
VRAM_BYTES = 256 * MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Something that may creep: its value of a run, its words, and from which rise on it is worth saying."""

    of: Callable[[Run], float | None]
    grows: str
    shown: Callable[[float], str]
    least_part: float
    least: float
    advice: str
    phases: bool


def _memory(vram: Vram | None) -> int | None:
    """The server's own peak where samples tell it: what others hold is not the server's doing."""
    if vram is None:
        return None
    return vram.peak_bytes if vram.process_peak_bytes is None else vram.process_peak_bytes


MEASURES = (
    Measure(
        of=lambda run: run.duration_seconds,
        grows="take longer and longer",
        shown=exact,
        least_part=DURATION_PART,
        least=DURATION_SECONDS,
        advice="Look at memory leaks, GPU heat and other processes; restart ComfyUI between batches and see if it recovers.",
        phases=True,
    ),
    Measure(
        of=lambda run: _memory(run.vram),
        grows="need more and more VRAM",
        shown=format_bytes,
        least_part=VRAM_PART,
        least=VRAM_BYTES,
        advice="Look for nodes that keep tensors or models; free models between runs (/free), or restart ComfyUI in time.",
        phases=False,
    ),
)


def find(analysis: Analysis) -> Iterator[Finding]:
    series = series_of(analysis.runs, _counts)
    for measure in MEASURES:
        if found := rises(series, partial(_trend, measure)):
            yield _finding(found, measure)


def _counts(run: Run) -> bool:
    """Successful, not cold (slower for a reason), with a pass (else its workflow cannot be told from others)."""
    return run.outcome is Outcome.SUCCESS and bool(run.passes) and not run.partial and run.start is not Start.COLD


def _trend(measure: Measure, runs: Sequence[Run]) -> Trend | None:
    trend = rising(array("d", (value for run in runs if (value := measure.of(run)) is not None)))
    large = trend and trend.growth >= measure.least_part and trend.last - trend.first >= measure.least
    return trend if large else None


def _finding(found: list[Rise], measure: Measure) -> Finding:
    runs, trend = found[0]
    return Finding(
        rule=RULE.id,
        severity=Severity.WARNING,
        summary=f"Runs of {runs[0].workflow.name} {measure.grows}: about {measure.shown(trend.first)} at first, "
        f"{measure.shown(trend.last)} after {plural(trend.count, 'run')} ({percent(trend.growth)} more).",
        detail=sentences(f"{trend.test}.", _phase(runs) if measure.phases else None, NO_SIZES, others(found)),
        advice=measure.advice,
        runs=numbers(run for series, _ in found for run in series),
        lines=lines_of((run, [run.last_line]) for run in (runs[0], runs[-1])),
    )


def _phase(runs: Sequence[Run]) -> str | None:
    """Which phase grew most from the first half of the runs to the second."""
    half = len(runs) // 2
    growth = {phase: _mean(runs[half:], phase) - _mean(runs[:half], phase) for phase in Phase}
    phase = max(growth, key=lambda one: growth[one])
    return f"Most of it in {phase.value}: {exact(growth[phase])} more in the second half." if growth[phase] > 0 else None


def _mean(runs: Sequence[Run], phase: Phase) -> float:
    return sum(run.phase_seconds(phase) for run in runs) / len(runs)


RULE = Rule(
    id="creep",
    about="Duration or VRAM peak rises clearly (Kendall's tau, p < 0.01) over 6 or more successful runs of a workflow.",
    find=find,
)
