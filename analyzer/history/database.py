"""Opening the database: SQLite made safe for several writers and sudden death, anything else as SQLAlchemy has it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from analyzer.errors import ComfymeterError, UsageError
from analyzer.history.schema import VERSION, foreign_tables, prepare, stored_version
from analyzer.sources import urls

_BUSY_MS = 60_000
_PORTION = 2000
# Any number will do, as long as only this program uses it.
_POSTGRES_LOCK = 0x0C0F_F7AE


def url_of(place: str) -> URL:
    """A plain path is a SQLite file; for PostgreSQL the driver is ours to choose. Raises ArgumentError."""
    for plain in ("postgresql://", "postgres://"):
        if place.startswith(plain):
            return make_url(f"postgresql+psycopg://{place.removeprefix(plain)}")
    return make_url(place) if urls.is_url(place) else URL.create("sqlite", database=os.path.expanduser(place))


def open_engine(place: str, *, create: bool = True) -> Engine:
    """The database, with its tables as this version needs them. Raises UsageError or ComfymeterError."""
    try:
        url = url_of(place)
        if url.get_backend_name() == "sqlite" and url.database:
            _create_private(url.database, create)
        engine = create_engine(url)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _sqlite_settings)
            event.listen(engine, "begin", _sqlite_begin)
        try:
            _bring_up_to_date(engine, shown(place))
        except BaseException:
            engine.dispose()  # who tries again must not be in his own way
            raise
    except ModuleNotFoundError as error:
        extra = "pip install 'comfymeter[postgres]'" if error.name == "psycopg" else f"its driver {error.name} is not installed"
        raise UsageError(f"--store: {shown(place)} needs more: {extra}") from error
    except (ArgumentError, NoSuchModuleError) as error:
        raise UsageError(f"--store: {shown(place)} is no database URL that can be opened: {_first_line(error)}") from error
    except ValueError as error:  # its words may hold a part of the password
        raise UsageError(f"--store: {shown(place)} is no URL; in a password write %40 for @ and %3A for :") from error
    except (SQLAlchemyError, OSError) as error:
        raise ComfymeterError(f"{shown(place)}: the history cannot be opened: {_first_line(error)}") from error
    return engine


def _bring_up_to_date(engine: Engine, place: str) -> None:
    """Only a store that lacks something is written to: a reader does not wait for a writer."""
    with reading(engine) as connection:
        known = stored_version(connection)
    if known is not None and known > VERSION:
        raise ComfymeterError(f"{place}: this history is of version {known}, newer than {VERSION}; update comfymeter")
    if known != VERSION:
        with writing(engine) as connection:
            if foreign := foreign_tables(connection):
                names = ", ".join(foreign)
                raise ComfymeterError(f"{place}: there are tables of another program here ({names}); use a database of its own")
            prepare(connection)


def shown(place: str) -> str:
    """A place as it may be printed: without its password."""
    try:
        return make_url(place).render_as_string(hide_password=True) if urls.is_url(place) else place
    except (ArgumentError, ValueError):
        return f"{place.partition('://')[0]}://{place.rpartition('@')[2].rpartition('://')[2]}"


def _first_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]


def _create_private(path: str, create: bool) -> None:
    """The history is nobody else's business: the file is made readable for its owner alone."""
    if path == ":memory:" or os.path.exists(path):
        return
    if not create:
        raise ComfymeterError(f"{path}: no such history; `comfymeter ingest LOG --store {path}` makes one")
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _sqlite_settings(connection: Any, record: Any) -> None:
    # The driver's own transactions begin too late for us; WAL lets readers go on while one writes. NORMAL loses no committed
    # data when the process dies, only when the machine loses power.
    connection.isolation_level = None
    for pragma in (f"busy_timeout={_BUSY_MS}", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    # A writer takes its lock before it reads, so that what it has read still holds when it writes.
    write = connection.get_execution_options().get("comfymeter_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state and waits for nobody; rows are fetched in portions."""
    with _in_plain_words(engine), engine.connect().execution_options(yield_per=_PORTION) as connection:
        yield connection


@contextmanager
def _in_plain_words(engine: Engine) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise ComfymeterError(f"{_place(engine)}: the history cannot be read or written: {_first_line(error)}") from error
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        # Values that the tables have no room for: SQLite keeps them, and the libraries each raise their own.
        what = "holds what comfymeter did not write"
        raise ComfymeterError(f"{_place(engine)}: the history {what} ({_first_line(error)}); use a copy, or a new one") from error


def _place(engine: Engine) -> str:
    is_file = engine.dialect.name == "sqlite" and engine.url.database
    return str(engine.url.database if is_file else engine.url.render_as_string(hide_password=True))


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that no other writer is in at the same time: all of it is stored, or nothing."""
    with (
        _in_plain_words(engine),
        engine.connect().execution_options(comfymeter_write=True) as connection,
        connection.begin(),
    ):
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _POSTGRES_LOCK})
        yield connection
