"""The limit that was asked about, and the limit that the evidence recommends."""

from collections.abc import Iterator

from analyzer.renderers.margins import Margin, margins
from analyzer.renderers.terminal import styles
from analyzer.renderers.terminal.advice_table import advice_table
from analyzer.renderers.terminal.page import Page
from analyzer.renderers.terminal.table import Column, Row
from analyzer.renderers.words import duration, seconds, sentence
from analyzer.report import Report
from analyzer.runs.model import NEAR_RATIO
from analyzer.timeouts.advice import TimeoutAdvice, WorkflowAdvice
from analyzer.units import format_share, plural

_MARGINS = (
    Column(title="workflow", keep=100, least=12),
    Column(title="runs", keep=80, right=True),
    Column(title="over", keep=85, right=True),
    Column(title="median", keep=70, right=True),
    Column(title="worst", keep=90, right=True),
    Column(title="room", keep=95, right=True),
    Column(title="of worst", keep=75, right=True),
)


def limit_margins(page: Page, report: Report) -> None:
    """Per workflow: how far the worst finished run is from the limit."""
    if report.limit_seconds is None or not report.runs:
        return
    rows = margins(report.runs, report.limit_seconds)
    page.heading(f"Room under the limit of {seconds(report.limit_seconds)}", "queue wait included where known")
    page.table(_MARGINS, [_margin_row(row) for row in rows[: page.options.top]])
    _hidden(page, len(rows))


def _margin_row(row: Margin) -> Row:
    style = styles.GOOD
    if row.margin_seconds is not None and row.worst_seconds is not None:
        near = row.worst_seconds >= NEAR_RATIO * (row.worst_seconds + row.margin_seconds)
        style = styles.BAD if row.margin_seconds < 0 else styles.LOOK if near else styles.GOOD
    return (
        row.workflow,
        f"{row.runs:,}",
        (f"{row.over:,}", styles.BAD if row.over else ""),
        seconds(row.median_seconds),
        seconds(row.worst_seconds),
        (seconds(row.margin_seconds), style),
        (format_share(row.margin_ratio), style) if row.margin_ratio is not None else "",
    )


def advice(page: Page, report: Report) -> None:
    """The overall recommendation in words, the workflows' in a table."""
    if report.timeout is None or not report.timeout.overall.n:
        return
    page.heading("Timeout advice", _risk(report.timeout))
    for words in recommendation(report.timeout.overall, report.limit_seconds):
        page.paragraph(words)
    rows = report.timeout.workflows
    if len(rows) > 1:
        advice_table(page, rows[: page.options.top], with_quantile=False)
        _hidden(page, len(rows))


def _risk(advice: TimeoutAdvice) -> str:
    return "" if advice.risk is None else f"for a risk of {format_share(advice.risk)} per run"


def recommendation(overall: WorkflowAdvice, limit_seconds: float | None) -> Iterator[str]:
    """The sentences about all runs together."""
    if overall.recommended_seconds is None:
        yield f"No recommendation. {sentence(overall.reason)}"
    else:
        ends = overall.recommended_interval_seconds
        between = f" (between {duration(ends[0])} and {duration(ends[1])})" if ends else ""
        yield f"Recommended: {seconds(overall.recommended_seconds)}{between}. {sentence(overall.reason)}".rstrip()
    ends_known = f"{plural(overall.finished, 'finished run')}, {overall.censored} unfinished, {overall.cold} cold"
    yield f"Evidence: {overall.grade.value} ({ends_known})."
    risk = None if limit_seconds is None else overall.risk_at.get(limit_seconds)
    if risk is not None and limit_seconds is not None:
        ends = overall.risk_interval_at.get(limit_seconds)
        between = f" (between {format_share(ends[0])} and {format_share(ends[1])})" if ends else ""
        yield f"Chance that a run exceeds {seconds(limit_seconds)}: {format_share(risk)}{between}."


def _hidden(page: Page, rows: int) -> None:
    if rows > page.options.top:
        page.paragraph((f"{plural(rows - page.options.top, 'further workflow')} not shown.", styles.QUIET))
