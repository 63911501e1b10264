"""What can be made to go wrong in a replay, at a second of the session."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Every open connection breaks; new ones are taken."""

    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """For so many seconds of the session connections are taken but nothing is answered or sent."""

    at: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """The process is killed and started again after so many seconds of the session.

    Until then connections are refused. The queue, the history and the log's buffer are lost; prompts that had been sent by
    the time it answers again never end, and what the recording says of them is left out.
    """

    at: float
    down_seconds: float


Fault = Drop | Stall | Restart
