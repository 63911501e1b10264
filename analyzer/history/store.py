"""The store: logs in, runs and observations out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, select, tuple_, update

from analyzer.history.checking import checked
from analyzer.history.database import open_engine, reading, writing
from analyzer.history.identity import LogPrint
from analyzer.history.merging import Added, Place, continued, merge_rows
from analyzer.history.rows import Row
from analyzer.history.schema import LOGS, RUNS, SPELLINGS
from analyzer.history.watched import put_watched, take_over
from analyzer.renderers.clean import encodable
from analyzer.timeouts.timing import Timing


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
    vram_mean_bytes: int | None
    vram_total_bytes: int | None
    vram_other_peak_bytes: int | None
    energy_joules: float | None
    vram_phases: dict[str, int] | None
    nodes: list[list[str | float]] | None
    cached_nodes: int | None
    node_count: int | None
    epoch: str | None
    prompt_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A log that is stored already. `behind`: the log that it was read behind."""

    log_id: int
    runs: int
    behind: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelled:
    """A workflow under both its spellings."""

    workflow: str
    log_signature: str
    graph_signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What a log was known to start from when it was read behind another one that is not there any more."""

    epoch: str | None
    log_signature: str


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
        with reading(self._engine) as connection:
            return list(connection.execute(select(LOGS.c.size).where(LOGS.c.size >= 0).distinct()).scalars())

    def known(self, found: LogPrint) -> Known | None:
        """The log with this very content; None: it was not read before."""
        query = select(LOGS.c.id, LOGS.c.runs, LOGS.c.behind).where(LOGS.c.size == found.size, LOGS.c.sha256 == found.sha256)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return Known(log_id=row.id, runs=row.runs, behind=row.behind) if row else None

    def before(self, found: LogPrint) -> Before | None:
        """What a log starts from that is stored as read behind another one; None: nothing stands before it.

        Raises UnknownBeginningError.
        """
        with reading(self._engine) as connection:
            log = _find(connection, found)
            if log is None or log.behind is None:
                return None
            query = select(RUNS.c.epoch, RUNS.c.log_signature).where(RUNS.c.log_id == log.id).order_by(RUNS.c.ordinal).limit(1)
            row = connection.execute(query).first()
        return Before(epoch=row.epoch, log_signature=row.log_signature) if row else Before(epoch=None, log_signature="")

    def put(self, name: str, found: LogPrint, rows: Sequence[Row], now: float, place: Place | None = None) -> Added:
        """Stores a log's runs, as a whole or not at all; of a log that grew, only what is new or has changed.

        Raises UnknownBeginningError where `found` must be made again with more sizes.
        """
        place = place or Place()
        with writing(self._engine) as connection:
            log = _find(connection, found)
            # A file's name may be no text.
            shown = encodable(name)[:400]
            values: Row = {"name": shown, "size": found.size, "sha256": found.sha256, "ingested_at": now, "runs": len(rows)}
            if place.behind is not None:
                values["behind"] = place.behind
            rows = take_over(connection, rows)
            if log is None:
                log_id = connection.execute(insert(LOGS).values(values)).inserted_primary_key[0]  # type: ignore[index]
                return merge_rows(connection, log_id, 0, rows, now)
            grew = log.size < found.size
            merged = continued(connection, log, rows, place, grew=grew) if place.alone else rows
            connection.execute(update(LOGS).where(LOGS.c.id == log.id).values({**values, "runs": len(merged)}))
            return merge_rows(connection, log.id, log.runs, merged, now)

    def put_watched(self, server: str, row: Row, now: float) -> bool:
        """Stores a run that was watched; whether it was not there yet, from here or from a log."""
        with writing(self._engine) as connection:
            return put_watched(connection, server, row, now)

    def prune(self, *, now: float, older_than_seconds: float | None = None, keep_runs: int | None = None) -> int:
        """Forgets old runs, by their end, or where that is not known by when they were stored first; how many."""
        with writing(self._engine) as connection:
            removed = 0
            if older_than_seconds is not None:
                removed += connection.execute(delete(RUNS).where(RUNS.c.at < now - older_than_seconds)).rowcount
            if keep_runs is not None:
                age = tuple_(RUNS.c.at, RUNS.c.log_id, RUNS.c.ordinal)
                newest = select(RUNS.c.at, RUNS.c.log_id, RUNS.c.ordinal).order_by(*_newest_first())
                oldest_kept = connection.execute(newest.offset(keep_runs - 1).limit(1)).first()
                if oldest_kept:
                    removed += connection.execute(delete(RUNS).where(age < tuple_(*oldest_kept))).rowcount
            return removed

    # --- out -----------------------------------------------------------------------------------------------------

    def count(self) -> int:
        with reading(self._engine) as connection:
            return connection.execute(select(func.count()).select_from(RUNS)).scalar_one()

    def workflows(self) -> dict[str, int]:
        """The workflows and how many runs each has."""
        query = select(RUNS.c.workflow, func.count()).group_by(RUNS.c.workflow).order_by(func.count().desc())
        with reading(self._engine) as connection:
            return {str(row[0]): int(row[1]) for row in connection.execute(query)}

    def runs(self, *, workflow: str | None = None, since: float | None = None, limit: int | None = None) -> Iterator[StoredRun]:
        """Runs, newest first."""
        names = tuple(StoredRun.__dataclass_fields__)
        columns = [RUNS.c[name] for name in names]
        query = select(*columns).where(*_wanted(workflow, since)).order_by(*_newest_first())
        with reading(self._engine) as connection:
            for row in checked(connection.execute(query.limit(limit) if limit else query), names):
                yield StoredRun(**dict(zip(names, row, strict=True)))

    def timings(self, *, workflow: str | None = None, newest: int | None = None) -> Iterator[Timing]:
        """What the timeout's estimator needs of each run, oldest first; per workflow only the `newest`."""
        columns = [RUNS.c[name] for name in Timing._fields]
        with reading(self._engine) as connection:
            for name in [workflow] if workflow else _names(connection, newest):
                query = select(*columns).where(RUNS.c.workflow == name)
                if newest is None:
                    rows = connection.execute(query.order_by(*_oldest_first()))
                    yield from map(Timing._make, checked(rows, Timing._fields))
                    continue
                newest_rows = connection.execute(query.order_by(*_newest_first()).limit(newest)).all()
                yield from map(Timing._make, checked(reversed(newest_rows), Timing._fields))

    # --- two spellings -------------------------------------------------------------------------------------------

    def spell(self, log_signature: str, graph_signature: str) -> None:
        """Notes that a run was seen under both spellings of its workflow."""
        same = (SPELLINGS.c.log_signature == log_signature) & (SPELLINGS.c.graph_signature == graph_signature)
        with writing(self._engine) as connection:
            known = connection.execute(update(SPELLINGS).where(same).values(runs=SPELLINGS.c.runs + 1)).rowcount
            if not known:
                values = {"log_signature": log_signature, "graph_signature": graph_signature, "runs": 1}
                connection.execute(insert(SPELLINGS).values(values))

    def spelled(self, most: int = 1000) -> list[Spelled]:
        """The graphs that are known, each under the log's spelling seen most often, with the name of its newest run."""
        name = select(RUNS.c.workflow).where(RUNS.c.log_signature == SPELLINGS.c.log_signature)
        newest = name.order_by(RUNS.c.at.desc()).limit(1).scalar_subquery()
        query = select(SPELLINGS.c.graph_signature, SPELLINGS.c.log_signature, newest.label("workflow"))
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(SPELLINGS.c.runs.desc()).limit(most)).all()
        best: dict[str, Spelled] = {}
        for graph, log, workflow in rows:
            if workflow is not None:
                best.setdefault(graph, Spelled(workflow=workflow, log_signature=log, graph_signature=graph))
        return list(best.values())

    def log_spelling(self, graph_signature: str) -> str | None:
        """The log's spelling of a graph, the one seen most often."""
        query = select(SPELLINGS.c.log_signature).where(SPELLINGS.c.graph_signature == graph_signature)
        with reading(self._engine) as connection:
            return connection.execute(query.order_by(SPELLINGS.c.runs.desc()).limit(1)).scalar()


