"""Each notice once: what has been told of the run in flight, of the server and of its stalls is not told again."""

from collections import deque
from dataclasses import replace

from analyzer.redaction import Redaction
from analyzer.renderers.clean import clean, clip
from exporters.happenings import Happening, LimitPassed, RiskChanged, RunBegan, RunEnded, ServerChanged, Stalled, StallKind
from exporters.notifiers.notice import Event, Notice, Severity
from exporters.notifiers.telling import notice_of

_MOST_CHARACTERS = 400
_MOST_KEYS = 256


class Teller:
    """Feed it the happenings of one server in order. `redactor`: log text goes through it, since a notice leaves the machine."""

    def __init__(self, server: str, redactor: Redaction) -> None:
        self._server, self._redactor = server, redactor
        self._told: deque[tuple[str, Event, str | None]] = deque(maxlen=_MOST_KEYS)
        self._runs = 0
        self._run_key: str | None = None
        self._down_key: str | None = None
        self._stall_keys: dict[StallKind, str] = {}

    def tell(self, happening: Happening, *, beside: str = "") -> Notice | None:
        """The notice of a happening; None: it has none, or was told. `beside`: what else was seen, told with bad news."""
        key = self._key(happening)
        if key is None:
            return None
        notice = notice_of(happening, server=self._server, key=key, safe=self._safe)
        if isinstance(happening, RunEnded):
            self._run_key = None
        if notice is None or not self._is_new(notice):
            return None
        self._told.append((notice.key, notice.event, notice.stall))
        if beside and notice.severity is not Severity.INFO:
            notice = replace(notice, text=f"{notice.text} {self._safe(beside)}")
        return notice

    def _key(self, happening: Happening) -> str | None:
        """Of the run in flight where it is about one; None: nothing to be told."""
        match happening:
            case RunBegan():
                self._run_key = self._new_run_key(happening.run.seen_at)
                return self._run_key
            case RiskChanged() | LimitPassed():
                self._run_key = self._run_key or self._new_run_key(happening.run.seen_at)
                return self._run_key
            case RunEnded():
                return self._run_key or self._new_run_key(happening.at)
            case Stalled():
                return self._stall_key(happening)
            case ServerChanged():
                return self._server_key(happening)

    def _new_run_key(self, at: float) -> str:
        """Several runs may be seen at one moment: what a server wrote while nobody could read it comes at once."""
        self._runs += 1
        return f"run-{_milliseconds(at)}-{self._runs}"

    def _stall_key(self, happening: Stalled) -> str | None:
        """The run may be over by the time that its stall is."""
        if happening.over:
            key = self._stall_keys.pop(happening.kind, None)
            return key if happening.evidence else None  # without: it has become a stall of another kind
        waits = happening.kind is StallKind.NOT_STARTED or self._run_key is None
        key = f"queue-{_milliseconds(happening.since)}" if waits else self._run_key
        if key is not None and not self._was_told(key, Event.STALLED, happening.kind):
            self._stall_keys[happening.kind] = key
        return key

    def _server_key(self, happening: ServerChanged) -> str | None:
        """One per time that it is down; a server that was up all along is not back."""
        notice = notice_of(happening, server=self._server, key="", safe=str)
        if notice is None:
            return None
        if notice.event is Event.SERVER_DOWN:
            self._down_key = self._down_key or f"down-{_milliseconds(happening.at)}"
            return self._down_key
        key, self._down_key = self._down_key, None
        return key

    def _is_new(self, notice: Notice) -> bool:
        """Of a run that is over its limit it is no news that it is likely to be."""
        if notice.event is Event.RISK_RAISED and self._was_told(notice.key, Event.LIMIT_PASSED, None):
            return False
        return not self._was_told(notice.key, notice.event, notice.stall)

    def _was_told(self, key: str, event: Event, stall: str | None) -> bool:
        return (key, event, stall) in self._told

    def _safe(self, text: str) -> str:
        """On one line, without control codes and private text; no service may take a part of it for somebody to be called."""
        return clip(clean(self._redactor.text(clip(text, 4 * _MOST_CHARACTERS))).replace("@", "(at)"), _MOST_CHARACTERS)


def _milliseconds(at: float) -> int:
    return round(at * 1000)
