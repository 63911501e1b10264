"""The report as Markdown for a bug report: escaped, redacted by default, below GitHub's size for one comment."""

from collections.abc import Callable, Iterator

from analyzer.analysis import SourceInfo
from analyzer.findings.base import Finding
from analyzer.renderers.base import Options
from analyzer.renderers.evidence import evidence_by_phase
from analyzer.renderers.headline import headline
from analyzer.renderers.markdown_text import code, folded, plain, table
from analyzer.renderers.ranking import worst_first
from analyzer.renderers.server_facts import failed_nodes, server_facts, slowest_nodes
from analyzer.renderers.words import (
    OUTCOMES,
    PHASES,
    STARTS,
    VERDICTS,
    biggest_phases,
    duration,
    failure_text,
    joined,
    lines,
    pass_line,
    seconds,
    sentence,
    size,
    span,
    vram_cell,
)
from analyzer.report import Report
from analyzer.runs.model import Run
from analyzer.units import format_share, plural

MOST_CHARACTERS = 60_000
_MOST_FINDINGS, _MOST_LOADS, _MOST_SAMPLES = 30, 60, 40


def render(report: Report, options: Options) -> str:
    """Sections in order of use; one that no longer fits is named instead of shown."""
    parts, left_out, room = [], [], MOST_CHARACTERS - 400
    for name, section in SECTIONS:
        text = "\n\n".join(part for part in section(report, options) if part)
        if text and len(text) + 2 <= room:
            parts.append(text)
            room -= len(text) + 2
        elif text:
            left_out.append(name)
    if left_out:
        parts.append(f"_Left out to stay postable: {joined(left_out)}._")
    return "\n\n".join((*parts, f"_Made by comfymeter {plain(options.version, options)}._")) + "\n"


def _head(report: Report, options: Options) -> Iterator[str]:
    yield f"## ComfyUI timing report\n\n**{plain(headline(report), options, most=800)}**"
    if report.server_starts:
        last = report.server_starts[-1]
        yield "\n".join(f"- {plain(fact, options)}" for fact in server_facts(last))
    yield "\n".join(f"- {plain(source.name, options)}: {_source(source, options)}" for source in report.sources[:5])


def _source(source: SourceInfo, options: Options) -> str:
    if source.left_out:
        return "left out"
    form = plain(joined((source.container, source.encoding, f"stamps: {source.stamps}")), options)
    return f"{plural(source.lines, 'line')}, {form}"


def _findings(report: Report, options: Options) -> Iterator[str]:
    if report.findings:
        yield "### Findings"
        yield "\n".join(_finding(finding, options) for finding in report.findings[:_MOST_FINDINGS])
        if len(report.findings) > _MOST_FINDINGS:
            yield f"{plural(len(report.findings) - _MOST_FINDINGS, 'further finding')} not shown."


def _finding(finding: Finding, options: Options) -> str:
    where = f" ({lines(finding.lines)})" if finding.lines else ""
    text = f"- **{finding.severity.value}**: {plain(finding.summary, options)}{where}"
    for more in (finding.detail, finding.advice):
        text += f"\n  {plain(more, options, most=600)}" if more else ""
    return text


def _runs(report: Report, options: Options) -> Iterator[str]:
    if not report.runs:
        return
    shown = worst_first(report.runs, options.top)
    titles = (
        ">run",
        "outcome",
        ">total",
        ">of limit",
        "verdict",
        "workflow",
        "biggest phases",
        "passes",
        ">VRAM",
        "start",
        "lines",
    )
    yield "### Runs" + (", worst first" if len(report.runs) > 1 else "")
    yield table(titles, (_run_row(run, options) for run in shown))
    if len(shown) < len(report.runs):
        yield f"{plural(len(report.runs) - len(shown), 'further run')} not shown."
    failures = [f"- run {run.number}: {_failure(run, options)}" for run in shown if run.failure]
    yield "\n".join(failures)


def _failure(run: Run, options: Options) -> str:
    failure = run.failure
    return f"{plain(failure_text(failure), options)} (L{failure.line})" if failure else ""


