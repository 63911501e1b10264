"""How often a server is asked, and how long an answer may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """All in seconds.

    `poll`: between two looks at memory, queue and log buffer while nothing is told to have changed. `least`: between two looks at
    the queue however much changes. `answer`: how long an answer may take before the server counts as stalled. `connect`: how
    long a connection may take before it counts as down. `first_retry` and `most_retry`: bounds of the wait while it is down.
    `deaf`: how long the socket may say nothing of a change that the queue shows. `retry_missing`: before an endpoint that was
    missing is tried again.
    """

    poll: float = 5.0
    least: float = 0.5
    answer: float = 10.0
    connect: float = 5.0
    first_retry: float = 0.5
    most_retry: float = 5.0
    deaf: float = 15.0
    retry_missing: float = 600.0
