"""import-failures and slow-startup: what the start-up lines of the server tell."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from analyzer.analysis import Analysis
from analyzer.findings.base import Finding, Rule, Severity
from analyzer.findings.lookups import grouped
from analyzer.findings.phrases import LINES_SHOWN, exact, joined, percent, sentences
from analyzer.runs.model import CustomNode, ServerStart
from analyzer.units import plural

NAMES_SHOWN = 10
REASONS_SHOWN = 3
SLOW_NODE_SECONDS = 5.0
SLOW_NODE_SHARE = 0.30
SHARE_FROM_SECONDS = 1.0
SLOW_START_SECONDS = 60.0


def find_failures(analysis: Analysis) -> Iterator[Finding]:
    failed = [(start, node) for start in analysis.server_starts for node in start.custom_nodes if node.failed]
    if not failed:
        return
    names = grouped(failed, lambda one: one[1].name)
    reasons = {node.name: node.reason for _, node in failed if node.reason}
    starts = list({start.number: start for start, _ in failed}.values())
    yield Finding(
        rule=FAILURES.id,
        severity=Severity.WARNING,
        summary=f"{plural(len(names), 'custom node')} failed to import: {joined(names, cap=NAMES_SHOWN)}.",
        detail=sentences(
            f"Seen in {plural(len(starts), 'server start')} ({_place(starts[0])}).",
            _reasons(reasons),
            "Workflows with such nodes are rejected.",
        ),
        advice="Install what the traceback above the import times asks for, update these nodes, or remove them.",
        lines=_failure_lines(starts[0]) or _lines(starts),
    )


def _reasons(reasons: Mapping[str, str]) -> str | None:
    shown = [f"{name}: {reason}" for name, reason in islice(reasons.items(), REASONS_SHOWN)]
    return f"{'; '.join(shown)}." if shown else None


def _failure_lines(start: ServerStart) -> tuple[int, ...]:
    return tuple(node.line for node in start.custom_nodes if node.failed and node.line is not None)[:LINES_SHOWN]


def find_slow(analysis: Analysis) -> Iterator[Finding]:
    slow = [start for start in analysis.server_starts if _slow_nodes(start) or (total_seconds(start) or 0) >= SLOW_START_SECONDS]
    if slow:
        worst = max(slow, key=lambda start: total_seconds(start) or sum(_seconds(node) for node in start.custom_nodes))
        yield _slow(worst, slow)


def total_seconds(start: ServerStart) -> float | None:
    """From the first start-up line to the server's readiness; None where the imports alone took longer (its clock began late)."""
    if start.started_at is None or start.ready_at is None:
        return None
    total = start.ready_at - start.started_at
    return total if total > 0 and total >= sum(_seconds(node) for node in start.custom_nodes) else None


def _seconds(node: CustomNode) -> float:
    return node.seconds or 0.0


def _slow_nodes(start: ServerStart) -> list[CustomNode]:
    total = total_seconds(start)
    share = SLOW_NODE_SHARE * total if total else SLOW_NODE_SECONDS
    least = min(SLOW_NODE_SECONDS, max(share, SHARE_FROM_SECONDS))
    return sorted((node for node in start.custom_nodes if _seconds(node) > least), key=lambda node: -_seconds(node))


def _slow(start: ServerStart, slow: list[ServerStart]) -> Finding:
    nodes = _slow_nodes(start)
    return Finding(
        rule=SLOW.id,
        severity=Severity.INFO,
        summary=_slow_summary(start, nodes),
        detail=f"{plural(len(slow), 'slow start')} seen. This one: {_place(start)}.",
        advice="Remove or update the custom nodes that take longest; a restart costs this much time before the first run.",
        lines=_lines([start]),
    )


def _slow_summary(start: ServerStart, nodes: Sequence[CustomNode]) -> str:
    total = total_seconds(start)
    took = f"The server took {exact(total)} to start" if total else "The server starts slowly"
    if not nodes:
        return f"{took}."
    seconds = sum(_seconds(node) for node in nodes)
    share = f" of it ({percent(seconds / total)})" if total else ""
    listed = joined((f"{node.name} {exact(_seconds(node))}" for node in nodes), cap=NAMES_SHOWN)
    return f"{took}; slow custom nodes take {exact(seconds)}{share}: {listed}."


def _place(start: ServerStart) -> str:
    return f"{start.source}, line {start.line}"


def _lines(starts: Sequence[ServerStart]) -> tuple[int, ...]:
    """Lines of the first start's source only: a finding has one source."""
    return tuple(islice((start.line for start in starts if start.source == starts[0].source), LINES_SHOWN))


FAILURES = Rule(
    id="import-failures",
    about="Custom nodes failed to import when the server started.",
    find=find_failures,
)
SLOW = Rule(
    id="slow-startup",
    about="Importing a custom node takes over 5 s or over 30 % of the server's start (and 1 s), or the start takes 60 s or more.",
    find=find_slow,
)
