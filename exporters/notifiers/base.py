"""What a notifier is: a name without secrets, and a way to send."""

from typing import Protocol

from exporters.notifiers.notice import Event, Notice

# What is worth a message unless somebody asks for more; that a run is over is told if it is asked for.
USUAL = frozenset(
    {
        Event.RISK_RAISED,
        Event.RISK_CLEARED,
        Event.LIMIT_PASSED,
        Event.STALLED,
        Event.STALL_OVER,
        Event.SERVER_DOWN,
        Event.SERVER_BACK,
    }
)


class NotSentError(Exception):
    """A notice could not be sent; the message says why and holds no part of an address that may be secret."""


class Notifier(Protocol):
    """Sends notices of some events. `send` takes a bounded time, raises NotSentError, and can be cancelled."""

    @property
    def name(self) -> str: ...
    @property
    def events(self) -> frozenset[Event]: ...
    async def send(self, notice: Notice) -> None: ...
