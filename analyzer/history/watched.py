"""Runs that were watched, among those that logs tell: each is stored once, whichever comes first."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from analyzer.history.rows import NEAR_SECONDS, SAMPLED, TOLD, Row
from analyzer.history.schema import LOGS, RUNS

WATCHED_SIZE = -1
# The same stamp, read twice.
_SAME_SECONDS = 0.01


def put_watched(connection: Connection, server: str, row: Row, now: float) -> bool:
    """Stores a run of a server that was watched, unless it is there."""
    log = _log_of(connection, server, now)
    if _is_known(connection, log.id, row, row["prompt_id"]):
        return False
    at = row["ended_at"] if row["ended_at"] is not None else now
    values = {**row, "seen_at": now, "at": at, "log_id": log.id, "ordinal": log.runs}
    connection.execute(insert(RUNS).values(values))
    connection.execute(update(LOGS).where(LOGS.c.id == log.id).values(runs=log.runs + 1))
    return True


def _log_of(connection: Connection, server: str, now: float) -> Any:
    """The log that stands for a server's watched runs."""
    sha256 = hashlib.sha256(server.encode()).hexdigest()
    query = select(LOGS.c.id, LOGS.c.runs).where(LOGS.c.size == WATCHED_SIZE, LOGS.c.sha256 == sha256)
    found = connection.execute(query).first()
    if found is None:
        values = {"name": server[:400], "size": WATCHED_SIZE, "sha256": sha256, "ingested_at": now, "runs": 0}
        connection.execute(insert(LOGS).values(values))
        found = connection.execute(query).first()
    return found


def _is_known(connection: Connection, log_id: int, row: Row, prompt_id: str | None) -> bool:
    """A prompt's id is one of a kind; a log that was ingested tells none, there the times must do."""
    if prompt_id and connection.execute(select(RUNS.c.log_id).where(RUNS.c.prompt_id == prompt_id).limit(1)).first():
        return True
    if row["ended_at"] is None:
        return False
    near = RUNS.c.at.between(row["ended_at"] - NEAR_SECONDS, row["ended_at"] + NEAR_SECONDS)
    elsewhere = RUNS.c.prompt_id.is_(None) if prompt_id else or_(RUNS.c.log_id == log_id, RUNS.c.prompt_id.is_(None))
    query = select(RUNS.c.log_id, RUNS.c.ended_at, RUNS.c.seconds, RUNS.c.log_signature).where(near, elsewhere)
    return any(
        _is_same(row, other, _SAME_SECONDS if other["log_id"] == log_id else NEAR_SECONDS)
        for other in map(dict, connection.execute(query).mappings())
    )


def _is_same(one: Row, other: Mapping[str, Any], near_seconds: float = NEAR_SECONDS) -> bool:
    """Whether two rows are one run, by its workflow, its end and its length."""
    if one["log_signature"] != other["log_signature"] or one["ended_at"] is None or other["ended_at"] is None:
        return False
    if abs(one["ended_at"] - other["ended_at"]) > near_seconds:
        return False
    lengths = one["seconds"], other["seconds"]
    return None in lengths or abs(lengths[0] - lengths[1]) <= NEAR_SECONDS


def take_over(connection: Connection, rows: Sequence[Row]) -> list[Row]:
    """A log's rows, with what watching told of the same runs; those are then the log's."""
    ends = [row["ended_at"] for row in rows if row["ended_at"] is not None]
    if not ends:
        return list(rows)
    columns = [RUNS.c[name] for name in ("log_id", "ordinal", "ended_at", "seconds", "log_signature", *SAMPLED, *TOLD)]
    between = RUNS.c.at.between(min(ends) - NEAR_SECONDS, max(ends) + NEAR_SECONDS)
    query = select(*columns).join(LOGS, LOGS.c.id == RUNS.c.log_id).where(LOGS.c.size == WATCHED_SIZE, between)
    watched = [dict(row) for row in connection.execute(query).mappings()]
    return [_taken(connection, row, watched) for row in rows] if watched else list(rows)


def _taken(connection: Connection, row: Row, watched: list[dict[str, Any]]) -> Row:
    same = next((one for one in watched if _is_same(row, one)), None)
    if same is None:
        return row
    watched.remove(same)
    connection.execute(delete(RUNS).where(RUNS.c.log_id == same["log_id"], RUNS.c.ordinal == same["ordinal"]))
    return {**row, **_known(same, TOLD), **(_known(same, SAMPLED) if row["vram_mean_bytes"] is None else {})}


def _known(row: Mapping[str, Any], names: Iterable[str]) -> Row:
    return {name: row[name] for name in names if row[name] is not None}
