"""Columns: the values of one field of many dataclasses, in little memory."""

from array import array
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from math import isnan
from types import NoneType, UnionType
from typing import Any, Protocol, Union, get_args, get_origin, get_type_hints


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
    """Tuples of dataclasses: all rows of all runs in columns of their own, and where each run's rows begin.

    The rows that it gives look their fields up when they are asked for: most who go over passes or loads want two or three.
    """

    __slots__ = ("_appends", "_ends", "_view")

    def __init__(self, row: type[Any]) -> None:
        columns = columns_of(row)
        self._appends = [(name, column.append) for name, column in columns.items()]
        self._view = _view_class(row, columns)
        self._ends = array("Q", [0])

    def append(self, value: tuple[Any, ...]) -> None:
        for row in value:
            for name, append in self._appends:
                append(getattr(row, name))
        self._ends.append(self._ends[-1] + len(value))

    def get(self, index: int) -> tuple[Any, ...]:
        first, end = self._ends[index], self._ends[index + 1]
        return tuple([self._row(place) for place in range(first, end)]) if end > first else ()

    def _row(self, place: int) -> Any:
        row = object.__new__(self._view)
        object.__setattr__(row, "_place", place)
        return row


def _view_class(row: type[Any], columns: dict[str, Column]) -> type[Any]:
    """A subclass of `row` whose fields are read from the columns at its place."""

    def plain(view: Any) -> Any:
        return row(**{name: getattr(view, name) for name in columns})

    def same(view: Any, other: object) -> bool:
        return bool(plain(view) == (plain(other) if type(other) is type(view) else other))

    lookups = {name: property(partial(_look_up, column.get)) for name, column in columns.items()}
    others = {
        "__slots__": ("_place",),
        "__eq__": same,
        "__hash__": lambda view: hash(plain(view)),
        "__repr__": lambda view: repr(plain(view)),
    }
    return type(f"{row.__name__}View", (row,), {**others, **lookups})


def _look_up(get: Callable[[int], Any], view: Any) -> Any:
    return get(view._place)


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
