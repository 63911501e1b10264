"""Many runs in little memory: one column per field instead of some dozen objects per run.

A `Run` with its passes, loads and phases takes about 2 KB as objects, and a dense log has a run every 2 KB: without this the
report would need as much memory as the log has bytes. A `RunTable` is a sequence of runs like any other; what it hands out
are views that look their values up. Columns are made from the dataclasses' own fields, so a new field needs nothing here.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from typing import Any, cast, overload

from analyzer.runs.columns import columns_of
from analyzer.runs.model import Outcome, Run

# Up to this many runs are kept as objects, which are faster to go over; a log with more is a big one.
MANY_RUNS = 20_000


class RunView:
    """A run of a table: a `Run` to all who read it. Its fields are looked up when they are asked for.

    It is no subclass, since it would carry the empty slots of all fields and be as large as what it stands for.
    """

    __slots__ = ("_index", "_table")

    def __init__(self, table: "RunTable", index: int) -> None:
        self._table = table
        self._index = index

    def materialise(self) -> Run:
        """The same as a plain `Run`, which can be changed by `dataclasses.replace`."""
        return Run(**{field.name: getattr(self, field.name) for field in fields(Run)})

    def __eq__(self, other: object) -> bool:
        return self.materialise() == (other.materialise() if isinstance(other, RunView) else other)

    def __hash__(self) -> int:
        return hash(self.materialise())


def _lookup(name: str) -> property:
    return property(lambda view: view._table.columns[name].get(view._index))


def _adjusted(name: str, adjust: Callable[["RunTable", Any], Any]) -> property:
    return property(lambda view: adjust(view._table, view._table.columns[name].get(view._index)))


# Without the error stream a run that ended may have failed.
DOUBTFUL = (Outcome.SUCCESS, Outcome.CACHED)

_ADJUSTED: dict[str, Callable[["RunTable", Any], Any]] = {
    "number": lambda table, number: number + table.number_offset,
    "server_number": lambda table, number: number + table.server_offset if number else 0,
    "limit_seconds": lambda table, limit: limit if table.limit_seconds is None else table.limit_seconds,
    "outcome": lambda table, outcome: Outcome.UNKNOWN if table.errors_unseen and outcome in DOUBTFUL else outcome,
}
for _name, _member in vars(Run).items():
    # Fields become look-ups; what is worked out from fields works on a view as it does on a run.
    if _name in Run.__dataclass_fields__:
        setattr(RunView, _name, _adjusted(_name, _ADJUSTED[_name]) if _name in _ADJUSTED else _lookup(_name))
    elif not _name.startswith("_"):
        setattr(RunView, _name, _member)


class RunTable(Sequence[Run]):
    """Runs by column. What differs between a log by itself and among others is set for the whole table, not per run.

    `number_offset`, `server_offset`: added to the numbers; `limit_seconds`: for all; `errors_unseen`: a run that seems to have
    succeeded is of unknown outcome.
    """

    def __init__(self) -> None:
        self.columns = columns_of(Run)
        self._appends = [(name, column.append) for name, column in self.columns.items()]
        self._length = 0
        self._chosen: array[int] | range = range(0)
        self.number_offset: int = 0
        self.server_offset: int = 0
        self.limit_seconds: float | None = None
        self.errors_unseen: bool = False

    def append(self, run: Run) -> None:
        """Adds a run."""
        for name, append in self._appends:
            append(getattr(run, name))
        self._length += 1
        self._chosen = range(self._length)

    def __len__(self) -> int:
        return len(self._chosen)

    @overload
    def __getitem__(self, place: int) -> Run: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Run]: ...
    def __getitem__(self, place: int | slice) -> Run | Sequence[Run]:
        if isinstance(place, slice):
            return [self._view(index) for index in self._chosen[place]]
        return self._view(self._chosen[place])

    def __iter__(self) -> Iterator[Run]:
        return map(self._view, self._chosen)

    def _view(self, index: int) -> Run:
        return cast(Run, RunView(self, index))

    def placed(self, number_offset: int, server_offset: int, limit_seconds: float | None) -> "RunTable":
        """The same runs among others."""
        placed = self._copy()
        placed.number_offset += number_offset
        placed.server_offset += server_offset
        placed.limit_seconds = limit_seconds
        return placed

    def without_errors(self) -> "RunTable":
        """The same runs where their errors could not be seen."""
        doubtful = self._copy()
        doubtful.errors_unseen = True
        return doubtful

    def select(self, wanted: Callable[[Run], bool]) -> "RunTable":
        """Only some of the runs."""
        selected = self._copy()
        selected._chosen = array("L", [index for index in self._chosen if wanted(self._view(index))])
        return selected

    def _copy(self) -> "RunTable":
        copy = object.__new__(RunTable)
        copy.__dict__.update(self.__dict__)
        return copy


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


def changed(run: Run, **changes: Any) -> Run:
    """A copy of a run with other values."""
    return replace(run.materialise() if isinstance(run, RunView) else run, **changes)
