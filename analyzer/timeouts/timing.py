"""A run as the history hands it to the estimator."""

from typing import NamedTuple


class Timing(NamedTuple):
    """What the timeout's estimator needs of a run. There may be millions, so this is no more than the database's own row."""

    workflow: str
    outcome: str
    seconds: float | None
    start: str
    started_at: float | None
    epoch: str | None
    queue_seconds: float | None
    limit_seconds: float | None
    client_limit_seconds: float | None
    client_gave_up: bool
