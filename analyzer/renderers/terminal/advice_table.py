"""The table of timeouts per workflow, in a report and as the answer of `comfymeter timeout`."""

from collections.abc import Iterable

from analyzer.renderers.terminal import styles
from analyzer.renderers.terminal.page import Page
from analyzer.renderers.terminal.table import Column, Row
from analyzer.renderers.words import duration, seconds
from analyzer.timeouts.advice import Grade, WorkflowAdvice

_COLUMNS = (
    Column(title="workflow", keep=100, least=12),
    Column(title="runs", keep=92, right=True),
    Column(title="unfinished", keep=62, right=True),
    Column(title="cold", keep=50, right=True),
    Column(title="median", keep=70, right=True),
    Column(title="quantile", keep=60, right=True),
    Column(title="worst", keep=75, right=True),
    Column(title="timeout", keep=99, right=True),
    Column(title="between", keep=65),
    Column(title="evidence", keep=90),
)
_LOOK = (Grade.NONE, Grade.PROVISIONAL, Grade.LOW)


def advice_table(page: Page, workflows: Iterable[WorkflowAdvice], *, with_quantile: bool) -> None:
    """A row per workflow. `with_quantile`: also the duration that the risk stands for, before it is rounded up and railed in."""
    page.table(_COLUMNS, [_row(one, with_quantile=with_quantile) for one in workflows])


def _row(one: WorkflowAdvice, *, with_quantile: bool) -> Row:
    ends = one.recommended_interval_seconds
    return (
        one.workflow,
        f"{one.n:,}",
        f"{one.censored:,}",
        f"{one.cold:,}",
        duration(one.median_seconds),
        duration(one.quantile_seconds) if with_quantile else "",
        duration(one.worst_seconds),
        (seconds(one.recommended_seconds) or "none", "bold"),
        f"{duration(ends[0])} to {duration(ends[1])}" if ends else "",
        (one.grade.value, styles.LOOK if one.grade in _LOOK else ""),
    )
