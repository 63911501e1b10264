"""The watch as lines, for a pipe or a file: one per happening, and how far the run is now and then."""

from collections.abc import Callable
from datetime import datetime, tzinfo

from analyzer.predict import Change, sentence
from analyzer.renderers.clean import clean, clip
from analyzer.renderers.words import OUTCOMES, failure_text
from analyzer.runs.model import Run
from analyzer.units import format_duration
from exporters.happenings import Happening, LimitPassed, RiskChanged, RunBegan, RunEnded, ServerChanged, Stalled
from exporters.watched import Watched

PROGRESS_SECONDS = 30.0
_MOST_CHARACTERS = 400


def line_of(happening: Happening) -> str:
    """What has happened, in one line without control codes."""
    return clip(clean(_words(happening)), _MOST_CHARACTERS)


def _words(happening: Happening) -> str:
    match happening:
        case RunBegan():
            workflow = happening.run.workflow
            return f"run began: {workflow.name}" if workflow else "run began"
        case RunEnded():
            return f"run ended: {_ended(happening.run)}"
        case RiskChanged():
            change = "raised" if happening.event.change is Change.RAISED else "cleared"
            return f"risk {change}: {sentence(happening.event.prediction)}"
        case LimitPassed():
            used, limit = happening.used_seconds, happening.limit_seconds
            return f"limit passed: {format_duration(used)} of {format_duration(limit)}, and it goes on"
        case Stalled():
            return f"stall {'over' if happening.over else 'begins'}: {happening.kind.value.replace('_', ' ')}" + (
                f": {happening.evidence}" if happening.evidence and not happening.over else ""
            )
        case ServerChanged():
            return f"server {happening.state.value}: {happening.reason}"


def _ended(run: Run) -> str:
    taken = "" if run.total_seconds is None else f" after {format_duration(run.total_seconds)}"
    failure = f": {failure_text(run.failure)}" if run.failure else ""
    return f"{OUTCOMES[run.outcome]}{taken}, {run.workflow.name}{failure}"


class Lines:
    """Writes with `write`, which gets whole lines. `zone`: of the stamps."""

    def __init__(self, watched: Watched, write: Callable[[str], None], zone: tzinfo) -> None:
        self._watched, self._write, self._zone = watched, write, zone
        self._waiting: list[str] = []
        self._progress_at: float | None = None

    def happened(self, happening: Happening) -> None:
        """Notes it; it is written by the next `draw`. Hints of a risk are for a picture, which can take them back."""
        if isinstance(happening, RiskChanged) and not happening.event.notify:
            return
        self._waiting.append(self._stamped(happening.at, line_of(happening)))

    def draw(self, now: float) -> None:
        """Writes what is new. Raises OSError where nobody reads any more."""
        current = self._watched.in_flight
        if current is None or current.prediction is None:
            self._progress_at = None
        elif self._progress_at is None or now - self._progress_at >= PROGRESS_SECONDS:
            self._waiting.append(self._stamped(now, sentence(current.prediction)))
            self._progress_at = now
        waiting, self._waiting = self._waiting, []
        for line in waiting:
            self._write(f"{line}\n")

    def close(self) -> None:
        """Writes the rest."""
        self._progress_at = float("inf")
        self.draw(float("-inf"))

    def _stamped(self, at: float, text: str) -> str:
        return f"{datetime.fromtimestamp(at, self._zone).isoformat(timespec='seconds')} {text}"
