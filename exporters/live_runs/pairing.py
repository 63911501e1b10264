"""Which end in the log is which end in the API. Both come in the order in which the server's one worker ended its prompts."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.runs.model import Outcome, Run
from exporters.live_runs.joining import NEAR_SECONDS, JobEnd, seconds_after
from exporters.observations import JobLost


@dataclass(slots=True)
class Waiting:
    """An end that the API told, waiting for the log's."""

    end: JobEnd
    since: float


class Pairing:
    """Ends told by the API that the log has not shown yet."""

    def __init__(self) -> None:
        self._ends: deque[Waiting] = deque()

    def __len__(self) -> int:
        return len(self._ends)

    def add(self, end: JobEnd, at: float) -> None:
        """The API told an end."""
        self._ends.append(Waiting(end=end, since=at))

    def earlier_than(self, closing_at: float | None) -> Iterator[JobEnd]:
        """Ends that came before this closing line's, and whose lines the log therefore never had."""
        while self._ends and (apart := seconds_after(closing_at, self._ends[0].end)) is not None and apart > NEAR_SECONDS:
            yield self._ends.popleft().end

    def match(self, closing_at: float | None) -> JobEnd | None:
        """The end that a closing line is of."""
        if not self._ends:
            return None
        apart = seconds_after(closing_at, self._ends[0].end)
        if apart is not None and abs(apart) > NEAR_SECONDS:
            return None
        return self._ends.popleft().end

    def lost(self, prompt_id: str | None) -> JobEnd | None:
        """The running prompt that a dead server took along; `prompt_id` where the queue had shown which."""
        lost = (waiting for waiting in self._ends if isinstance(waiting.end, JobLost))
        found = next((waiting for waiting in lost if prompt_id in (None, waiting.end.prompt.prompt_id)), None)
        if found:
            self._ends.remove(found)
        return found.end if found else None

    def clock_set_back(self, now: float) -> None:
        """Our clock was: nothing has waited since later than now."""
        for waiting in self._ends:
            waiting.since = min(waiting.since, now)

    def overdue(self, before: float) -> Iterator[JobEnd]:
        """Ends that were told before this time: the log will not show them."""
        while self._ends and self._ends[0].since < before:
            yield self._ends.popleft().end


def is_cut_off(run: Run) -> bool:
    """Whether the log shows no closing line."""
    return run.outcome is Outcome.CUT_OFF or run.duration_seconds is None


def is_same(run: Run, end: JobEnd) -> bool:
    """Whether the log told this run already, while the API could not be reached."""
    if run.prompt_id is not None:
        return run.prompt_id == end.prompt.prompt_id
    if isinstance(end, JobLost):
        return is_cut_off(run)
    apart = seconds_after(run.ended_at, end)
    if apart is None or abs(apart) > NEAR_SECONDS or end.started_at is None or end.ended_at is None:
        return False
    return run.duration_seconds is not None and abs(run.duration_seconds - (end.ended_at - end.started_at)) <= NEAR_SECONDS
