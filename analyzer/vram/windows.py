"""Runs as stretches of time: which of them a moment or a stretch falls into."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

from analyzer.runs.model import Phase, Run

# A run's place among those that were given, with its start and end.
Window = tuple[int, float, float]


def times_of(run: Run) -> tuple[float, float] | None:
    """A run's start and end, as far as it was seen; None where its log does not tell."""
    start = run.started_at
    if start is None:
        return None
    end = run.ended_at if run.ended_at is not None else start + (run.total_seconds or 0.0)
    return (start, end) if end > start else None


class Windows:
    """Looks runs up by time; they may overlap."""

    def __init__(self, runs: Sequence[Run], wanted: Callable[[Run], bool]) -> None:
        found = [(place, *times) for place, run in enumerate(runs) if wanted(run) and (times := times_of(run))]
        self._windows: list[Window] = sorted(found, key=lambda window: window[1])
        self._starts = [start for _, start, _ in self._windows]
        # The latest end of all windows up to here: where it is past, nothing further back is of interest.
        self._latest = list(accumulate((end for _, _, end in self._windows), max))

    def __len__(self) -> int:
        return len(self._windows)

    def at(self, moment: float) -> list[Window]:
        """The runs under way at a moment, their first and last included."""
        return [window for window in self._back(bisect_right(self._starts, moment), moment) if window[2] >= moment]

    def between(self, first: float, last: float) -> list[Window]:
        """The runs that have a part of a stretch of time."""
        return [window for window in self._back(bisect_left(self._starts, last), first) if window[2] > first]

    def _back(self, place: int, moment: float) -> list[Window]:
        """The windows before a place, as far back as one may reach a moment. Nearly always none or one."""
        first = place
        while first and self._latest[first - 1] >= moment:
            first -= 1
        return self._windows[first:place]


class PhaseClock:
    """Which phase of a run has a moment. The spans of one run are kept, since samples come run by run."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self._runs = runs
        self._place = -1
        self._starts: list[float] = []
        self._ends: list[tuple[float, Phase]] = []

    def phase(self, place: int, moment: float) -> Phase | None:
        """The phase; on a border the later one, at the very end the last one. None where no line tells."""
        if place != self._place:
            self._look_at(place)
        before = bisect_right(self._starts, moment) - 1
        if before < 0:
            return None
        end, phase = self._ends[before]
        return phase if moment <= end else None

    def _look_at(self, place: int) -> None:
        spans = self._runs[place].spans
        self._place = place
        self._starts = [span.started_at for span in spans]
        self._ends = [(span.started_at + span.seconds, span.phase) for span in spans]
