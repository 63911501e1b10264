"""Many runs in little memory: one column per field instead of some dozen objects per run.

A `Run` with its passes, loads and phases takes about 2 KB as objects, and a dense log has a run every 2 KB: without this the
report would need as much memory as the log has bytes. A `RunTable` is a sequence of runs like any other; what it hands out
are views that look their values up. Columns are made from the dataclasses' own fields, so a new field needs nothing here.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from functools import partial
from math import isnan
from types import NoneType, UnionType
from typing import Any, Protocol, Union, cast, get_args, get_origin, get_type_hints, overload

from analyzer.runs.model import Outcome, Run

# Up to this many runs are kept as objects, which are faster to go over; a log with more is a big one.
MANY_RUNS = 20_000


class Column(Protocol):
    """The values of one field, in order."""

    def append(self, value: Any, /) -> None: ...
    def get(self, index: int, /) -> Any: ...


class FloatColumn:
    """Floats; NaN, which no field holds, stands for None."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        self._values = array("d")

    def append(self, value: float | None) -> None:
        self._values.append(float("nan") if value is None else value)

    def get(self, index: int) -> float | None:
        value = self._values[index]
        return None if isnan(value) else value


class IntColumn:
    """Whole numbers in as few bytes as fit nearly all; the smallest stands for None, those that do not fit are kept beside."""

    __slots__ = ("_most", "_none", "_others", "_values")

    def __init__(self, code: str) -> None:
        self._values = array(code)
        self._most = 2 ** (8 * self._values.itemsize - 1) - 1
        self._none = -self._most - 1
        self._others: dict[int, int] = {}

    def append(self, value: int | None) -> None:
        if value is not None and not self._none < value <= self._most:
            self._others[len(self._values)] = value
            value = None
        self._values.append(self._none if value is None else value)

    def get(self, index: int) -> int | None:
        value = self._values[index]
        return value if value != self._none else self._others.get(index)


class SharedColumn:
    """Few different values, each kept once: names, enums, flags, workflows."""

    __slots__ = ("_places", "_seen", "_values")

    def __init__(self) -> None:
        self._places = array("I")
        self._values: list[Any] = []
        self._seen: dict[Any, int] = {}

    def append(self, value: Any) -> None:
        key = (type(value), value)
        place = self._seen.get(key)
        if place is None:
            place = self._seen[key] = len(self._values)
            self._values.append(value)
        self._places.append(place)

    def get(self, index: int) -> Any:
        return self._values[self._places[index]]


class SteadyColumn:
    """A column that is not there as long as all its values are one: many fields never change in a log."""

    __slots__ = ("_column", "_length", "_make", "_value")

    def __init__(self, make: Callable[[], Column]) -> None:
        self._make = make
        self._column: Column | None = None
        self._value: Any = None
        self._length = 0

    def append(self, value: Any) -> None:
        if self._column is None:
            if not self._length:
                self._value = value
            if type(value) is type(self._value) and value == self._value:
                self._length += 1
                return
            self._column = self._make()
            for _ in range(self._length):
                self._column.append(self._value)
        self._column.append(value)

    def get(self, index: int) -> Any:
        return self._value if self._column is None else self._column.get(index)


class SparseColumn:
    """Values that nearly all runs lack: `empty` for those."""

    __slots__ = ("_empty", "_length", "_values")

    def __init__(self, empty: Any) -> None:
        self._values: dict[int, Any] = {}
        self._empty = empty
        self._length = 0

    def append(self, value: Any) -> None:
        if value != self._empty:
            self._values[self._length] = value
        self._length += 1

    def get(self, index: int) -> Any:
        return self._values.get(index, self._empty)


class RowsColumn:
    """Tuples of dataclasses: all rows of all runs in columns of their own, and where each run's rows begin."""

    __slots__ = ("_columns", "_ends", "_row")

    def __init__(self, row: type[Any]) -> None:
        self._row = row
        self._columns = columns_of(row)
        self._ends = array("Q", [0])

    def append(self, value: tuple[Any, ...]) -> None:
        for row in value:
            for name, column in self._columns.items():
                column.append(getattr(row, name))
        self._ends.append(self._ends[-1] + len(value))

    def get(self, index: int) -> tuple[Any, ...]:
        first, end = self._ends[index], self._ends[index + 1]
        if first == end:
            return ()
        gets = [(name, column.get) for name, column in self._columns.items()]
        return tuple(self._row(**{name: get(place) for name, get in gets}) for place in range(first, end))


# Facts of a few runs only, kept as they are.
_RARE = frozenset({"failure", "client_timeout", "vram", "prompt_id", "soft_ooms", "leaks", "quantizations", "events"})


def columns_of(kind: type[Any]) -> dict[str, Column]:
    """A column per field of a dataclass, by the field's type."""
    hints = get_type_hints(kind)
    return {field.name: _column(field.name, hints[field.name]) for field in fields(kind)}


def _column(name: str, hint: Any) -> Column:
    if name in _RARE:
        return SparseColumn(() if get_origin(hint) is tuple else None)
    if get_origin(hint) is tuple:
        return RowsColumn(get_args(hint)[0])
    kinds = set(get_args(hint)) - {NoneType} if get_origin(hint) in (Union, UnionType) else {hint}
    if kinds == {float}:
        return SteadyColumn(FloatColumn)
    if kinds == {int}:
        return SteadyColumn(partial(IntColumn, "q" if name.endswith("_bytes") else "i"))
    return SteadyColumn(SharedColumn)


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
