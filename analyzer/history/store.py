"""The store: logs in, runs and observations out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, select, update

from analyzer.history.database import open_engine, writing
from analyzer.history.identity import LogPrint
from analyzer.history.rows import Row
from analyzer.history.schema import LOGS, RUNS, SPELLINGS

_CHUNK = 2000
_DAY = 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """A run of the history. `seconds`: its duration, or, where it is not `finished`, how long it was seen."""

    workflow: str
    log_signature: str
    graph_signature: str | None
    outcome: str
    start: str
    seconds: float | None
    finished: bool
    queue_seconds: float | None
    started_at: float | None
    ended_at: float | None
    limit_seconds: float | None
    client_limit_seconds: float | None
    client_gave_up: bool
    phases: dict[str, float]
    passes: list[list[float | None]]
    vram_peak_bytes: int | None
    epoch: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What a log brought: runs that were not there, runs whose end became known, runs that were there."""

    new: int = 0
    updated: int = 0
    known: int = 0


class UnknownBeginningError(Exception):
    """Somebody stored a log in the meantime whose beginning this file was not asked about."""

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__(f"{len(sizes)} sizes")
        self.sizes = tuple(sizes)


def open_store(place: str, *, create: bool = True) -> "Store":
    """The store at a path or URL; a file that is not there is made if `create`. Raises UsageError or ComfymeterError."""
    return Store(open_engine(place, create=create))


class Store:
    """Runs of many logs in a database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def close(self) -> None:
        self._engine.dispose()

    # --- in ------------------------------------------------------------------------------------------------------

    def sizes(self) -> list[int]:
        """How much was read of each log: the beginnings that a file must be asked about."""
        with self._engine.connect() as connection:
            return list(connection.execute(select(LOGS.c.size).distinct()).scalars())

    def known_runs(self, found: LogPrint) -> int | None:
        """How many runs this very content had when it was read before; None: it was not."""
        query = select(LOGS.c.runs).where(LOGS.c.size == found.size, LOGS.c.sha256 == found.sha256)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar()

    def put(self, name: str, found: LogPrint, rows: Sequence[Row], now: float) -> Added:
        """Stores a log's runs, as a whole or not at all; of a log that grew, only what is new or has changed.

        Raises UnknownBeginningError where `found` must be made again with more sizes.
        """
        with writing(self._engine) as connection:
            log = _find(connection, found)
            values = {"name": name[:400], "size": found.size, "sha256": found.sha256, "ingested_at": now, "runs": len(rows)}
            if log is None:
                log_id = connection.execute(insert(LOGS).values(values)).inserted_primary_key[0]  # type: ignore[index]
                return _merge_rows(connection, log_id, 0, rows)
            if log.size < found.size:
                connection.execute(update(LOGS).where(LOGS.c.id == log.id).values(values))
            return _merge_rows(connection, log.id, log.runs, rows)

    def prune(self, *, now: float, older_than_seconds: float | None = None, keep_runs: int | None = None) -> int:
        """Forgets old runs, by their end, or where that is not known by when their log was read; how many."""
        with writing(self._engine) as connection:
            removed = 0
            moment = func.coalesce(RUNS.c.ended_at, LOGS.c.ingested_at)
            dated = select(RUNS.c.log_id, RUNS.c.ordinal, moment.label("at")).join(LOGS)
            if older_than_seconds is not None:
                removed += _remove(connection, dated.where(moment < now - older_than_seconds))
            if keep_runs is not None:
                removed += _remove(connection, dated.order_by(moment.desc(), RUNS.c.ordinal.desc()).offset(keep_runs))
            return removed

    # --- out -----------------------------------------------------------------------------------------------------

    def count(self) -> int:
        with self._engine.connect() as connection:
            return connection.execute(select(func.count()).select_from(RUNS)).scalar_one()

    def workflows(self) -> dict[str, int]:
        """The workflows and how many runs each has."""
        query = select(RUNS.c.workflow, func.count()).group_by(RUNS.c.workflow).order_by(func.count().desc())
        with self._engine.connect() as connection:
            return {str(row[0]): int(row[1]) for row in connection.execute(query)}

    def runs(self, *, workflow: str | None = None, since: float | None = None, limit: int | None = None) -> Iterator[StoredRun]:
        """Runs, newest first."""
        columns = [RUNS.c[name] for name in StoredRun.__dataclass_fields__]
        query = select(*columns).where(*_wanted(workflow, since)).order_by(RUNS.c.ended_at.desc(), RUNS.c.ordinal.desc())
        with self._engine.connect().execution_options(yield_per=_CHUNK) as connection:
            for row in connection.execute(query.limit(limit) if limit else query).mappings():
                yield StoredRun(**row)

    def timings(self, *, workflow: str | None = None, newest: int | None = None) -> Iterator[Mapping[str, Any]]:
        """What the timeout's estimator needs of each run, oldest first; per workflow only the `newest`. Rows, not objects:
        there may be millions."""
        names = [workflow] if workflow else list(self.workflows())
        columns = [RUNS.c[name] for name in _TIMING]
        with self._engine.connect().execution_options(yield_per=_CHUNK) as connection:
            for name in names:
                newest_first = select(*columns).where(RUNS.c.workflow == name).order_by(_age().desc())
                rows = connection.execute(newest_first.limit(newest) if newest else newest_first).mappings().all()
                yield from (dict(row) for row in reversed(rows))

    # --- two spellings -------------------------------------------------------------------------------------------

    def spell(self, log_signature: str, graph_signature: str) -> None:
        """Notes that a run was seen under both spellings of its workflow."""
        same = (SPELLINGS.c.log_signature == log_signature) & (SPELLINGS.c.graph_signature == graph_signature)
        with writing(self._engine) as connection:
            known = connection.execute(update(SPELLINGS).where(same).values(runs=SPELLINGS.c.runs + 1)).rowcount
            if not known:
                values = {"log_signature": log_signature, "graph_signature": graph_signature, "runs": 1}
                connection.execute(insert(SPELLINGS).values(values))

    def log_spelling(self, graph_signature: str) -> str | None:
        """The log's spelling of a graph, the one seen most often."""
        query = select(SPELLINGS.c.log_signature).where(SPELLINGS.c.graph_signature == graph_signature)
        with self._engine.connect() as connection:
            return connection.execute(query.order_by(SPELLINGS.c.runs.desc()).limit(1)).scalar()


