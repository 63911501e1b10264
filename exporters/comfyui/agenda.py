"""What is to be asked when: every topic has a time at which it is due."""

from enum import StrEnum

from exporters.comfyui.pace import Pace


class Topic(StrEnum):
    """What the server is asked about again and again."""

    STATS = "stats"
    COUNT = "count"
    LOG = "log"
    ENDED = "ended"
    QUEUE = "queue"


# With a socket that tells of changes, these are asked without cause once in so many polls, to be sure.
_SELDOM = 6


class Agenda:
    """Times at which topics are due (our clock)."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._due = dict.fromkeys(Topic, 0.0)
        self._taken = dict.fromkeys(Topic, float("-inf"))
        self._not_before = dict.fromkeys(Topic, 0.0)

    def is_due(self, topic: Topic, now: float) -> bool:
        """Whether it is time."""
        return max(self._due[topic], self._not_before[topic]) <= now

    def next_at(self) -> float:
        """When the first one is due."""
        return min(max(self._due[topic], self._not_before[topic]) for topic in Topic)

    def take(self, topic: Topic, now: float, *, told: bool, busy: bool) -> None:
        """It is being asked. `told`: changes are told by a socket; `busy`: prompts run or wait."""
        seldom = told and (topic in (Topic.QUEUE, Topic.ENDED) or (topic is Topic.LOG and not busy))
        self._taken[topic] = now
        self._due[topic] = now + self._pace.poll * (_SELDOM if seldom else 1)

    def wake(self, *topics: Topic, now: float) -> None:
        """Something has changed: as soon as the pace allows."""
        for topic in topics:
            self._due[topic] = min(self._due[topic], max(now, self._taken[topic] + self._pace.least))

    def at_once(self, *topics: Topic) -> None:
        """Whatever the pace."""
        for topic in topics:
            self._due[topic] = 0.0

    def put_off(self, topic: Topic, now: float, seconds: float | None = None) -> None:
        """Asking costs a lot: not for so long, whatever happens; None: as long as where it is asked to be sure."""
        self._not_before[topic] = now + (self._pace.poll * _SELDOM if seconds is None else seconds)

    def clock_set_back(self) -> None:
        """All times known so far are in the future: everything is due."""
        self.at_once(*Topic)
        self._taken = dict.fromkeys(Topic, float("-inf"))
        self._not_before = dict.fromkeys(Topic, 0.0)

    def retry(self, topic: Topic, now: float) -> None:
        """It could not be answered."""
        self._due[topic] = now + self._pace.least
