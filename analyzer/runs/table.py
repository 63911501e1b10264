"""Many runs in little memory: one column per field instead of some dozen objects per run.

A `Run` with its passes, loads and phases takes over 2 KB as objects, and a dense log has a run every 2 KB: without this the
report would need as much memory as the log has bytes. A `RunTable` is a sequence of runs like any other; what it hands out
are views that look their values up. Columns are made from the dataclasses' own fields, so a new field needs nothing here.
"""

from array import array
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any, TypeVar, overload

from analyzer.runs.columns import Columns, plain
from analyzer.runs.model import Outcome, Run

# Up to this many runs are kept as objects, which are faster to go over; a log with more is a big one.
MANY_RUNS = 5_000
# So many runs wait to be entered into the columns together: the larger the block, the less each run costs.
_BLOCK = 500

Key = TypeVar("Key", bound=Hashable)
# Without the error stream a run that ended may have failed.
DOUBTFUL = (Outcome.SUCCESS, Outcome.CACHED)


class RunTable(Sequence[Run]):
    """Runs by column. What differs between a log by itself and among others is set for the whole table, not per run.

    `append` is for the one who makes the table; what `placed`, `without_errors`, `select` and slices give shares its columns
    and is for reading.
    """

    def __init__(self) -> None:
        self._columns = Columns(Run)
        self._waiting: list[Run] = []
        self._chosen: Sequence[int] = range(0)
        self._adjust: dict[str, Callable[[Any], Any]] = {}
        self._view: Callable[[int], Run] | None = None

    def append(self, run: Run) -> None:
        """Adds a run."""
        self._waiting.append(run)
        if len(self._waiting) >= _BLOCK:
            self._enter()

    def __getstate__(self) -> dict[str, Any]:
        """To be sent to another process, as it came out of a log. Views are classes made here and are made anew there."""
        if self._waiting:
            self._enter()
        return vars(self) | {"_view": None}

    def _enter(self) -> None:
        self._columns.extend(self._waiting)
        self._chosen = range(len(self._chosen) + len(self._waiting))
        self._waiting.clear()
        self._view = None

    def _views(self) -> Callable[[int], Run]:
        """Makes a view of a place in the columns."""
        if self._waiting:
            self._enter()
        if self._view is None:
            self._view = self._columns.view_class(self._adjust)
        return self._view

    def __len__(self) -> int:
        return len(self._chosen) + len(self._waiting)

    @overload
    def __getitem__(self, place: int) -> Run: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Run]: ...
    def __getitem__(self, place: int | slice) -> Run | Sequence[Run]:
        view = self._views()
        return self._only(self._chosen[place]) if isinstance(place, slice) else view(self._chosen[place])

    def __iter__(self) -> Iterator[Run]:
        view = self._views()  # enters the runs that wait, before it is asked which are chosen
        return map(view, self._chosen)

    def placed(self, number_offset: int, server_offset: int, limit_seconds: float | None) -> "RunTable":
        """The same runs among others: numbered behind them, and with the limit asked about."""
        adjust: dict[str, Callable[[Any], Any]] = {
            "number": lambda number: number + number_offset,
            "server_number": lambda number: number + server_offset if number else 0,
        }
        if limit_seconds is not None:
            adjust["limit_seconds"] = lambda limit: limit_seconds
        return self._adjusted(adjust)

    def without_errors(self) -> "RunTable":
        """The same runs where their errors could not be seen: one that seems to have succeeded is of unknown outcome."""
        return self._adjusted({"outcome": _doubted})

    def select(self, wanted: Callable[[Run], bool]) -> "RunTable":
        """Only some of the runs."""
        view = self._views()
        return self._only(array("I", [index for index in self._chosen if wanted(view(index))]))

    def groups(self, key: Callable[[Run], Key], wanted: Callable[[Run], bool]) -> "dict[Key, RunTable]":
        """Some of the runs by a key, keys in order of appearance: a few bytes per run."""
        view, places = self._views(), dict[Key, "array[int]"]()
        for index in self._chosen:
            run = view(index)
            if wanted(run):
                places.setdefault(key(run), array("I")).append(index)
        return {name: self._only(chosen) for name, chosen in places.items()}

    def _only(self, chosen: Sequence[int]) -> "RunTable":
        copy = self._adjusted({})
        copy._chosen = chosen
        return copy

    def _adjusted(self, adjust: dict[str, Callable[[Any], Any]]) -> "RunTable":
        """The same runs with fields adjusted on top of what is adjusted already."""
        self._views()
        copy = object.__new__(RunTable)
        copy.__dict__.update(self.__dict__)
        copy._waiting = []
        if adjust:
            copy._adjust = self._adjust | {name: _both(self._adjust.get(name), change) for name, change in adjust.items()}
            copy._view = None
        return copy


def _doubted(outcome: Outcome) -> Outcome:
    return Outcome.UNKNOWN if outcome in DOUBTFUL else outcome


def _both(first: Callable[[Any], Any] | None, then: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return then if first is None else lambda value: then(first(value))


def table_of(runs: Iterable[Run]) -> RunTable:
    """The runs as a table."""
    table = RunTable()
    for run in runs:
        table.append(run)
    return table


def gathered(runs: Iterable[Run]) -> Sequence[Run]:
    """Runs from anywhere: as objects, or as a table where they are many."""
    kept: list[Run] = []
    table: RunTable | None = None
    for run in runs:
        if table is None and len(kept) < MANY_RUNS:
            kept.append(run)
            continue
        if table is None:
            table = table_of(kept)
            kept.clear()
        table.append(run)
    return tuple(kept) if table is None else table


def materialise(run: Run) -> Run:
    """A run by itself: a view of a table as plain objects, any other run as it is."""
    made: Run = plain(run)
    return made
