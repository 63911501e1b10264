"""The package's front door for Python programs: `analyze`."""

from collections.abc import Iterable, Iterator
from os import PathLike, fspath

from analyzer.analysis import SourceInfo
from analyzer.containers import Stamps, Zone, detect
from analyzer.lines import line_blocks
from analyzer.logs import ReadOptions, read_logs
from analyzer.reading import LogReader, LogReading
from analyzer.report import Question, Report, build_report
from analyzer.settings import parse_timezone
from analyzer.units import parse_duration

Log = str | PathLike[str]


def analyze(
    log: Log | Iterable[str] | Iterable[bytes],
    *,
    timeout: float | str | None = None,
    timezone: str | None = None,
    workflow: str | None = None,
) -> Report:
    """The report on a log.

    `log`: a path (file, directory, glob, URL), or the log's lines with or without their line ends. `timeout`: the limit to judge
    by, in seconds or like `"5m"`. `timezone`: where stamps without a zone come from. `workflow`: only runs of this name.
    Raises SourceError where the log cannot be read and ValueError for a bad argument; a log without runs gives an empty report.
    """
    seconds = parse_duration(timeout) if isinstance(timeout, str) else timeout
    zone = parse_timezone(timezone) if timezone else None
    readings = read_logs([fspath(log)], ReadOptions(zone=zone)) if isinstance(log, str | PathLike) else [_read_lines(log, zone)]
    return build_report(readings, Question(limit_seconds=seconds, workflow=workflow))


def _read_lines(lines: Iterable[str] | Iterable[bytes], zone: Zone) -> LogReading:
    blocks = line_blocks(_encoded(lines))
    first = next(blocks, b"")
    container = detect(first)
    reader = LogReader(expects_bars=container.stamps is Stamps.NONE)
    source = SourceInfo(
        name="lines",
        container=container.name,
        stamps=container.stamps,
        stamps_are_late=container.late_bars,
        timezone=container.timezone(zone),
    )
    reader.read("lines", container.unwrap(_again(first, blocks), zone), lambda: source)
    return reader.result()


def _encoded(lines: Iterable[str] | Iterable[bytes]) -> Iterator[bytes]:
    for line in lines:
        data = line.encode("utf-8", "replace") if isinstance(line, str) else line
        yield data if data.endswith(b"\n") else data + b"\n"


def _again(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
