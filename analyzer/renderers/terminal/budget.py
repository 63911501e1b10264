"""Where the time went: seconds per phase with how well they are known, and for one run every time that was printed."""

from analyzer.palette import PHASE_COLORS
from analyzer.renderers.evidence import evidence_by_phase
from analyzer.renderers.terminal import styles
from analyzer.renderers.terminal.page import Page
from analyzer.renderers.terminal.table import Column, Row
from analyzer.renderers.words import PHASES, duration, pass_line, seconds, span
from analyzer.report import Report
from analyzer.runs.model import Evidence, Run
from analyzer.units import format_share, plural

_RUN_COLUMNS = (
    Column(title="phase", keep=100),
    Column(title="seconds", keep=95, right=True),
    Column(title="share", keep=90, right=True),
    Column(title="", keep=60),
    Column(title="how known", keep=80),
    Column(title="lines", keep=70),
)
_ALL_COLUMNS = (
    Column(title="phase", keep=100),
    Column(title="total", keep=95, right=True),
    Column(title="share", keep=90, right=True),
    Column(title="", keep=60),
    Column(title="mean per run", keep=70, right=True),
    Column(title="how known", keep=80),
)
_STEP_COLUMNS = (
    Column(title="line", keep=100),
    Column(title="printed time", keep=90),
    Column(title="what", keep=80, least=10),
)
_NOTES = {Evidence.REMAINDER: "remainder, untimed"}


def budget(page: Page, report: Report) -> None:
    """Of all runs together; of a single run what its lines say, its phases were shown before."""
    if len(report.runs) == 1:
        printed_times(page, report.runs[0])
    elif report.budget.total_seconds:
        _of_all(page, report)


def run_budget(page: Page, run: Run) -> None:
    if not run.phases:
        return
    page.heading("Where the time went", seconds(run.total_seconds))
    width = _bar_width(page)
    longest = max(time.share for time in run.phases) or 1.0
    rows: list[Row] = [
        (
            PHASES[time.phase],
            seconds(time.seconds),
            format_share(time.share),
            page.bar(time.share / longest, width, PHASE_COLORS[time.phase]),
            _NOTES.get(time.evidence, time.evidence.value),
            (span(time.first_line, time.last_line), styles.QUIET),
        )
        for time in sorted(run.phases, key=lambda time: -time.seconds)
    ]
    page.table(_RUN_COLUMNS, rows)
    if run.phases_scaled:
        page.paragraph(("The bars say more than the total; they were scaled down to it.", styles.QUIET))


def printed_times(page: Page, run: Run) -> None:
    """Every bar and detection with its line, as the sum it is."""
    times = [(bar.line, pass_line(bar), bar.label or "sampling") for bar in (*run.passes, *run.bars)]
    times += [(detection.line, seconds(detection.seconds), detection.label) for detection in run.detections]
    if not times:
        return
    page.heading("Times the log prints")
    most = max(10, page.options.top * 2)
    page.table(_STEP_COLUMNS, [((f"L{line}", styles.QUIET), what, label) for line, what, label in sorted(times)[:most]])
    if len(times) > most:
        page.paragraph((f"{plural(len(times) - most, 'further line')} not shown.", styles.QUIET))


def _of_all(page: Page, report: Report) -> None:
    budget = report.budget
    page.heading("Where the time went", f"{duration(budget.total_seconds)} in {plural(budget.runs, 'run')}")
    known, width = evidence_by_phase(report.runs), _bar_width(page)
    longest = max(budget.seconds.values()) or 1.0
    rows: list[Row] = [
        (
            PHASES[phase],
            duration(taken),
            format_share(budget.share(phase)),
            page.bar(taken / longest, width, PHASE_COLORS[phase]),
            duration(taken / budget.runs) if budget.runs else "",
            known.get(phase, ""),
        )
        for phase, taken in sorted(budget.seconds.items(), key=lambda item: -item[1])
    ]
    page.table(_ALL_COLUMNS, rows)
    waits = [run.queue_seconds for run in report.runs if run.queue_seconds]
    if waits:
        page.paragraph(f"Beside these, {plural(len(waits), 'run')} waited in the queue, {duration(max(waits))} at worst.")


def _bar_width(page: Page) -> int:
    return 16 if page.width < 100 else 32
