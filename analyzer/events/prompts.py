"""Requests and prompts: what comes in, runs, ends, and who gave up on it."""

from analyzer.events.base import Event, event_class


@event_class
class PromptReceived(Event):
    """`got prompt`: an HTTP request arrived; nothing has started."""


@event_class
class PromptRejected(Event):
    """`invalid prompt: …`: the last received request never enters the queue."""

    kind: str | None = None
    message: str | None = None


@event_class
class ValidationFailed(Event):
    """One output of a request is invalid; if another is valid the prompt runs all the same."""

    output: str | None = None


@event_class
class PromptFinished(Event):
    """`Prompt executed in …`: an end, not a success. `whole_seconds`: the HH:MM:SS form, which wraps at 24 h."""

    duration_seconds: float
    whole_seconds: bool = False


@event_class
class Interrupted(Event):
    """`Processing interrupted`: the running prompt was aborted."""


@event_class
class InterruptRequested(Event):
    """Somebody asked for an interrupt; nothing may be running."""

    prompt_id: str | None = None


@event_class
class PendingCancelled(Event):
    """`Cancelling pending prompt …`: a queued request will never run."""

    prompt_id: str | None = None


@event_class
class PromptIdSeen(Event):
    """A line printed inside a prompt that carries its id (`RAM cache evictions: prompt=…`)."""

    prompt_id: str


@event_class
class ClientTimeout(Event):
    """A client's line in the same log: it stopped waiting after `limit_seconds`. Says nothing about the server's run."""

    limit_seconds: float | None = None
