"""The page: what stands on it, filled into its template."""

import base64
import hashlib
import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from statistics import median
from typing import Any

from analyzer.figures import drawn
from analyzer.figures.base import Figure
from analyzer.findings.base import Finding, Severity
from analyzer.palette import PHASE_COLORS
from analyzer.renderers.base import Options
from analyzer.renderers.headline import headline
from analyzer.renderers.html.shown import Shown, embeddable, embedded
from analyzer.renderers.html.tables import PARTS, Table, all_tables, details
from analyzer.renderers.ranking import worst_first
from analyzer.renderers.server_facts import server_facts
from analyzer.renderers.words import PHASES, joined, lines, seconds, sentence
from analyzer.report import Report
from analyzer.runs.model import Run, Verdict
from analyzer.units import format_share, plural

# So many runs are listed with all that the log says of them; a page of more would be too large to send.
MOST_RUNS = 10_000
# Characters of their phases, bars and loads.
_MOST_DETAILS = 5_000_000
_MOST_FINDINGS = 100
_MOST_LINKS = 20
_OPEN = 1
_NOTEBOOK_PIXELS = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the page, left out where nothing of it is there. `figures` and `tables` by name, `remarks` below them."""

    id: str
    title: str
    note: str = ""
    texts: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A figure at a glance; `state`: critical, warning, good or nothing."""

    name: str
    value: str
    note: str = ""
    state: str = ""


def render(report: Report, options: Options) -> str:
    """The whole page as text."""
    shown = Shown(options.redactor)
    figures = {kind.name: (kind.title, figure) for kind, figure in drawn(report, shown)}
    listed = worst_first(report.runs, MOST_RUNS)
    tables = {table.id: table for table in all_tables(report, listed)}
    sections = [section for section in _sections(report) if _has_content(section, figures, tables)]
    script, plotly = _part("page.js"), _part("plotly-basic.min.js")
    values = {
        "policy": _policy(plotly, script),
        "style": _trusted(_part("style.css")),
        "plotly": _trusted(plotly),
        "script": _trusted(script),
        "version": options.version,
        "redacted": shown.redacts,
        "title": "ComfyUI run report",
        "headline": headline(report),
        "state": _state(report),
        "tiles": list(_tiles(report)),
        "notes": list(_notes(report, listed)),
        "contents": _contents(report, sections),
        "findings": [_finding(report, finding) for finding in report.findings[:_MOST_FINDINGS]],
        "findings_note": _findings_note(report),
        "sections": sections,
        "tables": tables,
        "figures": {name: _described(title, figure) for name, (title, figure) in figures.items()},
        "figure_data": [(name, _trusted(_figure_json(figure))) for name, (_, figure) in figures.items()],
        "data": _trusted(embedded(_data(listed, tables, shown))),
    }
    text: str = _template(shown).render(values)
    return text


def notebook(report: Report) -> str:
    """The page inside a frame, as notebooks show it: what the report's own script does stays in there."""
    page = html.escape(render(report, Options()), quote=True)
    return (
        f'<iframe title="ComfyUI run report" sandbox="allow-scripts" srcdoc="{page}" '
        f'style="width:100%;height:{_NOTEBOOK_PIXELS}px;border:0"></iframe>'
    )


@cache
def _part(name: str) -> str:
    return files("analyzer.renderers.html").joinpath(name).read_text(encoding="utf-8")


def _trusted(text: str) -> Any:
    """Our own parts, and JSON that was made fit for a script element: not escaped."""
    from markupsafe import Markup

    return Markup(text)


def _template(shown: Shown) -> Any:
    """Whatever the template writes out is redacted, cleaned and escaped, unless it is trusted."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    def fit(value: Any) -> Any:
        return shown(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = Environment(autoescape=True, finalize=fit, undefined=StrictUndefined)
    return environment.from_string(_part("page.html"))


def _policy(*scripts: str) -> str:
    """Nothing is loaded from anywhere, and no script runs but our own two."""
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _data(listed: Sequence[Run], tables: dict[str, Table], shown: Shown) -> dict[str, Any]:
    """What the script builds tables and runs from."""
    return {
        "tables": [shown.value(table.as_value()) for table in tables.values()],
        "parts": [{"title": part.title, "columns": [{"title": c.title, "kind": c.kind} for c in part.columns]} for part in PARTS],
        "details": _details(listed, shown),
        "colors": {PHASES[phase]: color for phase, color in PHASE_COLORS.items()},
        "open": [run.number for run in listed[:_OPEN]],
    }


def _details(listed: Sequence[Run], shown: Shown) -> dict[int, Any]:
    """What each run's section shows, the worst first, as far as the page has room."""
    found: dict[int, Any] = {}
    room = _MOST_DETAILS
    for run in listed:
        value = shown.value(details(run))
        room -= len(embedded(value))
        if room < 0:
            break
        found[run.number] = value
    return found


def _described(title: str, figure: Figure) -> dict[str, Any]:
    """`phases`: a legend of our own, for screens that have no room for Plotly's."""
    names = {trace.name for trace in figure.plot.data}
    phases = [{"name": name, "color": PHASE_COLORS[phase]} for phase, name in PHASES.items() if name in names]
    height = figure.plot.layout.height
    return {"title": title, "caption": figure.caption, "summary": figure.summary, "height": height, "phases": phases}


def _figure_json(figure: Figure) -> str:
    if figure.axis:
        figure.plot.update_layout(meta={"axis": figure.axis})
    return embeddable(figure.plot.to_json())


