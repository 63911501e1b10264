"""The tables of the history, and how an older store becomes a newer one."""

from collections.abc import Callable

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    func,
    insert,
    inspect,
    select,
    text,
    update,
)

VERSION = 5
_BY_PROMPT = "runs_by_prompt"

metadata = MetaData()

META = Table(
    "comfymeter_meta", metadata, Column("key", String(40), primary_key=True), Column("value", String(200), nullable=False)
)

LOGS = Table(
    "logs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(400), nullable=False),
    # What has been read of it: its identity is that another file begins with the same bytes. -1: runs that were watched.
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("ingested_at", Float, nullable=False),
    # Runs it had when it was read; those that are not there any more have been forgotten on purpose.
    Column("runs", Integer, nullable=False),
    # The log that it was read behind, in a rotated set: what that one said (versions, resident model) holds for this one too.
    Column("behind", Integer),
    UniqueConstraint("size", "sha256"),
)

RUNS = Table(
    "runs",
    metadata,
    Column("log_id", Integer, ForeignKey("logs.id", ondelete="CASCADE"), primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("workflow", String(200), nullable=False),
    Column("log_signature", String(1000), nullable=False),
    Column("graph_signature", String(1000)),
    Column("outcome", String(20), nullable=False),
    Column("failure_kind", String(200)),
    Column("partial", Boolean, nullable=False),
    Column("start", String(10), nullable=False),
    Column("clock", String(10)),
    Column("started_at", Float),
    Column("ended_at", Float),
    Column("timezone", String(60)),
    Column("queue_seconds", Float),
    # The duration, or what was seen of an unfinished run.
    Column("seconds", Float),
    Column("finished", Boolean, nullable=False),
    Column("limit_seconds", Float),
    Column("client_limit_seconds", Float),
    Column("client_gave_up", Boolean, nullable=False),
    Column("phases", JSON, nullable=False),
    Column("passes", JSON, nullable=False),
    Column("loads", Integer, nullable=False),
    Column("reloads", Integer, nullable=False),
    Column("added_bytes", BigInteger),
    Column("vram_peak_bytes", BigInteger),
    Column("vram_source", String(10)),
    # Sampled beside the log; None where it was not.
    Column("vram_mean_bytes", BigInteger),
    Column("vram_total_bytes", BigInteger),
    Column("vram_other_peak_bytes", BigInteger),
    Column("energy_joules", Float),
    Column("vram_phases", JSON(none_as_null=True)),
    # What only a watched server tells: pairs of a node's class and its seconds, how many of all nodes came from the cache.
    Column("nodes", JSON(none_as_null=True)),
    Column("cached_nodes", Integer),
    Column("node_count", Integer),
    Column("epoch", String(400)),
    # Of a run that was watched: it is stored once, however often the server tells of it.
    Column("prompt_id", String(100)),
    # When it was stored first; a log that grows is stored again and again.
    Column("seen_at", Float),
    # When it ended as far as anybody knows: its end, else its start and how long it was seen, else when it was stored first.
    Column("at", Float),
    # What `timeout` asks for stands in one index, in the order of time: the newest of a million runs are found at its end.
    Index("runs_by_age", "at"),
    Index(_BY_PROMPT, "prompt_id"),
    Index(
        "runs_for_timings",
        "workflow",
        "at",
        "outcome",
        "seconds",
        "start",
        "started_at",
        "epoch",
        "queue_seconds",
        "limit_seconds",
        "client_limit_seconds",
        "client_gave_up",
    ),
)

# A workflow's two spellings: what the log shows of it, and its graph as the API gives it.
SPELLINGS = Table(
    "workflow_spellings",
    metadata,
    Column("log_signature", String(1000), primary_key=True),
    Column("graph_signature", String(1000), primary_key=True),
    Column("runs", Integer, nullable=False),
)

Migration = Callable[[Connection], None]


def _times_and_places(connection: Connection) -> None:
    """2: when a run was stored first and when it happened, what a log was read behind."""
    for column in ("seen_at", "at"):
        connection.execute(text(f"ALTER TABLE runs ADD COLUMN {column} DOUBLE PRECISION"))
    connection.execute(text("ALTER TABLE logs ADD COLUMN behind INTEGER"))
    read_at = select(LOGS.c.ingested_at).where(LOGS.c.id == RUNS.c.log_id).scalar_subquery()
    connection.execute(update(RUNS).values(seen_at=read_at))
    connection.execute(update(RUNS).values(at=func.coalesce(RUNS.c.ended_at, RUNS.c.started_at + RUNS.c.seconds, RUNS.c.seen_at)))
    for name in ("runs_by_time", "runs_for_timeout"):
        connection.execute(text(f"DROP INDEX IF EXISTS {name}"))
    for index in RUNS.indexes:
        if index.name != _BY_PROMPT:
            index.create(connection)


def _sampled_vram(connection: Connection) -> None:
    """3: what VRAM samples beside a log say."""
    for column in ("vram_mean_bytes", "vram_total_bytes", "vram_other_peak_bytes"):
        connection.execute(text(f"ALTER TABLE runs ADD COLUMN {column} BIGINT"))
    connection.execute(text("ALTER TABLE runs ADD COLUMN energy_joules DOUBLE PRECISION"))


def _prompt_ids(connection: Connection) -> None:
    """4: which prompt a watched run was."""
    connection.execute(text("ALTER TABLE runs ADD COLUMN prompt_id VARCHAR(100)"))
    next(index for index in RUNS.indexes if index.name == _BY_PROMPT).create(connection)


def _nodes_and_phases(connection: Connection) -> None:
    """5: node times and cache hits, VRAM by phase."""
    for column, kind in (("vram_phases", "JSON"), ("nodes", "JSON"), ("cached_nodes", "INTEGER"), ("node_count", "INTEGER")):
        connection.execute(text(f"ALTER TABLE runs ADD COLUMN {column} {kind}"))


# The step at place N turns version N + 1 into N + 2.
MIGRATIONS: tuple[Migration, ...] = (_times_and_places, _sampled_vram, _prompt_ids, _nodes_and_phases)


def stored_version(connection: Connection) -> int | None:
    """The version of an existing store; None for an empty database."""
    if not inspect(connection).has_table(META.name):
        return None
    value = connection.execute(select(META.c.value).where(META.c.key == "version")).scalar()
    if value is not None and not (isinstance(value, str) and value.isdecimal() and len(value) < 10 and int(value) > 0):
        raise ValueError(f"its version is {str(value)[:40]!r}")
    return int(value) if value is not None else None


def foreign_tables(connection: Connection) -> list[str]:
    """Tables of another program that have the names of ours."""
    if stored_version(connection) is not None:
        return []
    return sorted(set(metadata.tables) & set(inspect(connection).get_table_names()))


def prepare(connection: Connection, migrations: tuple[Migration, ...] = MIGRATIONS, version: int = VERSION) -> None:
    """Makes the tables, or brings those of an older version up to this one. The caller has refused newer ones."""
    known = stored_version(connection)
    if known is None:
        metadata.create_all(connection)
        connection.execute(insert(META).values(key="version", value=str(version)))
        return
    for step in migrations[known - 1 : version - 1]:
        step(connection)
    if known < version:
        connection.execute(update(META).where(META.c.key == "version").values(value=str(version)))