def _names(connection: Connection, newest: int | None) -> list[str]:
    """The workflows, those with most runs first. From each name the index is asked for the next, and runs are counted only as
    far as they matter, so that this does not take longer with every run that is stored."""
    counts: dict[str, int] = {}
    name = connection.execute(select(func.min(RUNS.c.workflow))).scalar()
    while name is not None:
        some = select(RUNS.c.workflow).where(RUNS.c.workflow == name).limit(newest).subquery()
        counts[name] = connection.execute(select(func.count()).select_from(some)).scalar_one()
        name = connection.execute(select(func.min(RUNS.c.workflow)).where(RUNS.c.workflow > name)).scalar()
    return sorted(counts, key=lambda name: -counts[name])


def _oldest_first() -> tuple[ColumnElement[Any], ...]:
    return RUNS.c.at, RUNS.c.log_id, RUNS.c.ordinal


def _newest_first() -> tuple[ColumnElement[Any], ...]:
    return tuple(column.desc() for column in _oldest_first())


def _wanted(workflow: str | None, since: float | None) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if workflow is not None:
        wanted.append(RUNS.c.workflow == workflow)
    if since is not None:
        wanted.append(RUNS.c.at >= since)
    return wanted


def _find(connection: Connection, found: LogPrint) -> Any:
    """The log that the file continues, the longest if several fit."""
    query = select(LOGS.c.id, LOGS.c.size, LOGS.c.sha256, LOGS.c.runs, LOGS.c.behind)
    query = query.where(LOGS.c.size <= found.size, LOGS.c.size >= 0)
    known = connection.execute(query.order_by(LOGS.c.size.desc())).all()
    unasked = [log.size for log in known if log.size < found.size and log.size not in found.beginnings]
    if unasked:
        raise UnknownBeginningError(unasked)
    return next((log for log in known if found.begins_with(log.size, log.sha256) or _is_whole(found, log)), None)


def _is_whole(found: LogPrint, log: Any) -> bool:
    return bool((log.size, log.sha256) == (found.size, found.sha256))
