"""`comfymeter compare` for a terminal: what changed per workflow, with how sure that is."""

from analyzer.comparison import Change, Comparison, Judgement
from analyzer.renderers.base import Options
from analyzer.renderers.terminal import styles
from analyzer.renderers.terminal.page import Page, printed
from analyzer.renderers.terminal.table import Column, Row
from analyzer.renderers.words import joined, seconds
from analyzer.units import plural

_COLUMNS = (
    Column(title="measure", keep=100),
    Column(title="runs", keep=80, right=True),
    Column(title="before", keep=90, right=True),
    Column(title="after", keep=91, right=True),
    Column(title="change", keep=95, right=True),
    Column(title="95 % between", keep=85, right=True),
    Column(title="longer", keep=60, right=True),
    Column(title="judgement", keep=94),
)
_STYLES = {Judgement.SLOWER: styles.BAD, Judgement.FASTER: styles.GOOD, Judgement.TOO_FEW: styles.QUIET}


def render(comparison: Comparison, options: Options) -> str:
    page = Page(options)
    page.paragraph((verdict(comparison), "bold"), indent=0)
    for workflow in dict.fromkeys(change.workflow for change in comparison.changes):
        changes = [change for change in comparison.changes if change.workflow == workflow]
        page.heading(workflow, "warm runs only" if workflow in comparison.warm_only else "")
        page.table(_COLUMNS, [_row(change) for change in changes])
    for names, where in ((comparison.only_before, "before"), (comparison.only_after, "after")):
        if names:
            page.paragraph(f"Only {where}: {joined(names)}.")
    return printed(page)


def verdict(comparison: Comparison) -> str:
    """One sentence: what got slower or faster as a whole."""
    totals = [change for change in comparison.changes if change.measure == "total"]
    if not totals:
        return "No workflow has successful runs in both."
    parts = [
        f"{plural(count, 'workflow')} {judgement.value}"
        for judgement in Judgement
        if (count := sum(change.judgement is judgement for change in totals))
    ]
    return f"{joined(parts)}."


def _row(change: Change) -> Row:
    interval = change.ratio_interval
    return (
        change.measure.replace("_", " "),
        f"{change.runs_before}, {change.runs_after}",
        seconds(change.median_before),
        seconds(change.median_after),
        _signed(change.ratio),
        f"{_signed(interval[0])} to {_signed(interval[1])}" if interval else "",
        f"{change.probability_longer:.0%}" if change.probability_longer is not None else "",
        (change.judgement.value, _STYLES.get(change.judgement, "")),
    )


def _signed(ratio: float | None) -> str:
    return "" if ratio is None else f"{(ratio - 1) * 100:+.1f} %"