_TIMING = (
    "workflow",
    "outcome",
    "seconds",
    "start",
    "started_at",
    "epoch",
    "queue_seconds",
    "limit_seconds",
    "client_limit_seconds",
    "client_gave_up",
)


def _age() -> ColumnElement[Any]:
    """Later runs are larger: by their start where it is known, else by the order in which they came in."""
    return func.coalesce(RUNS.c.started_at, RUNS.c.log_id * 1e-3 + RUNS.c.ordinal * 1e-9)


def _wanted(workflow: str | None, since: float | None) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if workflow is not None:
        wanted.append(RUNS.c.workflow == workflow)
    if since is not None:
        wanted.append(RUNS.c.ended_at >= since)
    return wanted


def _find(connection: Connection, found: LogPrint) -> Any:
    """The log that the file continues, the longest if several fit."""
    query = select(LOGS.c.id, LOGS.c.size, LOGS.c.sha256, LOGS.c.runs).where(LOGS.c.size <= found.size)
    known = connection.execute(query.order_by(LOGS.c.size.desc())).all()
    unasked = [log.size for log in known if log.size < found.size and log.size not in found.beginnings]
    if unasked:
        raise UnknownBeginningError(unasked)
    return next((log for log in known if found.begins_with(log.size, log.sha256) or _is_whole(found, log)), None)


def _is_whole(found: LogPrint, log: Any) -> bool:
    return bool((log.size, log.sha256) == (found.size, found.sha256))


def _merge_rows(connection: Connection, log_id: int, runs_before: int, rows: Sequence[Row]) -> Added:
    """Writes the rows that are new or different. What was there before and is not any more has been forgotten and stays so."""
    names = list(rows[0]) if rows else []
    query = select(RUNS.c.ordinal, *(RUNS.c[name] for name in names)).where(RUNS.c.log_id == log_id)
    known = {row.pop("ordinal"): row for row in map(dict, connection.execute(query).mappings())}
    write = [place for place, row in enumerate(rows) if known.get(place) != row and (place in known or place >= runs_before)]
    gone = [place for place in known if place >= len(rows)]
    for place in (*(place for place in write if place in known), *gone):
        connection.execute(delete(RUNS).where(RUNS.c.log_id == log_id, RUNS.c.ordinal == place))
    for first in range(0, len(write), _CHUNK):
        chunk = [{"log_id": log_id, "ordinal": place, **rows[place]} for place in write[first : first + _CHUNK]]
        connection.execute(insert(RUNS), chunk)
    updated = sum(place in known for place in write)
    return Added(new=len(write) - updated, updated=updated, known=len(rows) - len(write))


def _remove(connection: Connection, chosen: Any) -> int:
    removed = 0
    for log_id, ordinal, _ in connection.execute(chosen).all():
        removed += connection.execute(delete(RUNS).where(RUNS.c.log_id == log_id, RUNS.c.ordinal == ordinal)).rowcount
    return removed
