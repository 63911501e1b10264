"""The report for a terminal, worst first. Only this folder imports Rich, and only when a report is shown."""

from collections.abc import Callable

from rich.console import Console

from analyzer.renderers.base import Options
from analyzer.renderers.headline import headline
from analyzer.renderers.terminal.budget import budget
from analyzer.renderers.terminal.findings import findings
from analyzer.renderers.terminal.loads import loads
from analyzer.renderers.terminal.page import Page, printed
from analyzer.renderers.terminal.runs import run_facts, runs
from analyzer.renderers.terminal.server import sources, start_up, unparsed
from analyzer.renderers.terminal.timeouts import advice, limit_margins
from analyzer.report import Report

SECTIONS: tuple[Callable[[Page, Report], None], ...] = (
    run_facts,
    findings,
    runs,
    budget,
    loads,
    limit_margins,
    advice,
    start_up,
    sources,
    unparsed,
)


def page(report: Report, options: Options) -> Page:
    """All sections that have something to say, on one page."""
    made = Page(options)
    made.paragraph((headline(report), "bold"), indent=0)
    for section in SECTIONS:
        section(made, report)
    return made


def render(report: Report, options: Options) -> str:
    return printed(page(report, options))


def show(report: Report, options: Options, console: Console) -> None:
    """Prints to the given console, for the command line's own terminal."""
    page(report, options).print(console)
