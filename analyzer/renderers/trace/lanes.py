"""Slices on a track must nest: what overlaps moves a little, or to a track of its own. All in whole microseconds."""

from collections.abc import Iterable, Iterator

from analyzer.renderers.trace.shapes import Slice

MICROSECONDS = 1_000_000
# Stamps of whole seconds make a run seem to begin before the one before it ended.
_SLACK = 3 * MICROSECONDS // 2
_MOST_LANES = 4


class Lanes:
    """Where runs go that may overlap: a clock that was set back must not tear the picture."""

    def __init__(self) -> None:
        self._ends: list[int] = []

    def place(self, begin: int, length: int) -> tuple[int, int]:
        """The lane and the begin, moved behind what is there already."""
        lane = next((lane for lane, end in enumerate(self._ends) if begin >= end - _SLACK), len(self._ends))
        if lane == len(self._ends) < _MOST_LANES:
            self._ends.append(begin)
        elif lane == len(self._ends):
            lane = min(range(_MOST_LANES), key=self._ends.__getitem__)
        begin = max(begin, self._ends[lane])
        self._ends[lane] = begin + length
        return lane, begin


def whole(seconds: float) -> int:
    """Seconds in microseconds."""
    return round(seconds * MICROSECONDS)


def nested(slices: Iterable[Slice], length: int) -> Iterator[tuple[int, int, Slice]]:
    """Begin and end of each slice, inside 0 and `length` and inside the slices around it; what sticks out is cut off."""
    open_ends: list[int] = []
    placed = [(_within(whole(part.begin), length), _within(whole(part.end), length), part) for part in slices]
    for begin, end, part in sorted(placed, key=lambda found: (found[0], -found[1])):
        while open_ends and open_ends[-1] <= begin:
            open_ends.pop()
        end = max(begin, min([end, *open_ends[-1:]]))
        open_ends.append(end)
        yield begin, end, part


def filled(phases: Iterable[Slice], length: int) -> Iterator[tuple[int, int, Slice]]:
    """Phases one after another from 0 to `length`; time that no phase has is `other`."""
    reached = 0
    for phase in phases:
        begin, end = max(reached, _within(whole(phase.begin), length)), _within(whole(phase.end), length)
        if end <= begin:
            continue
        yield from _gap(reached, begin)
        yield begin, end, phase
        reached = end
    yield from _gap(reached, length)


def _gap(begin: int, end: int) -> Iterator[tuple[int, int, Slice]]:
    if end > begin:
        yield begin, end, _REST


_REST = Slice(name="other", begin=0.0, end=0.0, facts={"evidence": "remainder"})


def _within(at: int, length: int) -> int:
    return min(max(at, 0), length)
