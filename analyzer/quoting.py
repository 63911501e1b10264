"""The log lines that findings cite, fetched from their sources in a second reading."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from analyzer.containers import Zone
from analyzer.findings.base import Finding
from analyzer.report import Quote, Report
from analyzer.sources import LogFile, LogGroup

_MOST_LINES = 6
_LONGEST = 400


def with_quotes(report: Report, groups: Iterable[LogGroup], zone: Zone) -> Report:
    """The report with the text of the first and last few lines of each finding. Raises SourceError."""
    wanted = _wanted(report)
    files = [file for group in groups for file in group.files if file.name in wanted]
    quotes = (quote for file in files for quote in _quotes(file, wanted[file.name], zone))
    return replace(report, quotes=tuple(quotes))


def _wanted(report: Report) -> Mapping[str, set[int]]:
    """Lines by source; a finding's lines are those of the source of its first run."""
    sources: dict[int, str] = {}
    first_runs = {finding.runs[0] for finding in report.findings if finding.runs}
    for run in report.runs:
        if run.number in first_runs:
            sources[run.number] = run.source
    read = [source.name for source in report.sources if not source.left_out]
    alone = read[0] if len(read) == 1 else None
    wanted: defaultdict[str, set[int]] = defaultdict(set)
    for finding in report.findings:
        source = sources.get(finding.runs[0], alone) if finding.runs else alone
        if source is not None:
            wanted[source].update(_some(finding))
    return wanted


def _some(finding: Finding) -> Iterable[int]:
    half = _MOST_LINES // 2
    return finding.lines if len(finding.lines) <= _MOST_LINES else (*finding.lines[:half], *finding.lines[-half:])


def _quotes(file: LogFile, wanted: set[int], zone: Zone) -> Iterator[Quote]:
    """Of a line with many frames the last one that says something."""
    last = max(wanted)
    texts: dict[int, bytes] = {}
    with file.open(live=False) as stream:
        for number, _, text in stream.pieces(zone):
            if number > last:
                break
            if number in wanted and not text.isspace() and text:
                texts[number] = text.strip().rpartition(b"\r")[2]
    for number, text in sorted(texts.items()):
        yield Quote(source=file.name, line=number, text=text[:_LONGEST].decode("utf-8", "replace"))
