"""What this server can be asked: releases and forks differ, so it is tried, and what is missing is not tried again soon."""

from exporters.comfyui.questions import Ask

_JOBS = (Ask.ENDED_JOBS, Ask.ACTIVE_JOBS, Ask.JOB)
_LOG = (Ask.LOG_RING, Ask.SUBSCRIBE)


class Capabilities:
    """`cancelled`: whether /api/jobs knows that status. `log`: whether the log is wanted at all."""

    def __init__(self, *, log: bool, retry_seconds: float) -> None:
        self.cancelled = True
        self._retry_seconds = retry_seconds
        self._unwanted = () if log else _LOG
        self._missing_until: dict[Ask, float] = {}

    def has(self, ask: Ask, now: float) -> bool:
        """Whether it is worth asking."""
        return ask not in self._unwanted and self._missing_until.get(ask, 0.0) <= now

    def lacks(self, ask: Ask, now: float) -> None:
        """It answered that there is no such thing; the endpoints of jobs came together."""
        asks = _JOBS if ask in _JOBS else (ask,)
        self._missing_until |= dict.fromkeys(asks, now + self._retry_seconds)

    def clock_set_back(self) -> None:
        """What is missing is tried again."""
        self._missing_until.clear()

    def forget(self) -> None:
        """Another process answers, maybe of another version."""
        self.cancelled = True
        self.clock_set_back()
