"""Columns: the values of one field of many dataclasses, in little memory, and views that read them back.

Columns are filled block by block, which costs far less than value by value, and read through functions made for what a column
holds by then: one array look-up in most cases.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from itertools import accumulate, chain
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Protocol, Union, get_args, get_origin, get_type_hints

# From a view, which knows its place, to the value there.
Getter = Callable[[Any], Any]


class Column(Protocol):
    """The values of one field, in order."""

    def extend(self, values: Sequence[Any], /) -> None: ...
    def getter(self) -> Getter: ...


class Packed:
    """Numbers in an array as narrow as its `codes` allow; a single item as long as all are the same, as most fields are."""

    __slots__ = ("_codes", "_length", "_spread", "items")

    def __init__(self, codes: str) -> None:
        self._codes = codes
        self._spread = False
        self._length = 0
        self.items: array[Any] = array(codes[0])

    def __len__(self) -> int:
        return self._length

    @property
    def steady(self) -> bool:
        """Whether one item stands for all."""
        return not self._spread

    def extend(self, values: Sequence[Any]) -> None:
        block = self._block(values)
        if not self._spread and not self._repeats(block):
            self.items *= self._length
            self._spread = True
        if self._spread:
            self.items.extend(block)
        elif not self._length:
            self.items.extend(block[:1])
        self._length += len(block)

    def _block(self, values: Sequence[Any]) -> "array[Any]":
        """The values as an array of the own type, which widens where it must. The old array may be in use and stays."""
        try:
            return array(self.items.typecode, values)
        except OverflowError:
            wider = self._codes[self._codes.index(self.items.typecode) + 1]
            self.items = array(wider, self.items)
            return self._block(values)

    def _repeats(self, block: "array[Any]") -> bool:
        """By their bytes: 0.0 equals -0.0 and is not the same."""
        first = (self.items or block)[:1]
        return block.tobytes() == first.tobytes() * len(block)


class SharedColumn:
    """Few different values, each kept once: names, enums, flags, workflows."""

    __slots__ = ("_known", "_places", "_values")

    def __init__(self) -> None:
        self._values: list[Any] = []
        self._known: dict[tuple[type[Any], Any], int] = {}
        self._places = Packed("BHI")

    def extend(self, values: Sequence[Any]) -> None:
        # By type, too: True equals 1, and an enum's member its value.
        keys = list(zip(map(type, values), values, strict=True))
        for key in set(keys).difference(self._known):
            self._known[key] = len(self._values)
            self._values.append(key[1])
        self._places.extend([self._known[key] for key in keys])

    def getter(self) -> Getter:
        values, places = self._values, self._places.items
        if self._places.steady:
            return _always(values[places[0]] if places else None)
        return lambda view: values[places[view._place]]


class NumberColumn:
    """Numbers of one type; `none` stands for None. What is no such number (one of another type or of over 64 bits, `none`
    itself) is kept beside."""

    __slots__ = ("_beside", "_kind", "_most", "_none", "_packed")

    def __init__(self, kind: type[float] | type[int]) -> None:
        self._kind = kind
        self._none: float = _NO_FLOAT if kind is float else _NO_INT
        self._most: float = float("inf") if kind is float else _MOST_INT
        self._packed = Packed("d" if kind is float else "iq")
        self._beside: SharedColumn | None = None

    def extend(self, values: Sequence[Any]) -> None:
        if self._beside is None and self._all_fit(values):
            self._packed.extend(values)
            return
        fitting = list(map(self._fits, values))
        if self._beside is None and not all(fitting):
            self._beside = SharedColumn()
            self._beside.extend([None] * len(self._packed))
        if self._beside is not None:
            self._beside.extend([None if fits else value for value, fits in zip(values, fitting, strict=True)])
            values = [value if fits else self._none for value, fits in zip(values, fitting, strict=True)]
        self._packed.extend(values)

    def _all_fit(self, values: Sequence[Any]) -> bool:
        """The same question for a block, without a call per value; no for NaN among them, which is looked at more closely."""
        return set(map(type, values)) == {self._kind} and min(values) > self._none and max(values) <= self._most

    def _fits(self, value: Any) -> bool:
        return type(value) is self._kind and value != self._none and not (value < self._none or value > self._most)

    def getter(self) -> Getter:
        items, none = self._packed.items, self._none
        beside = self._beside.getter() if self._beside else _always(None)
        if self._packed.steady:
            return _always(items[0]) if items and items[0] != none else beside
        return _item_or(items, none, beside) if self._beside else _item(items)


# They stand for None. Both are numbers that no log has; if one should, it is kept beside.
_NO_INT = -(2**31)
_MOST_INT = 2**63 - 1
_NO_FLOAT = -1.7976931348623157e308


class SparseColumn:
    """Values of any kind that nearly all rows lack: `empty` for those."""

    __slots__ = ("_empty", "_length", "_values")

    def __init__(self, empty: Any) -> None:
        self._values: dict[int, Any] = {}
        self._empty = empty
        self._length = 0

    def extend(self, values: Sequence[Any]) -> None:
        self._values.update((place, value) for place, value in enumerate(values, self._length) if value != self._empty)
        self._length += len(values)

    def getter(self) -> Getter:
        values, empty = self._values, self._empty
        return (lambda view: values.get(view._place, empty)) if values else _always(empty)


class RowsColumn:
    """Tuples of dataclasses: the rows of all tuples in columns of their own, and where each tuple's rows end."""

    __slots__ = ("_ends", "_last", "_table")

    def __init__(self, row: type[Any]) -> None:
        self._table = Columns(row)
        self._ends = Packed("IQ")
        self._ends.extend([0])
        self._last = 0

    def extend(self, values: Sequence[tuple[Any, ...]]) -> None:
        rows = list(chain.from_iterable(values))
        if rows:
            self._table.extend(rows)
        first, *ends = accumulate(map(len, values), initial=self._last)
        self._last = ends[-1] if ends else first
        self._ends.extend(ends)

    def getter(self) -> Getter:
        if not self._last:
            return _always(())
        ends, row = self._ends.items, self._table.view_class()
        return lambda view: tuple(map(row, range(ends[view._place], ends[view._place + 1])))


