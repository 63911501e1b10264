"""The report as JSON: the contract `comfymeter.report/1` (`schemas/report-1.schema.json`), field for field, in its order.

One run, finding or source per line, so that a report can be searched, compared and written piece by piece. A run's phases are
rounded to whole microseconds that still add up to its total (`rounding.phase_seconds`).
"""

import json
from collections.abc import Iterator
from typing import Any

from analyzer.analysis import SourceInfo
from analyzer.findings.base import Finding
from analyzer.renderers.base import Options
from analyzer.renderers.clean import encodable
from analyzer.renderers.json_run import run_object
from analyzer.renderers.json_timeout import timeout_object
from analyzer.renderers.private import Hider
from analyzer.renderers.rounding import number
from analyzer.report import Report
from analyzer.runs.model import ServerStart
from analyzer.units import format_instant

SCHEMA = "comfymeter.report/1"


def render(report: Report, options: Options) -> str:
    return "".join(parts(report, options))


def parts(report: Report, options: Options) -> Iterator[str]:
    """The document piece by piece; never more than one run in memory beside the report."""
    hider, separator = Hider(options.redactor), "{\n"
    for name, value in _members(report, options):
        yield f"{separator}{_dump(name, options)}: "
        if isinstance(value, Iterator):
            yield from _array(value, hider, options)
        else:
            yield _dump(hider.value(value), options)
        separator = ",\n"
    yield "\n}\n"


def _array(items: Iterator[Any], hider: Hider, options: Options) -> Iterator[str]:
    separator = "["
    for item in items:
        yield f"{separator}\n  {_dump(hider.value(item), options)}"
        separator = ","
    yield "[]" if separator == "[" else "\n]"


def _dump(value: Any, options: Options) -> str:
    return encodable(json.dumps(value, ensure_ascii=not options.unicode, allow_nan=False))


def _members(report: Report, options: Options) -> Iterator[tuple[str, Any]]:
    zones = {source.name: source.timezone for source in report.sources}
    yield "schema", SCHEMA
    yield "generated_by", {"name": "comfymeter", "version": options.version}
    yield "sources", (_source(source) for source in report.sources)
    yield "server_starts", (_server(start) for start in report.server_starts)
    requests = report.requests
    yield "requests", {"received": requests.received, "rejected": requests.rejected, "unresolved": requests.unresolved}
    yield "runs", (run_object(run, zone=zones.get(run.source)) for run in report.runs)
    yield "budget", _budget(report)
    yield "findings", (_finding(finding) for finding in report.findings)
    yield "timeout", timeout_object(report.timeout)
    yield "unparsed", _unparsed(report)


def _source(source: SourceInfo) -> dict[str, Any]:
    return {
        "name": source.name,
        "bytes": source.bytes,
        "lines": source.lines,
        "encoding": source.encoding,
        "container": source.container,
        "stamps": source.stamps,
        "first_at": None if source.first_at is None else format_instant(source.first_at, source.timezone),
        "last_at": None if source.last_at is None else format_instant(source.last_at, source.timezone),
        "timezone": source.timezone,
        "notes": list(source.notes),
    }


def _server(start: ServerStart) -> dict[str, Any]:
    return {
        "source": start.source,
        "line": start.line,
        "comfyui_version": start.comfyui_version,
        "python_version": start.python_version,
        "pytorch_version": start.pytorch_version,
        "device": start.device,
        "total_vram_bytes": start.total_vram_bytes,
        "total_ram_bytes": start.total_ram_bytes,
        "vram_state": start.vram_state,
        "attention": start.attention,
        "custom_nodes": [
            {"name": node.name, "seconds": number(node.seconds), "failed": node.failed} for node in start.custom_nodes
        ],
    }


def _budget(report: Report) -> dict[str, Any]:
    budget = report.budget
    phases = [
        {"phase": phase.value, "seconds": number(seconds), "share": number(budget.share(phase))}
        for phase, seconds in budget.seconds.items()
    ]
    return {"runs": budget.runs, "total_seconds": number(budget.total_seconds), "phases": phases}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "summary": finding.summary,
        "detail": finding.detail,
        "advice": finding.advice,
        "runs": list(finding.runs),
        "lines": list(finding.lines),
    }


def _unparsed(report: Report) -> dict[str, Any]:
    samples = [{"line": sample.line, "text": sample.text, "source": sample.source} for sample in report.unparsed.samples]
    return {"lines": report.unparsed.lines, "share": number(report.unparsed.share), "samples": samples}
