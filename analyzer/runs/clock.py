"""When a run began and ended and how long it waited, from the stamps of its lines and its closing line."""

from collections.abc import Sequence

from analyzer.events import Event
from analyzer.runs.model import DetectionTime, ProgressBar
from analyzer.values import many_dataclass

_DAY = 86400.0
# No run takes thirty years: a line that says so tells nothing of when it began.
_LONGEST_SECONDS = 1e9
# Two clocks (the log's stamps, the server's own) may disagree by this before a wait of less than zero is more than noise.
_CLOCK_NOISE_SECONDS = 1.0
# A wait below this is the time between two lines, or the fraction that the HH:MM:SS form drops: none at all.
_NO_WAIT_SECONDS = 0.1
_NO_WAIT_WHOLE_SECONDS = 1.0


@many_dataclass(frozen=True, slots=True, kw_only=True)
class StampedRun:
    """What is known of a run's time. `idle_when_queued`: nothing ran or waited when its request came."""

    events: Sequence[Event]
    queued_at: float | None
    idle_when_queued: bool
    previous_end_at: float | None
    duration_seconds: float | None
    wraps: bool
    bars: Sequence[ProgressBar]
    detections: Sequence[DetectionTime]


@many_dataclass(frozen=True, slots=True, kw_only=True)
class RunTimes:
    started_at: float | None
    ended_at: float | None
    queue_seconds: float | None
    duration_seconds: float | None
    observed_seconds: float | None


def place_in_time(run: StampedRun) -> RunTimes:
    """A closing line gives start = end - duration; without one the start is the request's, or the end of the run before."""
    ended_at = run.events[-1].at if run.events else None
    earliest = run.queued_at if run.idle_when_queued else run.previous_end_at
    if run.duration_seconds is None:
        stamps = [event.at for event in run.events if event.at is not None]
        started_at = earliest if earliest is not None else (stamps[0] if stamps else None)
        last_at = stamps[-1] if stamps else None
        return RunTimes(
            started_at=started_at,
            ended_at=last_at,
            queue_seconds=_queue(run.queued_at, started_at, _NO_WAIT_SECONDS),
            duration_seconds=None,
            observed_seconds=_observed(run, started_at, last_at),
        )
    duration = _unwrapped(run.duration_seconds, ended_at, earliest) if run.wraps else max(0.0, run.duration_seconds)
    started_at = ended_at - duration if ended_at is not None and duration < _LONGEST_SECONDS else None
    return RunTimes(
        started_at=started_at,
        ended_at=ended_at,
        queue_seconds=_queue(run.queued_at, started_at, _NO_WAIT_WHOLE_SECONDS if run.wraps else _NO_WAIT_SECONDS),
        duration_seconds=duration,
        observed_seconds=None,
    )


def _unwrapped(duration: float, ended_at: float | None, earliest: float | None) -> float:
    """The HH:MM:SS form starts again at 24 hours (`time.gmtime`); stamps tell how many days are missing."""
    if ended_at is None or earliest is None:
        return duration
    days = round((ended_at - earliest - duration) / _DAY)
    return duration + max(0, days) * _DAY


def _queue(queued_at: float | None, started_at: float | None, least: float) -> float | None:
    if queued_at is None or started_at is None or started_at < queued_at - _CLOCK_NOISE_SECONDS:
        return None
    wait = started_at - queued_at
    return wait if wait >= least else 0.0


def _observed(run: StampedRun, started_at: float | None, last_at: float | None) -> float | None:
    """What was seen of an unfinished run: between its stamps, else what its bars and detections add up to."""
    if started_at is not None and last_at is not None and last_at > started_at:
        return last_at - started_at
    clocks = [bar.seconds - bar.nested_seconds for bar in run.bars if bar.seconds is not None]
    clocks += [found.seconds for found in run.detections]
    return sum(clocks) if clocks else None
