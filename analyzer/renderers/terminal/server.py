"""Where the report comes from: the server's start-up, the logs as read, the lines that nobody understood."""

from analyzer.analysis import SourceInfo
from analyzer.renderers.server_facts import failed_nodes, server_facts, slowest_nodes
from analyzer.renderers.terminal import styles
from analyzer.renderers.terminal.page import Page
from analyzer.renderers.terminal.table import Column, Row
from analyzer.renderers.words import joined
from analyzer.report import Report
from analyzer.units import format_bytes, format_instant, format_share, plural

_SOURCES = (
    Column(title="log", keep=100, least=16, tail=True),
    Column(title="lines", keep=95, right=True),
    Column(title="size", keep=60, right=True),
    Column(title="container", keep=80),
    Column(title="encoding", keep=70),
    Column(title="stamps", keep=85),
    Column(title="bars", keep=50, right=True),
    Column(title="from", keep=40),
    Column(title="to", keep=39),
)
_MUCH_UNPARSED = 0.2


def start_up(page: Page, report: Report) -> None:
    """The last start in words; the others by their lines."""
    if not report.server_starts:
        return
    last = report.server_starts[-1]
    facts = joined(server_facts(last))
    if not facts and not last.custom_nodes:
        return
    several = len(report.server_starts) > 1
    page.heading("Server", f"the last of {len(report.server_starts)} starts" if several else "")
    page.paragraph(facts or "No versions, device or memory in the log.", (f"  [L{last.line}]", styles.QUIET))
    if slow := slowest_nodes(last, 3):
        page.paragraph(f"Slowest custom nodes: {joined(slow)}")
    if failed := failed_nodes(last):
        more = f" +{len(failed) - 8}" if len(failed) > 8 else ""
        page.paragraph((f"Failed to import: {joined(failed[:8])}{more}", styles.BAD))


def sources(page: Page, report: Report) -> None:
    page.heading("Sources", _share(report))
    page.table(_SOURCES, [_source_row(source) for source in report.sources[: page.options.top]])
    if len(report.sources) > page.options.top:
        page.paragraph((f"{plural(len(report.sources) - page.options.top, 'further log')} not shown.", styles.QUIET))
    for text in dict.fromkeys(text for source in report.sources[: page.options.top] for text in source.vram):
        page.paragraph((text, styles.QUIET))


def _share(report: Report) -> str:
    requests = report.requests
    prompts = f"{plural(requests.received, 'request')}, {requests.rejected} rejected, {requests.unresolved} unresolved"
    unknown = f"{format_share(report.unparsed.share)} of the lines not recognised" if report.unparsed.of_lines else ""
    return joined((prompts if requests.received else "", unknown))


def _source_row(source: SourceInfo) -> Row:
    if source.left_out:
        return (source.name, "", "", ("left out", styles.LOOK), *[""] * (len(_SOURCES) - 4))
    repaired = f", {source.repaired_lines} repaired" if source.repaired_lines else ""
    return (
        source.name,
        f"{source.lines:,}",
        format_bytes(source.bytes) if source.bytes >= 1 << 20 else f"{source.bytes / 1024:.1f} KiB",
        source.container,
        source.encoding + repaired,
        source.stamps,
        f"{source.bars:,}",
        "" if source.first_at is None else format_instant(source.first_at, source.timezone)[:19].replace("T", " "),
        "" if source.last_at is None else format_instant(source.last_at, source.timezone)[:19].replace("T", " "),
    )


def unparsed(page: Page, report: Report) -> None:
    """A few samples of what was not recognised; all of them are kept in the JSON report."""
    if not report.unparsed.samples:
        return
    much = report.unparsed.share >= _MUCH_UNPARSED
    note = f"{plural(report.unparsed.lines, 'line')}, {format_share(report.unparsed.share)}; the first few"
    page.heading("Not recognised", note)
    columns = (
        Column(title="log", keep=80, least=12, tail=True),
        Column(title="line", keep=90, right=True),
        Column(title="text", keep=100, least=20),
    )
    several = len(report.sources) > 1
    rows: list[Row] = [
        (
            sample.source if several else "",
            (f"L{sample.line}", styles.QUIET),
            (sample.text, styles.LOOK if much else styles.QUIET),
        )
        for sample in report.unparsed.samples[: min(5, page.options.top)]
    ]
    page.table(columns, rows)
