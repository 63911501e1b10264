"""How long to wait before the next try."""

FIRST_SECONDS = 0.5
MOST_SECONDS = 5.0


def backoff_seconds(attempt: int, chance: float, *, first: float = FIRST_SECONDS, most: float = MOST_SECONDS) -> float:
    """The wait before try `attempt` (from 1): twice as long each time up to `most`; `chance` (0 to 1) takes up to half away.

    Without chance all watchers of a server would come back in the same moment.
    """
    wait: float = min(most, first * 2.0 ** min(attempt - 1, 30))
    return wait * (1 - chance / 2)
