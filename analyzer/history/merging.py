"""A log's rows into its runs: what is new or different is written, what is known better stays."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from analyzer.history.rows import SAMPLED, TOLD, Row
from analyzer.history.schema import RUNS
from analyzer.runs.model import VramSource

_CHUNK = 2000
_LOG_ENDED = "log_ended"
_SAMPLERS = (VramSource.NVML.value, VramSource.API.value)
_ALWAYS = ("finished", "limit_seconds", "seen_at", "at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What a log brought: runs that were not there, runs whose end became known, runs that were there."""

    new: int = 0
    updated: int = 0
    known: int = 0
    log_id: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A file's place in its set. `behind`: the log before it; `last`: nothing follows; `alone`: what once stood before the
    set's first file is not there any more."""

    behind: int | None = None
    last: bool = True
    alone: bool = False


def continued(connection: Connection, log: Any, rows: Sequence[Row], place: Place, *, grew: bool) -> list[Row | None]:
    """The rows of a log that is read without what stood before it: those known from a better reading stay, what is new is added.

    Only a run that was open at the log's end is known no better: it went on there, or in the log that follows now.
    """
    last_one = (RUNS.c.log_id == log.id) & (RUNS.c.ordinal == log.runs - 1)
    last = connection.execute(select(RUNS.c.finished, RUNS.c.failure_kind).where(last_one)).first()
    open_end = last is not None and not last.finished and last.failure_kind == _LOG_ENDED
    settled = log.runs - 1 if open_end and (grew or not place.last) else log.runs
    return [*[None] * settled, *(rows[settled:] if grew else [])]


def merge_rows(connection: Connection, log_id: int, runs_before: int, rows: Sequence[Row | None], now: float) -> Added:
    """Writes the rows that are new or different; None: as it is. What was there before and is not any more has been forgotten
    and stays so."""
    known = _stored_rows(connection, log_id, list(next(filter(None, rows), {})))
    write: dict[int, Row] = {}
    for ordinal, fresh in enumerate(rows):
        old = known.get(ordinal)
        row = _with_old_times(fresh, old, now) if fresh else old
        if row is not None and row != old and (old is not None or ordinal >= runs_before):
            write[ordinal] = row
    gone = [ordinal for ordinal in known if ordinal >= len(rows) or ordinal in write]
    for first in range(0, len(gone), _CHUNK):
        chosen = RUNS.c.ordinal.in_(gone[first : first + _CHUNK])
        connection.execute(delete(RUNS).where(RUNS.c.log_id == log_id, chosen))
    new = [{"log_id": log_id, "ordinal": ordinal, **row} for ordinal, row in write.items()]
    for first in range(0, len(new), _CHUNK):
        connection.execute(insert(RUNS), new[first : first + _CHUNK])
    updated = sum(ordinal in known for ordinal in write)
    return Added(new=len(write) - updated, updated=updated, known=len(rows) - len(write), log_id=log_id)


def _stored_rows(connection: Connection, log_id: int, names: Sequence[str]) -> dict[int, Row]:
    """A log's rows by their ordinal."""
    columns = [RUNS.c[name] for name in dict.fromkeys((*names, *_ALWAYS))]
    query = select(RUNS.c.ordinal, *columns).where(RUNS.c.log_id == log_id)
    return {row.pop("ordinal"): row for row in map(dict, connection.execute(query).mappings())}


def _with_old_times(row: Row, old: Row | None, now: float) -> Row:
    """The row as it is to be stored: first seen when it was, and under the limit that was in force when it ended."""
    seen_at = now if old is None else old["seen_at"]
    limit = old["limit_seconds"] if old is not None and old["finished"] else row["limit_seconds"]
    at = row["ended_at"]
    if at is None and row["started_at"] is not None:
        at = row["started_at"] + (row["seconds"] or 0.0)
    told = {name: old[name] for name in TOLD if row[name] is None} if old is not None else {}
    vram = {name: old[name] for name in SAMPLED} if old is not None and _loses_samples(old, row) else {}
    return {**row, **told, **vram, "limit_seconds": limit, "seen_at": seen_at, "at": seen_at if at is None else at}


def _loses_samples(old: Row, row: Row) -> bool:
    """Whether a run was stored with VRAM samples that do not lie beside its log any more."""
    return old["vram_source"] in _SAMPLERS and row["vram_source"] not in _SAMPLERS
