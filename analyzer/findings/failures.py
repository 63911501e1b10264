"""run-failed, run-interrupted and cut-off: runs that did not end well, grouped by cause."""

from collections.abc import Iterator

from analyzer.analysis import Analysis
from analyzer.findings.base import Finding, Rule, Severity
from analyzer.findings.lookups import grouped
from analyzer.findings.phrases import (
    GROUPS_SHOWN,
    closed,
    exact,
    lines_of,
    message_start,
    model_name,
    numbers,
    percent,
    runs_text,
    sentences,
    some_runs,
    was,
)
from analyzer.runs.model import Outcome, ProgressBar, Run
from analyzer.units import format_number, plural

LOG_ENDED = "log_ended"
ENDS = {
    LOG_ENDED: (
        "the log ends",
        "Read the rest of the log, if there is more. If the server still hangs, look at it and at the GPU.",
    ),
    "server_restarted": (
        "the server restarted",
        "Find out who or what restarted it: a supervisor, a crash, the system's out-of-memory killer (look for exit code 137).",
    ),
    "server_stopped": ("the server was stopped", "Wait for the queue to be empty before the server is stopped."),
}
KILLED = "killed"
DIED_ADVICE = (
    "Restart the server. Look at the lines above for the reason, at system RAM and at the kernel's log: "
    "the out-of-memory killer is a usual cause."
)
SEVERITIES = {LOG_ENDED: Severity.INFO, "server_stopped": Severity.WARNING}


def find_failed(analysis: Analysis) -> Iterator[Finding]:
    groups = grouped((run for run in analysis.runs if run.outcome is Outcome.ERROR), _cause)
    ranked = sorted(groups.items(), key=lambda item: -len(item[1]))
    for cause, runs in ranked[:GROUPS_SHOWN]:
        yield _failed(f"{cause[0]}: {cause[1]}" if cause[1] else cause[0], runs)
    rest = [run for _, runs in ranked[GROUPS_SHOWN:] for run in runs]
    if rest:
        yield _failed(f"{plural(len(ranked) - GROUPS_SHOWN, 'other cause')}, each of them rarer", rest)


def _cause(run: Run) -> tuple[str, str]:
    return (run.failure.kind, message_start(run.failure.message)) if run.failure else ("no exception text", "")


def _failed(cause: str, runs: list[Run]) -> Finding:
    return Finding(
        rule=FAILED.id,
        severity=Severity.CRITICAL,
        summary=f"{plural(len(runs), 'run')} failed: {closed(cause)}",
        detail=sentences(f"{runs_text(runs).capitalize()}.", _failed_after(runs)),
        advice="Read the traceback at these lines: its last frame in a nodes file names the function that failed.",
        runs=numbers(runs),
        lines=lines_of((run, [run.failure.line if run.failure else run.last_line]) for run in runs),
    )


def _failed_after(runs: list[Run]) -> str | None:
    spent = [run.total_seconds for run in runs if run.total_seconds is not None]
    return f"{exact(sum(spent))} of work went into {'it' if len(runs) == 1 else 'them'}." if sum(spent) > 0 else None


def find_interrupted(analysis: Analysis) -> Iterator[Finding]:
    runs = [run for run in analysis.runs if run.outcome is Outcome.INTERRUPTED]
    if runs:
        yield Finding(
            rule=INTERRUPTED.id,
            severity=Severity.INFO,
            summary=f"{some_runs(runs)} {was(len(runs))} interrupted on request ({runs_text(runs)}).",
            detail=sentences(_where(runs[-1]), _failed_after(runs)),
            advice="If no person did it, look at the client: it may interrupt the run when it gives up.",
            runs=numbers(runs),
            lines=lines_of((run, [run.failure.line if run.failure else run.last_line]) for run in runs),
        )


def find_cut_off(analysis: Analysis) -> Iterator[Finding]:
    cut = (run for run in analysis.runs if run.outcome is Outcome.CUT_OFF and not _excerpt(run))
    for (kind, reason), runs in list(grouped(cut, _end).items())[:GROUPS_SHOWN]:
        yield _cut_off(kind, reason, runs)


def _end(run: Run) -> tuple[str, str]:
    """What ended a run's life, and why where the log says so."""
    if run.failure is None:
        return "", ""
    return run.failure.kind, message_start(run.failure.message) if run.failure.kind == KILLED else ""


def _excerpt(run: Run) -> bool:
    return run.partial and (run.failure is None or run.failure.kind == LOG_ENDED)


def _cut_off(kind: str, reason: str, runs: list[Run]) -> Finding:
    words, advice = ENDS.get(kind, (f"the process or its worker died ({reason or kind or 'no reason given'})", DIED_ADVICE))
    return Finding(
        rule=CUT_OFF.id,
        severity=SEVERITIES.get(kind, Severity.CRITICAL),
        summary=f"{plural(len(runs), 'run')} {'has' if len(runs) == 1 else 'have'} no end: {words} within {runs_text(runs)}.",
        detail=sentences(_where(runs[-1]), _observed(runs[-1])),
        advice=advice,
        runs=numbers(runs),
        lines=lines_of((run, [run.last_line, *([run.failure.line] if run.failure else [])]) for run in runs),
    )


def _observed(run: Run) -> str | None:
    return f"It was seen for {exact(run.observed_seconds)}." if run.observed_seconds else None


def _where(run: Run) -> str | None:
    """The last thing that a run shows."""
    bars = [(bar.last_line, _bar_text(bar)) for bar in (*run.passes, *run.bars)]
    loads = [(load.line, f"{model_name(load)} was loaded") for load in run.loads]
    line, text = max([*bars, *loads], default=(0, ""))
    return f"Last seen in run {run.number}: {text} (line {line})." if text else None


def _bar_text(bar: ProgressBar) -> str:
    label, unit = (bar.label, bar.unit) if bar.label else ("a sampler pass", "steps")
    if bar.total_steps:
        share = percent(bar.steps / bar.total_steps)
        return f"{label} at {format_number(bar.steps)} of {format_number(bar.total_steps)} {unit} ({share})"
    return f"{label} at {format_number(bar.steps)} {unit}"


FAILED = Rule(
    id="run-failed",
    about="Runs ended with an exception; grouped by its kind and the start of its message.",
    find=find_failed,
)
INTERRUPTED = Rule(
    id="run-interrupted",
    about="Runs were interrupted on request.",
    find=find_interrupted,
)
CUT_OFF = Rule(
    id="cut-off",
    about="The log ends, the server restarts or the process dies within a run; says what was seen last.",
    find=find_cut_off,
)
