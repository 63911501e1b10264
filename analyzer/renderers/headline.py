"""The first sentences of a report: how it went, against the limit, and where the time went."""

from collections import Counter
from collections.abc import Iterator

from analyzer.renderers.words import OUTCOMES, PHASES, duration, joined, seconds
from analyzer.report import Report
from analyzer.runs.model import Outcome, Phase, Run, Verdict
from analyzer.units import format_share, plural

_NAMED = (Verdict.OVER, Verdict.NEAR, Verdict.OK, Verdict.UNKNOWN)
_VERDICT_WORDS = {Verdict.OVER: "over", Verdict.NEAR: "near it", Verdict.OK: "well under it", Verdict.UNKNOWN: "undecided"}


def headline(report: Report) -> str:
    """Two to four short sentences of plain text; user-given names are not among them."""
    if not report.runs:
        return " ".join(_no_runs(report))
    parts = _one_run(report.runs[0]) if len(report.runs) == 1 else _many_runs(report)
    return " ".join((*parts, *_gave_up(report), *_biggest_phase(report)))


def _no_runs(report: Report) -> Iterator[str]:
    lines = sum(source.lines for source in report.sources)
    yield f"No run found in {plural(lines, 'line')}."
    if report.requests.received:
        yield f"{plural(report.requests.received, 'request')} received, {report.requests.rejected} of them rejected."


def _one_run(run: Run) -> Iterator[str]:
    outcome, taken = OUTCOMES[run.outcome], run.total_seconds
    if taken is None:
        yield f"1 run: {outcome}; no line says how long it took."
        return
    how = f"in {seconds(taken)}{_in_minutes(taken)}" if run.duration_seconds is not None else f"after at least {seconds(taken)}"
    yield f"1 run: {outcome} {how}{_against_limit(run, taken)}."


def _in_minutes(taken: float) -> str:
    return f" ({duration(taken)})" if taken >= 120 else ""


def _against_limit(run: Run, taken: float) -> str:
    limit, ratio, used = run.limit_seconds, run.limit_used_ratio, taken + (run.queue_seconds or 0.0)
    if limit is None or ratio is None:
        return ""
    wait = f" and {seconds(run.queue_seconds)} in the queue" if run.queue_seconds else ""
    if run.duration_seconds is None and used <= limit:
        return f"{wait}, at least {format_share(ratio)} of the limit of {seconds(limit)}"
    side = f"{seconds(used - limit)} over" if used > limit else f"{seconds(limit - used)} under"
    return f"{wait}, {side} the limit of {seconds(limit)} ({format_share(ratio)} of it)"


def _many_runs(report: Report) -> Iterator[str]:
    outcomes = Counter(run.outcome for run in report.runs)
    if len(outcomes) == 1:
        how = f"all {OUTCOMES[next(iter(outcomes))]}"
    else:
        how = joined(f"{outcomes[outcome]:,} {OUTCOMES[outcome]}" for outcome in Outcome if outcomes[outcome])
    yield f"{plural(len(report.runs), 'run')}: {how}."
    if report.limit_seconds is not None:
        verdicts = Counter(run.verdict for run in report.runs)
        named = joined(f"{verdicts[verdict]:,} {_VERDICT_WORDS[verdict]}" for verdict in _NAMED if verdicts[verdict])
        yield f"Against the limit of {seconds(report.limit_seconds)}: {named}."
    slowest = max(report.runs, key=lambda run: run.total_seconds or 0.0)
    if slowest.total_seconds:
        yield f"The slowest is run {slowest.number} with {seconds(slowest.total_seconds)}{_in_minutes(slowest.total_seconds)}."


def _gave_up(report: Report) -> Iterator[str]:
    gave_up = [run for run in report.runs if run.client_timeout]
    if len(gave_up) == 1 and gave_up[0].client_timeout:
        limit = gave_up[0].client_timeout.limit_seconds
        yield f"A client gave up on run {gave_up[0].number}" + (f" after {seconds(limit)}." if limit is not None else ".")
    elif gave_up:
        yield f"Clients gave up on {len(gave_up):,} of them."


def _biggest_phase(report: Report) -> Iterator[str]:
    budget = report.budget
    if budget.total_seconds:
        phase = max(budget.seconds, key=lambda phase: budget.seconds[phase])
        taken = (seconds if len(report.runs) == 1 else duration)(budget.seconds[phase])
        note = ", which no line times" if phase is Phase.OTHER else ""
        yield f"Biggest phase: {PHASES[phase]}, {taken} ({format_share(budget.share(phase))}){note}."
