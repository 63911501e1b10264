"""One run's timeline for a terminal: its facts, its budget, then every line with its time."""

from analyzer import events
from analyzer.events import Event
from analyzer.renderers.base import Options
from analyzer.renderers.terminal import styles
from analyzer.renderers.terminal.budget import run_budget
from analyzer.renderers.terminal.loads import ledger
from analyzer.renderers.terminal.page import Page, printed
from analyzer.renderers.terminal.runs import one_run
from analyzer.renderers.terminal.table import Cell, Column, Row
from analyzer.renderers.timeline import Row as Moment
from analyzer.renderers.timeline import timeline
from analyzer.renderers.words import seconds, span
from analyzer.runs.model import Run

_COLUMNS = (
    Column(title="time", keep=90, right=True),
    Column(title="line", keep=100),
    Column(title="what", keep=95, least=24),
    Column(title="figures", keep=80, least=16),
)
_BAD = (events.NodeException, events.ExceptionRaised, events.OutOfMemory, events.ProcessDied, events.ClientTimeout)
_LOOK = (events.Interrupted, events.SoftOutOfMemory, events.ErrorNote, events.MemoryLeak, events.CustomNodeFailed)
_QUIET = (events.Unrecognised, events.StartupNote, events.LoraKeyMissing)


def render(run: Run, options: Options) -> str:
    return printed(timeline_page(run, options))


def timeline_page(run: Run, options: Options) -> Page:
    page = Page(options)
    one_run(page, run)
    run_budget(page, run)
    ledger(page, (run,))
    moments = timeline(run)
    stamped = any(moment.offset_seconds is not None for moment in moments)
    page.heading("Timeline", "from the run's start" if stamped else "this log has no time stamps")
    page.table(_COLUMNS, [row for moment in moments for row in _rows(moment)])
    return page


def _rows(moment: Moment) -> list[Row]:
    """The moment's row, behind one that says how long nothing was printed before it."""
    quiet = moment.silence_seconds
    gap: list[Row] = [("", "", (f"{seconds(quiet)} without a line", styles.QUIET), "")] if quiet is not None else []
    style = _style(moment.event)
    times = f"{moment.what} ({moment.count:,} times)" if moment.count > 1 else moment.what
    where: Cell = (span(moment.event.line, moment.last_line), styles.QUIET)
    return [*gap, (_offset(moment), where, (times, style), (moment.figures, style if style == styles.QUIET else ""))]


def _offset(moment: Moment) -> str:
    return "-" if moment.offset_seconds is None else f"{moment.offset_seconds:+,.3f} s"


def _style(event: Event) -> str:
    if isinstance(event, _BAD):
        return styles.BAD
    if isinstance(event, _LOOK):
        return styles.LOOK
    return styles.QUIET if isinstance(event, _QUIET) else ""