class MaybeColumn:
    """A dataclass or None."""

    __slots__ = ("_rows",)

    def __init__(self, row: type[Any]) -> None:
        self._rows = RowsColumn(row)

    def extend(self, values: Sequence[Any]) -> None:
        self._rows.extend([() if value is None else (value,) for value in values])

    def getter(self) -> Getter:
        get = self._rows.getter()
        return lambda view: next(iter(get(view)), None)


class Columns:
    """A column per field of a dataclass, made for the field's type: a new field needs nothing here."""

    __slots__ = ("_gets", "_kind", "columns")

    def __init__(self, kind: type[Any]) -> None:
        hints = get_type_hints(kind)
        self._kind = kind
        self.columns = {field.name: _column(field.name, hints[field.name]) for field in fields(kind)}
        self._gets = [(attrgetter(name), column) for name, column in self.columns.items()]

    def extend(self, rows: Sequence[Any]) -> None:
        """Adds rows."""
        for get, column in self._gets:
            column.extend(list(map(get, rows)))

    def view_class(self, adjust: Mapping[str, Callable[[Any], Any]] | None = None) -> type[Any]:
        """A class of views, made from a place, of the rows so far. `adjust`: what becomes of a field's value when it is read.

        A view says that it is of the dataclass and does all that one does, so `isinstance`, `==` and `dataclasses.replace`
        take it for one. It is no subclass, since it would carry the slots of all fields and be as large as what it stands for.
        """
        members = {name: value for name, value in vars(self._kind).items() if not name.startswith("_") or name in _KEPT}
        for name, column in self.columns.items():
            get = column.getter()
            members[name] = property(_then(get, adjust[name]) if adjust and name in adjust else get)
        own = {"__slots__": (), "__class__": property(lambda view: self._kind)}
        return type(f"{self._kind.__name__}View", (View,), members | own)


class View:
    """A row of columns by its place. Its fields are looked up when they are asked for."""

    __slots__ = ("_place",)

    def __init__(self, place: int) -> None:
        self._place = place

    def materialise(self) -> Any:
        """The same as an object of its own."""
        kind: Any = self.__class__
        return kind(**{name: plain(getattr(self, name)) for name in kind.__dataclass_fields__})


# What views do as the dataclass does it; the other members with an underscore are how it keeps its values.
_KEPT = frozenset({"__doc__", "__eq__", "__hash__", "__repr__", "__dataclass_fields__", "__match_args__"})


def plain(value: Any) -> Any:
    """A value without views: they become what they stand for."""
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    return value.materialise() if isinstance(value, View) else value


def _always(value: Any) -> Getter:
    return lambda view: value


def _item(items: "array[Any]") -> Getter:
    return lambda view: items[view._place]


def _item_or(items: "array[Any]", none: float, beside: Getter) -> Getter:
    def get(view: Any) -> Any:
        item = items[view._place]
        return item if item != none else beside(view)

    return get


def _then(get: Getter, adjust: Callable[[Any], Any]) -> Getter:
    return lambda view: adjust(get(view))


# Facts of a few runs only, kept as they are.
_RARE = frozenset({"failure", "client_timeout", "prompt_id", "soft_ooms", "leaks", "quantizations", "events", "nodes"})


def _column(name: str, hint: Any) -> Column:
    """The column for a field; a type that none is made for is kept as it is."""
    if get_origin(hint) is tuple:
        row: type[Any] = get_args(hint)[0]
        return RowsColumn(row) if is_dataclass(row) and name not in _RARE else SparseColumn(())
    kinds = set(get_args(hint)) if get_origin(hint) in (Union, UnionType) else {hint}
    optional, kinds = NoneType in kinds, kinds - {NoneType}
    if name in _RARE or len(kinds) != 1:
        return SparseColumn(None)
    return _column_of(kinds.pop(), optional=optional)


def _column_of(kind: type[Any], *, optional: bool) -> Column:
    if kind in (float, int):
        return NumberColumn(kind)
    if is_dataclass(kind) and optional:
        return MaybeColumn(kind)
    return SharedColumn() if is_dataclass(kind) or _is_word(kind) else SparseColumn(None)


def _is_word(kind: type[Any]) -> bool:
    return kind in (str, bool) or issubclass(kind, Enum)
