"""Logs into a store, and what it holds then."""

import random
from pathlib import Path

from analyzer.history import Store, open_store
from analyzer.history.merging import Added
from analyzer.ingesting import ingest
from analyzer.logs import ReadOptions
from analyzer.workflows import Naming


def ingested(store: Store, *logs: Path, limit: float | None = None, now: float = 1000.0) -> list[Added]:
    """Ingests logs; what each file brought."""
    done = ingest(store, [str(path) for path in logs], ReadOptions(), naming=Naming(), limit_seconds=limit, now=now)
    return [one.added for one in done]


def content(store: Store) -> list[str]:
    """All runs, without what tells in which order they came in."""
    return sorted(map(repr, store.runs()))


def once(folder: Path, *logs: Path) -> list[str]:
    """What a store holds that read these logs once."""
    store = open_store(str(folder / f"once-{random.random()}.db"))
    ingested(store, *logs)
    found = content(store)
    store.close()
    return found
