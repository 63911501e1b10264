"""over-limit and near-limit: runs against the limit asked about."""

from collections.abc import Iterator

from analyzer.analysis import Analysis
from analyzer.findings.base import Finding, Rule, Severity
from analyzer.findings.lookups import largest_phase
from analyzer.findings.phrases import exact, joined, lines_of, numbers, percent, sentences
from analyzer.runs.model import PhaseTime, Run, Verdict
from analyzer.units import format_share

PHASES_SHOWN = 7


def find_over(analysis: Analysis) -> Iterator[Finding]:
    runs = [run for run in analysis.runs if run.verdict is Verdict.OVER]
    if runs:
        worst = max(runs, key=lambda run: run.limit_used_ratio or 0.0)
        yield _against_limit(OVER, Severity.CRITICAL, runs, worst, f"{_over_text(worst)}{_count(runs, 'over the limit')}.")


def find_near(analysis: Analysis) -> Iterator[Finding]:
    runs = [run for run in analysis.runs if run.verdict is Verdict.NEAR]
    if runs:
        worst = max(runs, key=lambda run: run.limit_used_ratio or 0.0)
        yield _against_limit(NEAR, Severity.WARNING, runs, worst, f"{_near_text(worst)}{_count(runs, 'near the limit')}.")


def _over_text(run: Run) -> str:
    used, limit = run.used_seconds or 0.0, run.limit_seconds or 0.0
    least = "at least " if run.duration_seconds is None else ""
    ratio = percent(run.limit_used_ratio or 0.0)
    return f"{_took(run)} against a limit of {exact(limit)}: {least}{exact(used - limit)} over ({ratio})"


def _near_text(run: Run) -> str:
    left = (run.limit_seconds or 0.0) - (run.used_seconds or 0.0)
    return (
        f"{_took(run)} of a limit of {exact(run.limit_seconds or 0)} ({percent(run.limit_used_ratio or 0)}): {exact(left)} left"
    )


def _took(run: Run) -> str:
    queued = f" with {exact(run.queue_seconds)} in the queue" if run.queue_seconds else ""
    verb = "took" if run.duration_seconds is not None else "was seen for"
    return f"Run {run.number} {verb} {exact(run.used_seconds or 0)}{queued}"


def _count(runs: list[Run], what: str) -> str:
    return f"; {len(runs)} runs are {what}, this one most" if len(runs) > 1 else ""


def _against_limit(rule: Rule, severity: Severity, runs: list[Run], worst: Run, summary: str) -> Finding:
    return Finding(
        rule=rule.id,
        severity=severity,
        summary=summary,
        detail=sentences(_largest(worst), _phases(worst)),
        advice="Give the client a longer limit (see the timeout advice and its risk) or shorten the largest phase.",
        runs=numbers(runs),
        lines=lines_of((run, [run.last_line]) for run in runs),
    )


def _largest(run: Run) -> str | None:
    phase = largest_phase(run)
    return f"The largest phase is {_phase_text(phase)}." if phase else None


def _phases(run: Run) -> str | None:
    rest = sorted(run.phases, key=lambda time: -time.seconds)[1:]
    others = joined((_phase_text(time) for time in rest if time.seconds > 0), cap=PHASES_SHOWN)
    return f"Then {others}." if others else None


def _phase_text(time: PhaseTime) -> str:
    return f"{time.phase.value} with {exact(time.seconds)} ({format_share(time.share)}, {time.evidence.value})"


OVER = Rule(
    id="over-limit",
    about="Runs took longer than the limit asked about (queue wait counts where known).",
    find=find_over,
)
NEAR = Rule(
    id="near-limit",
    about="Runs used 80 % of the limit or more.",
    find=find_near,
)
