"""Logs into the history: read once if they are new, not at all if they are known, again if they have grown."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from analyzer.containers import Stamps
from analyzer.errors import UsageError
from analyzer.history.identity import LogPrint, fingerprint
from analyzer.history.rows import Row, row_of
from analyzer.history.store import Added, Store, UnknownBeginningError
from analyzer.logs import ReadOptions, describe
from analyzer.reading import LogReader, LogReading
from analyzer.runs.model import Run
from analyzer.sources import LogFile, LogGroup, resolve
from analyzer.sources.files import STDIN
from analyzer.workflows import Naming

# Another process may store a log between our looking and our writing; nobody does so for ever.
_TRIES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """One file: what it brought."""

    name: str
    added: Added


def ingest(
    store: Store, arguments: Sequence[str], options: ReadOptions, *, naming: Naming, limit_seconds: float | None, now: float
) -> Iterator[Ingested]:
    """Stores the runs of logs. `limit_seconds`: the client's limit while they were written. Raises SourceError."""
    for group in resolve(arguments):
        if any(file.name == STDIN for file in group.files):
            raise UsageError("ingest: a stream cannot be recognised when it comes again; give files")
        yield from _ingest_group(store, group, options, naming, limit_seconds, now)


def _ingest_group(
    store: Store, group: LogGroup, options: ReadOptions, naming: Naming, limit_seconds: float | None, now: float
) -> Iterator[Ingested]:
    sizes: set[int] = set(store.sizes())
    prints = {file.name: _fingerprint(file, sizes) for file in group.files}
    known = {name: store.known_runs(found) for name, found in prints.items()}
    if all(count is not None for count in known.values()):
        yield from (Ingested(name=name, added=Added(known=count or 0)) for name, count in known.items())
        return
    reading = _read(group, options)
    rows = _rows_by_source(reading, naming, limit_seconds)
    for file in group.files:
        added = _put(store, file, prints[file.name], sizes, rows.get(file.name, []), now)
        yield Ingested(name=file.name, added=added)


def _put(store: Store, file: LogFile, found: LogPrint, sizes: set[int], rows: Sequence[Row], now: float) -> Added:
    for _ in range(_TRIES):
        try:
            return store.put(file.name, found, rows, now)
        except UnknownBeginningError as error:
            sizes |= set(error.sizes)
            found = _fingerprint(file, sizes, found.size)
    raise UsageError(f"{file.name}: the history changes faster than this log can be compared with it; try again")


def _fingerprint(file: LogFile, sizes: Iterable[int], whole: int | None = None) -> LogPrint:
    """The file's print; `whole`: only so much of it, as it may have grown since."""
    with file.open(live=False) as stream:
        return fingerprint(_first(stream.blocks(), whole), sizes)


def _first(blocks: Iterable[bytes], size: int | None) -> Iterator[bytes]:
    left = size
    for block in blocks:
        if left is None:
            yield block
            continue
        yield block[:left]
        left -= len(block[:left])
        if left <= 0:
            return


def _read(group: LogGroup, options: ReadOptions) -> LogReading:
    reader: LogReader | None = None
    for file in group.files:
        with file.open(live=False) as stream:
            reader = reader or LogReader(expects_bars=stream.container.stamps is Stamps.NONE)
            reader.read(file.name, stream.pieces(options.zone), partial(describe, stream, options))
    if reader is None:
        raise ValueError("a log has at least one file")
    return reader.result()


def _rows_by_source(reading: LogReading, naming: Naming, limit_seconds: float | None) -> dict[str, list[Row]]:
    """The rows of each file's runs, in order. Runs left out by the settings are not stored."""
    zones = {source.name: source.timezone for source in reading.sources}
    epochs = {start.number: start.epoch for start in reading.server_starts}
    runs: Iterable[Run] = naming.apply(reading.runs, limit_seconds) if naming else reading.runs
    rows: dict[str, list[Row]] = {}
    for run in runs:
        epoch = epochs.get(run.server_number)
        rows.setdefault(run.source, []).append(
            row_of(run, timezone=zones.get(run.source), epoch=epoch, limit_seconds=limit_seconds)
        )
    return rows
