"""From a command's arguments to a report."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import tzinfo
from functools import partial
from typing import IO

from analyzer.cli.options import Common, parsed_if_given
from analyzer.cli.output import Progress, note, writing
from analyzer.errors import NoRunsError
from analyzer.logs import ReadOptions, read_groups
from analyzer.parse import OnUnrecognised
from analyzer.reading import LogReading
from analyzer.redaction import NO_REDACTION, Redaction
from analyzer.report import Question, Report, build_report
from analyzer.sources import LogGroup, resolve
from analyzer.window import Window, parse_moment
from analyzer.workflows import Naming


def read(
    logs: Sequence[str],
    common: Common,
    zone: tzinfo | None,
    *,
    keep_events_of: int | None = None,
    unparsed: str | None = None,
    vram: Sequence[str] | None = None,
    redactor: Redaction = NO_REDACTION,
) -> list[LogReading]:
    """The readings of the logs; the lines not recognised go to the file `unparsed`, through the redactor. `vram`: sample files
    beside those that are found; None: no samples are wanted."""
    groups = resolve(logs)
    return read_found(groups, common, zone, keep_events_of=keep_events_of, unparsed=unparsed, vram=vram, redactor=redactor)


def read_found(
    groups: Sequence[LogGroup],
    common: Common,
    zone: tzinfo | None,
    *,
    keep_events_of: int | None = None,
    unparsed: str | None = None,
    vram: Sequence[str] | None = None,
    redactor: Redaction = NO_REDACTION,
) -> list[LogReading]:
    """The same for logs that have been found."""
    progress = Progress(quiet=common.quiet)
    with _saving(unparsed, redactor) as on_unrecognised:
        try:
            options = ReadOptions(
                zone=zone,
                keep_events_of=keep_events_of,
                on_unrecognised=on_unrecognised,
                on_progress=progress,
                engine=common.engine(),
                samples=None if vram is None else tuple(vram),
            )
            readings = read_groups(groups, options)
        finally:
            progress.done()
    for source in (source for reading in readings for source in reading.sources if source.left_out):
        note(f"comfymeter: {source.name}: left out: {source.left_out}", quiet=common.quiet)
    return readings


@contextmanager
def _saving(path: str | None, redactor: Redaction) -> Iterator[OnUnrecognised | None]:
    if path is None:
        yield None
        return
    private = redactor is NO_REDACTION
    with writing(path), open(path, "w", encoding="utf-8", opener=_for_owner if private else None) as file:
        yield _saver(file, redactor)


def _for_owner(path: str, flags: int) -> int:
    """A new file that only its owner may read."""
    return os.open(path, flags, 0o600)


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
        moment = partial(parse_moment, log_end=end, zone=zone, aware=aware)
        window = Window(since=parsed_if_given("--since", since, moment), until=parsed_if_given("--until", until, moment))
    return Question(limit_seconds=limit, workflow=workflow, window=window, naming=naming)


def report_on(readings: Sequence[LogReading], asked: Question, *, advice: bool = False) -> Report:
    """The report. Raises NoRunsError, with what was asked for, where nothing is left to report."""
    report = build_report(readings, asked, advice=advice)
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
