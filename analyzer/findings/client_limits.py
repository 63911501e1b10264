"""client-gave-up and still-timing-out: clients that stop waiting, and what to do when that goes on."""

from collections.abc import Iterator

from analyzer.analysis import Analysis
from analyzer.findings.base import Finding, Rule, Severity
from analyzer.findings.lookups import SUCCESSFUL
from analyzer.findings.phrases import exact, lines_of, numbers, percent, runs_text, sentences
from analyzer.findings.vram import much_held_by_others
from analyzer.runs.model import Run, Verdict
from analyzer.units import format_bytes, plural

FAR_OVER = 1.10
TROUBLED_RUNS = 2
STOPGAP_SECONDS = 800.0

GPU_ADVICE = "Look at the GPU's state and at other processes on it (nvidia-smi), end those you do not need, restart ComfyUI."
OTHERS_ADVICE = (
    "End the other processes on the GPU first: they hold up to {} of its memory during these runs (nvidia-smi lists them). "
    "Then restart ComfyUI."
)
QUEUE_ADVICE = (
    "The runs are within the limit, their wait in the queue is not: start the clock at the run, send less at once, "
    "or add a server."
)


def find_gave_up(analysis: Analysis) -> Iterator[Finding]:
    runs = [run for run in analysis.runs if run.client_timeout is not None]
    wasted = [run for run in runs if run.outcome in SUCCESSFUL]
    if runs:
        shown = (wasted or runs)[0]
        yield Finding(
            rule=GAVE_UP.id,
            severity=Severity.CRITICAL,
            summary=f"The client gave up on {runs_text(runs)}{_limit_text(shown)}, {_server_side(shown, only=runs == [shown])}.",
            detail=sentences(_thrown_away(wasted), "The limit is the client's; the server's run has an outcome of its own."),
            advice="Raise the client's timeout above what the runs need, fetch late results from /history, "
            "and let the client interrupt a run that it no longer waits for.",
            runs=numbers(runs),
            lines=lines_of((run, [_client_line(run), run.last_line]) for run in runs),
        )


def _client_line(run: Run) -> int:
    return run.client_timeout.line if run.client_timeout else run.last_line


def _limit_text(run: Run) -> str:
    limit = run.client_timeout.limit_seconds if run.client_timeout else None
    return f" after {exact(limit)}" if limit is not None else ""


def _server_side(run: Run, *, only: bool) -> str:
    which = "it" if only else f"run {run.number}"
    if run.outcome not in SUCCESSFUL:
        return f"whose outcome on the server is {run.outcome.value}"
    used = run.used_seconds
    if used is None:
        return f"but the server finished {which} all the same"
    return f"but the server finished {which} after {exact(used)}{_after_limit(run, used)}"


def _after_limit(run: Run, used: float) -> str:
    limit = run.client_timeout.limit_seconds if run.client_timeout else None
    if limit is None:
        return ""
    if used < limit:
        return " (less than the limit: the client's clock started earlier, probably in the queue)"
    return f", {exact(used - limit)} after the client's limit"


def _thrown_away(wasted: list[Run]) -> str | None:
    if not wasted:
        return None
    seconds = sum(run.total_seconds or 0.0 for run in wasted)
    results = "The result was" if len(wasted) == 1 else f"{len(wasted)} results were"
    return f"{results} computed and thrown away: {exact(seconds)} of work."


def find_still(analysis: Analysis) -> Iterator[Finding]:
    late = [run for run in analysis.runs if run.verdict is Verdict.OVER or run.client_timeout is not None]
    far = [run for run in late if (run.limit_used_ratio or 0.0) > FAR_OVER]
    if far or len(late) >= TROUBLED_RUNS:
        yield _still(late, far)


def _still(late: list[Run], far: list[Run]) -> Finding:
    return Finding(
        rule=STILL.id,
        severity=Severity.CRITICAL,
        summary=f"{'Runs keep' if len(late) > 1 else 'A run is'} timing out: "
        f"{plural(len(late), 'run')} over a limit or given up by the client{_far_text(far)}.",
        detail=f"Concerned: {runs_text(late)}.",
        advice=sentences(
            QUEUE_ADVICE if all(map(_only_by_its_wait, late)) else _gpu_advice(late),
            _stopgap(late),
        ),
        runs=numbers(late),
        lines=lines_of((run, [run.last_line]) for run in late),
    )


def _only_by_its_wait(run: Run) -> bool:
    """Whether the run itself was within its limit: the queue took the rest."""
    limit = _limit(run)
    return bool(run.queue_seconds) and limit is not None and run.total_seconds is not None and run.total_seconds <= limit


def _gpu_advice(late: list[Run]) -> str:
    """Who else is on the GPU comes first, where samples tell it."""
    held = much_held_by_others(late)
    return GPU_ADVICE if held is None else OTHERS_ADVICE.format(format_bytes(held))


def _far_text(far: list[Run]) -> str:
    if not far:
        return ""
    worst = max(far, key=lambda run: run.limit_used_ratio or 0.0)
    return f"; run {worst.number} used {percent(worst.limit_used_ratio or 0.0)} of its limit"


def _stopgap(late: list[Run]) -> str | None:
    """A longer limit for the time being, if it is longer and would have been enough for what was seen."""
    limits = [limit for run in late if (limit := _limit(run)) is not None]
    longest = max((run.used_seconds or 0.0 for run in late), default=0.0)
    if any(limit >= STOPGAP_SECONDS for limit in limits):
        return None
    if longest > STOPGAP_SECONDS:
        return f"A stop-gap of {exact(STOPGAP_SECONDS)} would not do: the longest of these runs needs {exact(longest)}."
    return f"Raise the client's limit to {exact(STOPGAP_SECONDS)} for now, as a stop-gap (a rule of thumb)."


def _limit(run: Run) -> float | None:
    return run.client_timeout.limit_seconds if run.client_timeout and run.client_timeout.limit_seconds else run.limit_seconds


GAVE_UP = Rule(
    id="client-gave-up",
    about="A client stopped waiting for a run that went on.",
    find=find_gave_up,
)
STILL = Rule(
    id="still-timing-out",
    about="Two or more runs over a limit or given up by the client; or one that is over by more than 10 %.",
    find=find_still,
)
