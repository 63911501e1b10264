"""Live observations to live runs: pure, from the API, from a log, or from both."""

from exporters.live_runs.live_runs import LiveRuns
from exporters.live_runs.merged import follow
from exporters.live_runs.updates import (
    RequestQueued,
    RequestRejected,
    RequestRemoved,
    RunFinished,
    RunInFlight,
    RunProgress,
    RunStarted,
    Update,
)

__all__ = [
    "LiveRuns",
    "RequestQueued",
    "RequestRejected",
    "RequestRemoved",
    "RunFinished",
    "RunInFlight",
    "RunProgress",
    "RunStarted",
    "Update",
    "follow",
]
