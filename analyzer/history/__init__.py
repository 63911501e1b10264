"""The history of runs: a database that grows with the logs, which `timeout`, `watch` and `serve` learn from.

A SQLite file by default, any SQLAlchemy URL otherwise. SQLAlchemy is imported only when a store is opened.
"""

from analyzer.history.store import Store, StoredRun, open_store

__all__ = ["Store", "StoredRun", "open_store"]
