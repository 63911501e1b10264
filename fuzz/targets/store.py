"""The history's SQLite file, with damaged bytes, wrong tables and values that no version of ours wrote."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import cache

from analyzer.advising import answer_for_history
from analyzer.history import open_store
from analyzer.history.rows import Row, row_of
from analyzer.predict import History
from analyzer.runs.model import Run
from fuzz import seeds
from fuzz.base import Mutate, Target
from fuzz.documents import report_of
from fuzz.files import written

_VALUES = (
    "'abc'",
    "NULL",
    "X'ff00'",
    "-1",
    "1e999",
    "'[1'",
    "'{}'",
    "'null'",
    "9223372036854775807",
    "0.5",
    "''",
    "CAST(X'ff' AS TEXT)",
)
_WRONG = (
    "UPDATE comfymeter_meta SET value = 'abc'",
    "UPDATE comfymeter_meta SET value = '1'",
    "UPDATE comfymeter_meta SET value = '-3'",
    "UPDATE comfymeter_meta SET value = '99'",
    "DELETE FROM comfymeter_meta",
    "DROP TABLE runs",
    "ALTER TABLE runs DROP COLUMN nodes",
    "DROP TABLE comfymeter_meta",
    "UPDATE runs SET phases = '[1'",
    "UPDATE runs SET passes = '{\"a\": 1}'",
    "UPDATE runs SET seconds = 'long'",
    "UPDATE runs SET outcome = 'none of ours'",
)


def check(data: bytes) -> None:
    """All that reads the history, and one write."""
    path = written(data, "fuzz.db")
    for suffix in ("-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    store = open_store(str(path), create=False)
    try:
        History.of_rows(list(store.runs()))
        answer_for_history(list(store.timings(newest=100)), risk=0.01, limits={}, limit_in_force=None)
        store.workflows()
        store.spelled()
        store.sizes()
        store.put_watched("fuzz", _row(), 1785578400.0)
    finally:
        store.close()


@cache
def _row() -> Row:
    return row_of(_report_runs()[0], timezone=None, epoch=None, limit_seconds=None)


@cache
def _report_runs() -> tuple[Run, ...]:
    return tuple(run for log in seeds.logs()[:3] for run in report_of(log).runs)[:6]


@cache
def _whole() -> bytes:
    """A small store with a few runs."""
    path = written(b"", "whole.db")
    store = open_store(str(path))
    for number, run in enumerate(_report_runs()):
        row = row_of(run, timezone=None, epoch=None, limit_seconds=None)
        store.put_watched("fuzz", {**row, "prompt_id": str(number), "ended_at": 1785578400.0 + number}, 1785578400.0)
    store.spell("log", "graph:1")
    store.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in ("PRAGMA journal_mode = DELETE", "PRAGMA page_size = 512", "VACUUM"):
            connection.execute(statement)
    return path.read_bytes()


def _changed(data: bytes, statement: str) -> bytes:
    """The file after a statement; unchanged where it cannot be made."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        try:
            connection.deserialize(data)
            connection.execute(statement)
            return bytes(connection.serialize())
        except (sqlite3.Error, ValueError, OverflowError, MemoryError):
            return data


def _seeds() -> Iterator[bytes]:
    yield _whole()
    yield b""
    yield b"SQLite format 3\0"
    for statement in _WRONG:
        yield _changed(_whole(), statement)


def _mutate(data: bytes, most_bytes: int, seed: int, mutate: Mutate) -> bytes:
    """Half of the time a cell gets another value, else bytes are changed."""
    chance = random.Random(seed)
    if chance.random() < 0.5:
        table, columns = chance.choice(_tables())
        made = _changed(data, f"UPDATE {table} SET {chance.choice(columns)} = {chance.choice(_VALUES)}")
        return made if len(made) <= most_bytes else data
    return mutate(data, most_bytes)


@cache
def _tables() -> tuple[tuple[str, tuple[str, ...]], ...]:
    from analyzer.history.schema import metadata

    return tuple((name, tuple(table.columns.keys())) for name, table in metadata.tables.items())


STORE = Target(
    name="store",
    what="the history's SQLite file",
    seeds=_seeds,
    check=check,
    most_bytes=64 << 10,
    words=(b"runs", b"logs"),
    mutator=_mutate,
)
