"""Whether the server answers: what each answer and each failure says about that, and when to try again."""

from collections.abc import Callable
from enum import StrEnum

from exporters.comfyui.backoff import backoff_seconds
from exporters.comfyui.pace import Pace
from exporters.observations import ServerState, State


class Failure(StrEnum):
    """How a request failed."""

    REFUSED = "refused"  # nobody listens, no such host, no way there
    NO_CONNECTION = "no connection"  # the connection was not made in time
    NO_ANSWER = "no answer"  # connected, but no answer in time
    BROKEN = "broken"  # the connection broke off
    UNTRUSTED = "untrusted"  # TLS: its certificate is not accepted
    NO_SENSE = "no sense"  # an answer that ComfyUI does not give
    TOO_MUCH = "too much"  # an answer without end, or longer than what is read


_DOWN = {
    Failure.REFUSED: "the connection is refused: nothing listens there (while it starts, too)",
    Failure.NO_CONNECTION: "no connection in time",
    Failure.BROKEN: "the connection breaks off",
    Failure.UNTRUSTED: "its certificate is not trusted: name its authority's file, or switch the check off",
    Failure.NO_SENSE: "it answers, but not as ComfyUI does; is the address right?",
    Failure.TOO_MUCH: "it answers with more than ComfyUI would; is the address right?",
}
_STALLED = "it takes connections but does not answer in time"
# What a proxy says of the server behind it.
_BAD_GATEWAY, _GATEWAY_TIMEOUT = (502, 503), 504
_DENIED = (401, 403)
_TROUBLE_FROM = 500


class Health:
    """The state so far. `probe_at`: when to ask again while it is not up."""

    def __init__(self, pace: Pace, chance: Callable[[], float]) -> None:
        self.state: State | None = None
        self.probe_at = 0.0
        self.refused = False
        self._pace, self._chance = pace, chance
        self._attempt = 0
        self._broken = 0

    def answered(self, status: int, at: float) -> ServerState | None:
        """An answer came; the change of state that it means."""
        self._broken = 0
        if status in _BAD_GATEWAY:
            return self._trouble(State.DOWN, f"the proxy in front of it answers {status}", at)
        if status == _GATEWAY_TIMEOUT:
            return self._trouble(State.STALLED, f"the proxy in front of it answers {status}", at)
        if status in _DENIED:
            return self._trouble(State.DOWN, f"it answers {status}: it wants a user and password, or a token", at)
        if 300 <= status < 400:
            return self._trouble(State.DOWN, f"it answers {status}, another address: does it want a login?", at)
        self._attempt = 0
        return self._now(State.UP, "it answers", at)

    def failed(self, failure: Failure, at: float) -> ServerState | None:
        """A request failed."""
        if failure is Failure.NO_ANSWER:
            # It took its time already; the next question may come at once.
            self.probe_at = at
            return self._now(State.STALLED, _STALLED, at)
        self.refused |= failure is Failure.REFUSED
        if failure is Failure.BROKEN and not self._broken:
            self._broken, self.probe_at = 1, at + self._pace.first_retry / 2
            return None
        return self._trouble(State.DOWN, _DOWN[failure], at)

    def _trouble(self, state: State, reason: str, at: float) -> ServerState | None:
        self._attempt += 1
        pace = self._pace
        self.probe_at = at + backoff_seconds(self._attempt, self._chance(), first=pace.first_retry, most=pace.most_retry)
        return self._now(state, reason, at)

    def _now(self, state: State, reason: str, at: float) -> ServerState | None:
        if state is self.state:
            return None
        self.state = state
        return ServerState(at=at, state=state, reason=reason)
