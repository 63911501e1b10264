"""Logs into the history: read once if they are new, not at all if they are known, again if they have grown."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from analyzer.errors import ComfymeterError, SourceError, UsageError
from analyzer.history.identity import LogPrint, fingerprint
from analyzer.history.merging import Added, Place
from analyzer.history.rows import Row, row_of
from analyzer.history.store import Before, Known, Store, UnknownBeginningError
from analyzer.logs import ReadOptions, read_files
from analyzer.reading import LogReading
from analyzer.runs.model import Run
from analyzer.runs.signature import workflow_of
from analyzer.sampled import with_samples
from analyzer.sources import LogFile, LogGroup, resolve
from analyzer.sources.copies import without_copies
from analyzer.sources.files import STDIN
from analyzer.sources.unpacked import FirstBytes, contents
from analyzer.workflows import Naming

# Another process may store a log, or the server turn it, between our looking and our writing; nobody does so for ever.
_TRIES = 20
_MODEL = "model:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """One file: what it brought, or why it could not be read; `left_out`: the same, of a file that nobody named."""

    name: str
    added: Added = field(default_factory=Added)
    error: str | None = None
    left_out: str | None = None


class _ChangedError(Exception):
    """The file is not what it was when we looked."""


def ingest(
    store: Store, arguments: Sequence[str], options: ReadOptions, *, naming: Naming, limit_seconds: float | None, now: float
) -> Iterator[Ingested]:
    """Stores the runs of logs. `limit_seconds`: the client's limit while they were written. A log that cannot be read does not
    keep the others out. Raises SourceError where an argument stands for nothing."""
    groups = resolve(arguments)
    if any(file.name == STDIN for group in groups for file in group.files):
        raise UsageError("ingest: a stream cannot be recognised when it comes again; give files")
    for group in groups:
        try:
            yield from _ingest_group(store, group, options, naming, limit_seconds, now)
        except SourceError as error:
            yield Ingested(name=group.name, error=str(error))


def _ingest_group(
    store: Store, group: LogGroup, options: ReadOptions, naming: Naming, limit_seconds: float | None, now: float
) -> list[Ingested]:
    sizes: set[int] = set(store.sizes())
    for _ in range(_TRIES):
        try:
            return _try_group(store, group, sizes, options, naming, limit_seconds, now)
        except UnknownBeginningError as error:
            sizes |= set(error.sizes)
        except _ChangedError:
            continue
    raise ComfymeterError(f"{group.name}: the log or the history changes faster than it can be read; try again")


def _try_group(
    store: Store, group: LogGroup, sizes: set[int], options: ReadOptions, naming: Naming, limit: float | None, now: float
) -> list[Ingested]:
    files, left_out = _readable(group)
    if not files:
        return left_out
    prints = [fingerprint(contents(file), sizes) for file in files]
    known = [store.known(found) for found in prints]
    if _unchanged(known):
        return left_out + [
            Ingested(name=file.name, added=Added(known=one.runs if one else 0)) for file, one in zip(files, known, strict=True)
        ]
    before = store.before(prints[0])
    rows = _rows_by_source(_read(files, prints, options), naming, limit, before)
    done: list[Ingested] = []
    for number, (file, found) in enumerate(zip(files, prints, strict=True), 1):
        behind = done[-1].added.log_id if done else None
        place = Place(behind=behind, last=number == len(files), alone=before is not None)
        done.append(Ingested(name=file.name, added=store.put(file.name, found, rows.get(file.name, []), now, place)))
    return left_out + done


def _readable(group: LogGroup) -> tuple[list[LogFile], list[Ingested]]:
    """The files that say something of their own, and those that nobody named and that cannot be read. Raises SourceError."""
    files: list[LogFile] = []
    left_out: list[Ingested] = []
    for file in without_copies(group).files:
        stream = file.open_or_why()
        if isinstance(stream, str):
            left_out.append(Ingested(name=file.name, left_out=stream))
        else:
            stream.close()
            files.append(file)
    return files, left_out


def _unchanged(known: Sequence[Known | None]) -> bool:
    """Whether all files are known, and known in this order: a run may go on from one to the next."""
    previous: Known | None = None
    for one in known:
        if one is None or (previous is not None and one.behind != previous.log_id):
            return False
        previous = one
    return True


def _read(files: Sequence[LogFile], prints: Sequence[LogPrint], options: ReadOptions) -> LogReading:
    """What the files say as far as their prints go. Raises _ChangedError where they are not what they were."""
    firsts = [FirstBytes(file, found.size) for file, found in zip(files, prints, strict=True)]
    copies = [LogFile(name=file.name, opener=partial(_same, first)) for file, first in zip(files, firsts, strict=True)]
    (reading,) = with_samples([read_files(copies, options)], (), options.zone)
    if any(first.sha256 != found.sha256 for first, found in zip(firsts, prints, strict=True)):
        raise _ChangedError
    return reading


def _same(first: FirstBytes) -> FirstBytes:
    return first


def _rows_by_source(
    reading: LogReading, naming: Naming, limit_seconds: float | None, before: Before | None
) -> dict[str, list[Row]]:
    """The rows of each file's runs, in order. Runs left out by the settings are not stored."""
    zones = {source.name: source.timezone for source in reading.sources}
    epochs: Mapping[int, str | None] = {
        0: before.epoch if before else None,
        **{start.number: start.epoch for start in reading.server_starts},
    }
    rows: dict[str, list[Row]] = {}
    runs = _from_before(reading.runs, before)
    for run in naming.apply(runs, limit_seconds) if naming else runs:
        row = row_of(run, timezone=zones.get(run.source), epoch=epochs.get(run.server_number), limit_seconds=limit_seconds)
        rows.setdefault(run.source, []).append(row)
    return rows


def _from_before(runs: Iterable[Run], before: Before | None) -> Iterator[Run]:
    """The runs, those without a model of their own with the one that was resident when the log began."""
    part = before.log_signature.partition("|")[0] if before else ""
    models = part.removeprefix(_MODEL).split("+") if part.startswith(_MODEL) else []
    for run in runs:
        if models and not run.server_number and run.passes and not run.workflow.signature.startswith(_MODEL):
            workflow = workflow_of(run.passes, run.bars, run.detections, models)
            yield replace(run, workflow=workflow)
        else:
            yield run
