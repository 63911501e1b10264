"""What the rules found: severity, sentence, where it comes from; the arithmetic and the advice below."""

from collections import Counter

from analyzer.findings.base import Finding, Severity
from analyzer.renderers.terminal import styles
from analyzer.renderers.terminal.page import Page
from analyzer.renderers.words import joined, lines
from analyzer.report import Report
from analyzer.units import plural

_INDENT = 12


def findings(page: Page, report: Report) -> None:
    """The worst `top` of them in full, a count of the others."""
    if not report.findings:
        return
    page.heading("Findings", _counts(report) if len(report.findings) > 1 else "")
    top = page.options.top
    for finding in report.findings[:top]:
        _finding(page, finding, numbered=len(report.runs) > 1)
    if hidden := report.findings[top:]:
        page.paragraph((f"{plural(len(hidden), 'further finding')} not shown; --top N shows more.", styles.QUIET))


def _counts(report: Report) -> str:
    found = Counter(finding.severity for finding in report.findings)
    return joined(f"{found[severity]:,} {severity}" for severity in Severity if found[severity])


def _finding(page: Page, finding: Finding, *, numbered: bool) -> None:
    lead = (f"{finding.severity.value:<{_INDENT - 2}}", styles.SEVERITIES[finding.severity])
    page.paragraph(finding.summary, (_where(finding, numbered=numbered), styles.QUIET), lead=lead)
    if finding.detail:
        page.paragraph((finding.detail, styles.QUIET), indent=_INDENT)
    if finding.advice:
        page.paragraph(finding.advice, indent=_INDENT, lead=(page.text("→ "), styles.GOOD))


def _where(finding: Finding, *, numbered: bool) -> str:
    """`  [runs 1, 4 +3, L10, L11]`; a report of a single run needs no numbers."""
    shown, hidden = ", ".join(map(str, finding.runs[:4])), len(finding.runs) - 4
    runs = f"run{'s' * (len(finding.runs) > 1)} {shown}" + (f" +{hidden}" if hidden > 0 else "")
    where = joined((runs if finding.runs and numbered else "", lines(finding.lines)))
    return f"  [{where}]" if where else ""