def _run_row(run: Run, options: Options) -> tuple[str, ...]:
    ratio = run.limit_used_ratio
    passes = joined(pass_line(bar) for bar in run.passes[:3]) + (f" +{len(run.passes) - 3}" if len(run.passes) > 3 else "")
    return (
        str(run.number),
        OUTCOMES[run.outcome],
        seconds(run.total_seconds),
        "" if ratio is None else format_share(ratio),
        VERDICTS[run.verdict],
        plain(run.workflow.name, options, most=60),
        biggest_phases(run, 3),
        plain(passes, options),
        vram_cell(run.vram),
        STARTS[run.start],
        span(run.first_line, run.last_line),
    )


def _budget(report: Report, options: Options) -> Iterator[str]:
    if not report.budget.total_seconds:
        return
    known = evidence_by_phase(report.runs)
    write = seconds if len(report.runs) == 1 else duration
    rows = sorted(report.budget.seconds.items(), key=lambda item: -item[1])
    yield f"### Where the time went: {write(report.budget.total_seconds)} in {plural(report.budget.runs, 'run')}"
    yield table(
        ("phase", ">time", ">share", "how known"),
        ((PHASES[phase], write(taken), format_share(report.budget.share(phase)), known.get(phase, "")) for phase, taken in rows),
    )


def _timeout(report: Report, options: Options) -> Iterator[str]:
    advice = report.timeout
    if advice is None or not advice.overall.n:
        return
    overall = advice.overall
    recommended = seconds(overall.recommended_seconds) or "none"
    risk = "" if advice.risk is None else f" for a risk of {format_share(advice.risk)} per run"
    yield f"### Timeout advice: {recommended}{risk}"
    yield f"Evidence: {overall.grade.value}, {plural(overall.n, 'run')}. {plain(sentence(overall.reason), options)}".rstrip()


def _loads(report: Report, options: Options) -> Iterator[str]:
    shown = worst_first(report.runs, options.top)
    rows = [
        (
            str(run.number),
            f"L{load.line}",
            plain(load.model or "not named", options, most=60),
            load.role.value.replace("_", " "),
            load.mode.value + (", reload" if load.reload else ""),
            size(load.loaded_bytes),
            size(load.added_bytes),
            size(load.offloaded_bytes) if load.offloaded_bytes else "",
        )
        for run in shown
        for load in run.loads
    ]
    if rows:
        titles = (">run", "line", "model", "role", "mode", ">on device", ">added", ">offloaded")
        more = f"\n\n{plural(len(rows) - _MOST_LOADS, 'further load')} not shown." if len(rows) > _MOST_LOADS else ""
        yield folded(f"Model loads of {plural(len(shown), 'run')}", table(titles, rows[:_MOST_LOADS]) + more)


def _nodes(report: Report, options: Options) -> Iterator[str]:
    if not report.server_starts:
        return
    last = report.server_starts[-1]
    slow = [f"- {plain(node, options)}" for node in slowest_nodes(last, 10)]
    failed = [f"- {plain(node, options)}: import failed" for node in failed_nodes(last)[:20]]
    if slow or failed:
        yield folded("Custom nodes: failed imports, slowest", "\n".join((*failed, *slow)))


def _unparsed(report: Report, options: Options) -> Iterator[str]:
    unparsed = report.unparsed
    if unparsed.samples:
        summary = f"Lines not recognised: {unparsed.lines:,} ({format_share(unparsed.share)})"
        samples = (f"L{sample.line}: {sample.text}" for sample in unparsed.samples[:_MOST_SAMPLES])
        yield folded(summary, code(samples, options))


Section = Callable[[Report, Options], Iterator[str]]
SECTIONS: tuple[tuple[str, Section], ...] = (
    ("head", _head),
    ("findings", _findings),
    ("runs", _runs),
    ("phase budget", _budget),
    ("timeout advice", _timeout),
    ("model loads", _loads),
    ("custom nodes", _nodes),
    ("lines not recognised", _unparsed),
)
