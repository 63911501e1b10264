"""load-dominates and cold-start: runs that load for longer than they work, and what the first run costs."""

from collections.abc import Iterator, Sequence

from analyzer.analysis import Analysis
from analyzer.findings.base import Finding, Rule, Severity
from analyzer.findings.lookups import grouped_runs, life, median
from analyzer.findings.phrases import GROUPS_SHOWN, exact, joined, lines_of, numbers, percent, runs_text, sentences
from analyzer.runs.model import Outcome, Phase, PhaseTime, Run, Start
from analyzer.units import plural

DOMINATES = 0.5
LOAD_SECONDS = 5.0
PIPELINE_SECONDS = 5.0
PIPELINE_RUNS = 3
COLD_SECONDS = 1.0
COLD_PART = 0.05
LOADING = (Phase.PIPELINE_LOAD, Phase.MODEL_LOAD)


def load_seconds(run: Run) -> float:
    return sum(run.phase_seconds(phase) for phase in LOADING)


def _load_phases(run: Run) -> list[PhaseTime]:
    return [time for time in run.phases if time.phase in LOADING and time.seconds > 0]


def _load_lines(run: Run) -> list[int]:
    return [line for time in _load_phases(run) for line in (time.first_line, time.last_line) if line is not None]


def find_dominates(analysis: Analysis) -> Iterator[Finding]:
    heavy = [run for run in analysis.runs if _dominated(run)]
    if heavy:
        yield _dominates(heavy)
    for runs in grouped_runs(analysis.runs, life).values():
        piped = [run for run in runs if run.phase_seconds(Phase.PIPELINE_LOAD) >= PIPELINE_SECONDS]
        if len(piped) >= PIPELINE_RUNS and len(piped) * 2 > len(runs):
            yield _pipelines(piped)


def _dominated(run: Run) -> bool:
    seconds = load_seconds(run)
    return bool(run.total_seconds) and seconds >= LOAD_SECONDS and seconds >= DOMINATES * (run.total_seconds or 0.0)


def _dominates(heavy: list[Run]) -> Finding:
    worst = max(heavy, key=load_seconds)
    total = worst.total_seconds or 0.0
    share = percent(load_seconds(worst) / total)
    first_only = all(run.start is Start.COLD for run in heavy)
    return Finding(
        rule=DOMINATES_RULE.id,
        severity=Severity.INFO if first_only else Severity.WARNING,
        summary=f"Loading takes half of the time or more in {plural(len(heavy), 'run')}: {exact(load_seconds(worst))} of "
        f"{exact(total)} ({share}) in run {worst.number}.",
        detail=sentences(_split(worst), "Only cold runs are like this; later ones start faster." if first_only else None),
        advice="Keep models loaded between runs, run jobs of one model after each other, put model files on an SSD.",
        runs=numbers(heavy),
        lines=lines_of((run, _load_lines(run)) for run in heavy),
    )


def _split(run: Run) -> str:
    parts = (f"{time.phase.value} {exact(time.seconds)} ({time.evidence.value})" for time in _load_phases(run))
    return f"Run {run.number}: {joined(parts)}."


def _pipelines(piped: list[Run]) -> Finding:
    seconds = [run.phase_seconds(Phase.PIPELINE_LOAD) for run in piped]
    return Finding(
        rule=DOMINATES_RULE.id,
        severity=Severity.WARNING,
        summary=f"Pipeline components are loaded anew in {plural(len(piped), 'run')}: {exact(sum(seconds))} in all.",
        detail=f"Median {exact(median(seconds) or 0.0)} a run, most {exact(max(seconds))}.",
        advice="Let the node keep its pipeline between runs (a keep-loaded option), or use nodes that use ComfyUI's cache.",
        runs=numbers(piped),
        lines=lines_of((run, _load_lines(run)) for run in piped),
    )


def find_cold(analysis: Analysis) -> Iterator[Finding]:
    by_workflow = grouped_runs(analysis.runs, lambda run: run.workflow.signature, _is_done)
    found = [_compared(runs) for runs in by_workflow.values()]
    gaps = sorted((gap for gap in found if gap), key=lambda gap: -gap[0])
    if gaps:
        yield _cold(gaps)
    elif not any(run.start is Start.WARM for run in analysis.runs):
        yield from _first_only(analysis)


Gap = tuple[float, float, float, list[Run]]


def _is_done(run: Run) -> bool:
    return run.outcome is Outcome.SUCCESS and run.duration_seconds is not None and not run.partial


def _compared(runs: Sequence[Run]) -> Gap | None:
    """Extra seconds of the cold runs, both medians, the cold runs; None where there is nothing to tell."""
    cold = [run for run in runs if run.start is Start.COLD]
    slow = median(_outside_sampling(run) for run in cold)
    fast = median(_outside_sampling(run) for run in runs if run.start is Start.WARM)
    if slow is None or fast is None or slow - fast < max(COLD_SECONDS, COLD_PART * fast):
        return None
    return slow - fast, slow, fast, cold


def _outside_sampling(run: Run) -> float:
    """Steps may differ in number and speed between the runs; what a cold start adds lies beside them."""
    return (run.duration_seconds or 0.0) - run.phase_seconds(Phase.SAMPLE)


def _cold(gaps: list[Gap]) -> Finding:
    extra, slow, fast, _ = gaps[0]
    cold = [run for gap in gaps for run in gap[3]]
    name = gaps[0][3][0].workflow.name
    more = f" {len(gaps) - 1} more of the workflows show this." if len(gaps) > 1 else ""
    return Finding(
        rule=COLD_RULE.id,
        severity=Severity.INFO,
        summary=f"Cold runs of {name} take {exact(extra)} longer than warm ones: "
        f"{exact(slow)} against {exact(fast)} beside sampling (medians).{more}",
        detail=" ".join(_gap_text(gap) for gap in gaps[:GROUPS_SHOWN]),
        advice="Send a warm-up run after a server start, and let the timeout cover a cold run.",
        runs=numbers(cold),
        lines=lines_of((run, [run.first_line]) for run in cold),
    )


def _gap_text(gap: Gap) -> str:
    extra, _, _, cold = gap
    known = median(load_seconds(run) for run in cold) or 0.0
    loading = f"; loading takes {exact(known)} of a cold run" if known else ""
    return f"{cold[0].workflow.name}: {plural(len(cold), 'cold run')}, {exact(extra)} extra{loading}."


def _first_only(analysis: Analysis) -> Iterator[Finding]:
    """No warm run to compare with: all that can be said is what a cold one spent on loading."""
    cold = [run for run in analysis.runs if run.start is Start.COLD and load_seconds(run) >= COLD_SECONDS]
    if cold:
        yield Finding(
            rule=COLD_RULE.id,
            severity=Severity.INFO,
            summary=f"Only cold runs are seen: {exact(load_seconds(cold[0]))} of run {cold[0].number} went into loading.",
            detail=sentences(
                _split(cold[0]), f"A warm run would save some of it (inferred); this log has none. Cold: {runs_text(cold)}."
            ),
            advice="Measure a second run of the same workflow before you judge the first.",
            runs=numbers(cold),
            lines=lines_of((run, _load_lines(run)) for run in cold),
        )


DOMINATES_RULE = Rule(
    id="load-dominates",
    about="Model and pipeline loading take half of a run or more (and 5 s), or most runs load their pipeline anew (5 s each).",
    find=find_dominates,
)
COLD_RULE = Rule(
    id="cold-start",
    about="Cold runs of a workflow take longer than its warm ones; where no run is warm, what the cold ones spent on loading.",
    find=find_cold,
)
