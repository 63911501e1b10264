"""The checks of `comfymeter doctor` for a terminal."""

from collections import Counter
from collections.abc import Sequence

from analyzer.doctor import Check, Status
from analyzer.renderers.base import Options
from analyzer.renderers.terminal import styles
from analyzer.renderers.terminal.page import Page, printed
from analyzer.renderers.words import joined
from analyzer.units import plural

_INDENT = 6


def checks_page(checks: Sequence[Check], options: Options) -> Page:
    """Failures first, each with its meaning and what to do; log names only where there are several logs."""
    page = Page(options)
    counts = Counter(check.status for check in checks)
    page.paragraph((_verdict(counts), "bold"), indent=0)
    page.blank()
    several = len({name for check in checks for name in check.sources}) > 1
    for check in checks:
        where = f"  [{joined(check.sources[:4])}]" if several and check.sources else ""
        lead = (f"{check.status.value:<{_INDENT}}", styles.STATUSES[check.status])
        page.paragraph(check.summary, (where, styles.QUIET), lead=lead)
        if check.meaning:
            page.paragraph((check.meaning, styles.QUIET), indent=_INDENT + 2)
        if check.advice:
            page.paragraph(check.advice, indent=_INDENT + 2, lead=(page.text("→ "), styles.GOOD))
    return page


def _verdict(counts: Counter[Status]) -> str:
    if counts[Status.FAIL]:
        return (
            f"This log cannot answer everything: {plural(counts[Status.FAIL], 'check')} failed, {counts[Status.WARN]} to look at."
        )
    if counts[Status.WARN]:
        return f"This log is usable; {plural(counts[Status.WARN], 'point')} to look at."
    return "This log is fine."


def render_checks(checks: Sequence[Check], options: Options) -> str:
    return printed(checks_page(checks, options))
