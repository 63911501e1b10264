"""rejected-requests and unresolved-requests: `got prompt` lines that never became a run."""

from collections import Counter
from collections.abc import Iterator

from analyzer.analysis import Analysis
from analyzer.findings.base import Finding, Rule, Severity
from analyzer.findings.phrases import LINES_SHOWN, sentences
from analyzer.runs.model import Requests
from analyzer.units import format_share, plural

MANY_UNRESOLVED = 3
MANY_SHARE = 0.10
REASONS_SHOWN = 3


def find_rejected(analysis: Analysis) -> Iterator[Finding]:
    requests = analysis.requests
    if requests.rejected > 0:
        yield Finding(
            rule=REJECTED.id,
            severity=Severity.WARNING,
            summary=f"{_of(requests.rejected, requests.received)} rejected: the workflow did not pass validation, nothing ran.",
            detail=sentences(_reasons(requests), "A rejected request is no run and counts in no statistic of runs."),
            advice="Search the log for 'invalid prompt' and 'Failed to validate prompt': they name the node and the input. "
            "Missing models and missing custom nodes are the usual causes.",
            lines=tuple(reason.line for reason in requests.reasons)[:LINES_SHOWN] if len(analysis.sources) <= 1 else (),
        )


def _reasons(requests: Requests) -> str | None:
    """What validation said, most frequent first."""
    counts = Counter(reason.text for reason in requests.reasons if reason.text)
    said = ", ".join(f"{text} ({count})" for text, count in counts.most_common(REASONS_SHOWN))
    return f"ComfyUI said: {said}." if said else None


def find_unresolved(analysis: Analysis) -> Iterator[Finding]:
    requests = analysis.requests
    if requests.unresolved > 0:
        many = requests.unresolved >= MANY_UNRESOLVED and requests.unresolved >= MANY_SHARE * requests.received
        yield Finding(
            rule=UNRESOLVED.id,
            severity=Severity.WARNING if many else Severity.INFO,
            summary=f"{_of(requests.unresolved, requests.received)} received, but the log shows no run for that.",
            detail="Still queued when the log ended or the server restarted, or deleted from the queue, which prints nothing.",
            advice=_advice(many=many),
        )


def _of(count: int, received: int) -> str:
    share = f" of {received} ({format_share(count / received)})" if received >= count > 0 else ""
    return f"{plural(count, 'request')}{share} {'was' if count == 1 else 'were'}"


def _advice(*, many: bool) -> str:
    if many:
        return "Check that the server works on its queue: after a dead worker only 'got prompt' lines follow. Restart it then."
    return "Nothing to do if the log was taken from a running server; else send these requests again."


REJECTED = Rule(
    id="rejected-requests",
    about="Requests failed validation and never entered the queue.",
    find=find_rejected,
)
UNRESOLVED = Rule(
    id="unresolved-requests",
    about="Requests were received of which the log shows no run.",
    find=find_unresolved,
)
