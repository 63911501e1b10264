"""The package's front door for Python programs: `analyze`."""

from collections.abc import Iterable, Sequence
from os import PathLike, fspath

from analyzer.logs import ReadOptions, read_files, read_logs
from analyzer.reading import LogReading
from analyzer.report import Question, Report, build_report
from analyzer.sampled import with_samples
from analyzer.settings import parse_timezone
from analyzer.sources.given import given_lines
from analyzer.units import parse_duration

Log = str | PathLike[str]

# What a log that was given as lines is called in the report.
LINES = "lines"


def analyze(
    log: Log | Iterable[str] | Iterable[bytes],
    *,
    timeout: float | str | None = None,
    timezone: str | None = None,
    workflow: str | None = None,
    vram: Log | Sequence[Log] = (),
) -> Report:
    """The report on a log.

    `log`: a path (file, directory, glob, URL), or the log's lines with or without their line ends, which are read as a file of
    the same text is. `timeout`: the limit to judge by, in seconds or like `"5m"`. `timezone`: where stamps without a zone come
    from. `workflow`: only runs of this name. `vram`: files of VRAM samples, beside `LOG.vram.csv`, which is found by itself.
    Raises SourceError where the log cannot be read and ValueError for a bad argument; a log without runs gives an empty report,
    and so do no lines at all.
    """
    seconds = parse_duration(timeout) if isinstance(timeout, str) else timeout
    samples = tuple(fspath(one) for one in ([vram] if isinstance(vram, str | PathLike) else vram))
    options = ReadOptions(zone=parse_timezone(timezone) if timezone else None, samples=samples)
    if isinstance(log, str | PathLike):
        readings = read_logs([fspath(log)], options)
    else:
        readings = with_samples([_read_lines(log, options)], samples, options.zone, beside=False)
    return build_report(readings, Question(limit_seconds=seconds, workflow=workflow))


def _read_lines(lines: Iterable[str] | Iterable[bytes], options: ReadOptions) -> LogReading:
    file = given_lines(LINES, lines)
    return read_files([file] if file else [], options)
