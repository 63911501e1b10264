"""The runs, worst first: a table, or for a single run its facts."""

from analyzer.renderers.ranking import worst_first
from analyzer.renderers.terminal import styles
from analyzer.renderers.terminal.budget import run_budget
from analyzer.renderers.terminal.page import Page
from analyzer.renderers.terminal.table import Cell, Column, Row
from analyzer.renderers.words import (
    OUTCOMES,
    STARTS,
    biggest_phases,
    duration,
    failure_text,
    joined,
    pass_short,
    seconds,
    span,
    vram_cell,
    vram_facts,
)
from analyzer.report import Report
from analyzer.runs.model import ProgressBar, Run, Verdict
from analyzer.units import format_share, plural

_COLUMNS = (
    Column(title="run", keep=100, right=True),
    Column(title="outcome", keep=90),
    Column(title="total", keep=95, right=True),
    Column(title="limit", keep=85, right=True),
    Column(title="workflow", keep=50, least=10),
    Column(title="biggest phases", keep=80),
    Column(title="passes", keep=45),
    Column(title="VRAM", keep=42, right=True),
    Column(title="start", keep=40),
    Column(title="queue", keep=48, right=True),
    Column(title="source", keep=35, least=12, tail=True),
    Column(title="lines", keep=70),
)


def runs(page: Page, report: Report) -> None:
    """The table; a single run was told by `run_facts`."""
    if len(report.runs) > 1:
        _table(page, report)


def run_facts(page: Page, report: Report) -> None:
    """A single run comes first, with where its time went."""
    if len(report.runs) == 1:
        one_run(page, report.runs[0])
        run_budget(page, report.runs[0])


def one_run(page: Page, run: Run) -> None:
    """The facts of one run in a heading and a paragraph."""
    page.heading(f"Run {run.number}", f"{run.workflow.name}  {span(run.first_line, run.last_line)}")
    facts: list[str | tuple[str, str]] = [(OUTCOMES[run.outcome], styles.OUTCOMES[run.outcome] or styles.GOOD)]
    facts.append(", " + joined(_facts(run)) if any(_facts(run)) else "")
    page.paragraph(*facts)
    if run.vram:
        page.paragraph(vram_facts(run.vram))
    if run.failure:
        page.paragraph(failure_text(run.failure), (f"  [L{run.failure.line}]", styles.QUIET))
    if run.client_timeout:
        limit = run.client_timeout.limit_seconds
        after = "" if limit is None else f" after {seconds(limit)}"
        page.paragraph((f"The client gave up{after}", styles.BAD), (f"  [L{run.client_timeout.line}]", styles.QUIET))


def _facts(run: Run) -> tuple[str, ...]:
    start, at_least = STARTS[run.start], "" if run.duration_seconds is not None else "at least "
    return (
        seconds(run.duration_seconds) if run.duration_seconds is not None else "",
        f"seen for {seconds(run.observed_seconds)}" if run.duration_seconds is None and run.observed_seconds else "",
        f"{at_least}{format_share(run.limit_used_ratio)} of the limit" if run.limit_used_ratio is not None else "",
        f"{seconds(run.queue_seconds)} in the queue before" if run.queue_seconds else "",
        f"{start} start" if start else "",
        "only a part of it is in the log" if run.partial else "",
    )


def _table(page: Page, report: Report) -> None:
    shown = worst_first(report.runs, page.options.top)
    page.heading("Runs", "worst first")
    page.table(_COLUMNS, [_row(page, report, run) for run in shown])
    if hidden := len(report.runs) - len(shown):
        page.paragraph((f"{plural(hidden, 'further run')} not shown; --top N shows more.", styles.QUIET))


def _row(page: Page, report: Report, run: Run) -> Row:
    total = duration(run.total_seconds)
    return (
        str(run.number),
        (OUTCOMES[run.outcome], styles.OUTCOMES[run.outcome]),
        total if run.duration_seconds is not None or not total else f"≥ {total}",
        _limit(run),
        run.workflow.name,
        biggest_phases(run, 1 if page.width < 100 else 2 if page.width < 160 else 3),
        _passes(page, run.passes),
        vram_cell(run.vram),
        STARTS[run.start],
        duration(run.queue_seconds) if run.queue_seconds else "",
        run.source if len(report.sources) > 1 else "",
        (span(run.first_line, run.last_line), styles.QUIET),
    )


def _limit(run: Run) -> Cell:
    if run.limit_used_ratio is None:
        return ""
    word = {Verdict.OVER: " over", Verdict.NEAR: " near"}.get(run.verdict, "     ")
    least = "≥ " if run.duration_seconds is None else ""
    return (least + format_share(run.limit_used_ratio) + word, styles.VERDICTS[run.verdict])


def _passes(page: Page, passes: tuple[ProgressBar, ...]) -> str:
    shown = ", ".join(pass_short(bar) for bar in passes[:2])
    return shown if len(passes) <= 2 else f"{shown} +{len(passes) - 2}"
