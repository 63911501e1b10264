"""From a command's arguments to a report."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import tzinfo
from typing import IO

from analyzer.cli.options import Common
from analyzer.cli.output import Progress
from analyzer.errors import ComfymeterError, NoRunsError, UsageError
from analyzer.logs import ReadOptions, read_logs
from analyzer.parse import OnUnrecognised
from analyzer.reading import LogReading
from analyzer.redaction import NO_REDACTION, Redaction
from analyzer.report import Question, Report, build_report
from analyzer.window import Window, parse_moment
from analyzer.workflows import Naming


def read(
    logs: Sequence[str],
    common: Common,
    zone: tzinfo | None,
    *,
    keep_events_of: int | None = None,
    unparsed: str | None = None,
    redactor: Redaction = NO_REDACTION,
) -> list[LogReading]:
    """The readings of the logs; the lines not recognised go to the file `unparsed`, through the redactor."""
    progress = Progress(quiet=common.quiet)
    with _saving(unparsed, redactor) as on_unrecognised:
        try:
            options = ReadOptions(zone=zone, keep_events_of=keep_events_of, on_unrecognised=on_unrecognised, on_progress=progress)
            return read_logs(logs, options)
        finally:
            progress.done()


@contextmanager
def _saving(path: str | None, redactor: Redaction) -> Iterator[OnUnrecognised | None]:
    if path is None:
        yield None
        return
    try:
        with open(path, "w", encoding="utf-8") as file:
            yield _saver(file, redactor)
    except OSError as error:
        raise ComfymeterError(f"{path}: cannot be written: {error.strerror or error}") from error


def _saver(file: IO[str], redactor: Redaction) -> OnUnrecognised:
    def save(line: int, text: bytes) -> None:
        file.write(f"{line}\t{redactor.text(text.decode('utf-8', 'replace'))}\n")

    return save


def question(
    readings: Sequence[LogReading],
    *,
    limit: float | None,
    workflow: str | None,
    since: str | None,
    until: str | None,
    zone: tzinfo | None,
    naming: Naming,
) -> Question:
    """What to ask of the readings. Raises UsageError for a moment that cannot be read."""
    window = None
    if since or until:
        ends = [source.last_at for reading in readings for source in reading.sources if source.last_at is not None]
        aware = any(source.timezone is not None for reading in readings for source in reading.sources)
        end = max(ends, default=None)
        window = Window(since=_moment("--since", since, end, zone, aware), until=_moment("--until", until, end, zone, aware))
    return Question(limit_seconds=limit, workflow=workflow, window=window, naming=naming)


def _moment(flag: str, text: str | None, end: float | None, zone: tzinfo | None, aware: bool) -> float | None:
    if text is None:
        return None
    try:
        return parse_moment(text, log_end=end, zone=zone, aware=aware)
    except ValueError as error:
        raise UsageError(f"{flag}: {error}") from error


def report_on(readings: Sequence[LogReading], asked: Question) -> Report:
    """The report. Raises NoRunsError, with what was asked for, where nothing is left to report."""
    report = build_report(readings, asked)
    if not report.runs:
        raise NoRunsError(_why_no_runs(report, readings, asked))
    return report


def _why_no_runs(report: Report, readings: Sequence[LogReading], asked: Question) -> str:
    names = ", ".join(source.name for source in report.sources)
    found = sum(len(reading.runs) for reading in readings)
    if found and asked.window:
        return f"{names}: none of its {found} runs lies in the given time; runs without time stamps never do"
    if found:
        known = sorted({run.workflow.name for reading in readings for run in reading.runs})
        return f"{names}: no run of the workflow {asked.workflow!r}; there are {', '.join(known[:8])}"
    if report.requests.received:
        return f"{names}: {report.requests.received} requests but no run; `comfymeter doctor` says what the log lacks"
    return f"{names}: no run in this log; `comfymeter doctor` says what it lacks"