# --- what stands on the page -------------------------------------------------------------------------------------


def _sections(report: Report) -> Iterator[Section]:
    yield Section(id="timeline", title="Timeline", figures=("timeline", "vram"))
    yield Section(id="runs", title="Runs", figures=("runs",), tables=("runs",))
    total = report.budget.total_seconds
    note = f"{seconds(total)} in {plural(report.budget.runs, 'run')}" if total else ""
    yield Section(id="budget", title="Where the time went", note=note, figures=("budget",))
    yield Section(
        id="timeouts",
        title="Timeouts",
        texts=tuple(_advice(report)),
        figures=("durations",),
        tables=("margins", "advice"),
        remarks=tuple(_reasons(report)),
    )
    yield Section(id="steps", title="Seconds per step", figures=("steps",))
    yield Section(id="loads", title="Model loads", tables=("loads",))
    yield Section(id="startup", title="Start-up", texts=tuple(_starts(report)), tables=("nodes",))
    unparsed = report.unparsed
    share = f"{plural(unparsed.lines, 'line')}, {format_share(unparsed.share)} of all" if unparsed.lines else "none"
    yield Section(id="sources", title="Logs", note=f"not recognised: {share}", tables=("sources", "unparsed"))


def _has_content(section: Section, figures: dict[str, tuple[str, Figure]], tables: dict[str, Table]) -> bool:
    return bool(section.texts) or any(name in figures for name in section.figures) or any(id in tables for id in section.tables)


def _contents(report: Report, sections: Sequence[Section]) -> list[tuple[str, str]]:
    return [*([("findings", "Findings")] if report.findings else []), *((section.id, section.title) for section in sections)]


def _state(report: Report) -> str:
    worst = {finding.severity for finding in report.findings}
    if Severity.CRITICAL in worst:
        return "critical"
    return "warning" if Severity.WARNING in worst else "good"


def _tiles(report: Report) -> Iterator[Tile]:
    runs = report.runs
    failed = sum(1 for run in runs if run.failure)
    note = f"{failed:,} failed" if failed else ""
    yield Tile(name="runs", value=f"{len(runs):,}", note=note, state="warning" if failed else "")
    if report.limit_seconds is not None:
        over = sum(1 for run in runs if run.verdict is Verdict.OVER)
        near = sum(1 for run in runs if run.verdict is Verdict.NEAR)
        state = "critical" if over else "warning" if near else "good"
        yield Tile(name=f"over {seconds(report.limit_seconds)}", value=f"{over:,}", note=f"{near:,} near it", state=state)
    taken = [run.total_seconds for run in runs if run.total_seconds]
    if taken:
        yield Tile(name="slowest", value=seconds(max(taken)), note=f"median {seconds(median(taken))}")
    advice = report.timeout.overall if report.timeout else None
    if advice and advice.recommended_seconds is not None:
        yield Tile(name="recommended timeout", value=seconds(advice.recommended_seconds), note=f"evidence: {advice.grade.value}")
    requests = report.requests
    if requests.rejected or requests.unresolved:
        note = joined((f"{requests.rejected:,} rejected", f"{requests.unresolved:,} without a run"))
        yield Tile(name="requests", value=f"{requests.received:,}", note=note)


def _notes(report: Report, listed: Sequence[Run]) -> Iterator[str]:
    if len(listed) < len(report.runs):
        yield f"The {len(listed):,} worst of {len(report.runs):,} runs are listed; figures and findings are about all of them."


def _advice(report: Report) -> Iterator[str]:
    overall = report.timeout.overall if report.timeout else None
    if overall and overall.recommended_seconds is not None and report.timeout:
        risk = f" for a risk of {format_share(report.timeout.risk)} per run" if report.timeout.risk is not None else ""
        between = overall.recommended_interval_seconds
        room = f", between {seconds(between[0])} and {seconds(between[1])} given the evidence" if between else ""
        yield f"Recommended: {seconds(overall.recommended_seconds)}{risk}{room}. {overall.reason}".rstrip()
        yield from map(sentence, overall.notes)


def _reasons(report: Report) -> Iterator[str]:
    """Why the recommendations are what they are, where there are several."""
    workflows = report.timeout.workflows if report.timeout else ()
    if len(workflows) > 1:
        yield from (f"{row.workflow}: {row.reason}" for row in workflows if row.reason)


def _starts(report: Report) -> Iterator[str]:
    for start in report.server_starts[-20:]:
        yield f"Start {start.number}, L{start.line}: {joined(server_facts(start)) or 'nothing more is told'}."


def _findings_note(report: Report) -> str:
    counts = [(severity, sum(1 for finding in report.findings if finding.severity is severity)) for severity in Severity]
    rest = len(report.findings) - _MOST_FINDINGS
    more = f"{rest} more not shown" if rest > 0 else ""
    return joined((*(f"{count} {severity.value}" for severity, count in counts if count), more))


def _finding(report: Report, finding: Finding) -> dict[str, Any]:
    source = next((run.source for run in report.runs if finding.runs and run.number == finding.runs[0]), None)
    return {
        "severity": finding.severity.value,
        "summary": finding.summary,
        "detail": finding.detail,
        "advice": finding.advice,
        "where": lines(finding.lines) if finding.lines else "",
        "runs": finding.runs[:_MOST_LINKS],
        "more_runs": max(0, len(finding.runs) - _MOST_LINKS),
        "quotes": [quote for quote in report.quotes if quote.line in finding.lines and source in (None, quote.source)],
    }
