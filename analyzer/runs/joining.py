"""Two tables of runs to one: columns are put behind columns, no run is made on the way."""

from array import array
from collections.abc import Callable
from typing import Any

from analyzer.runs.columns import Column, Columns, MaybeColumn, NumberColumn, Packed, RowsColumn, SharedColumn, SparseColumn
from analyzer.runs.table import RunTable


def join(table: RunTable, more: RunTable) -> None:
    """Puts runs behind those of `table`, which numbers them on. Both are as they came out of a log, adjusted in nothing."""
    count = len(table)
    table._views(), more._views()  # enter the runs that wait
    numbers = more._columns.columns["number"]
    assert isinstance(numbers, NumberColumn)
    _join_columns(table._columns, more._columns, left_out="number")
    own = table._columns.columns["number"]
    assert isinstance(own, NumberColumn)
    own._packed.extend([number + count for number in _items(numbers._packed)])
    table._chosen = range(count + len(more))
    table._view = None


def _join_columns(columns: Columns, more: Columns, left_out: str = "") -> None:
    for name, column in columns.columns.items():
        if name != left_out:
            _JOINED[type(column)](column, more.columns[name])


def _items(packed: Packed) -> "array[Any]":
    return packed.items * len(packed) if packed.steady else packed.items


def _packed(packed: Packed, more: Packed) -> None:
    if len(more):
        packed.extend(_items(more))


def _shared(column: SharedColumn, more: SharedColumn) -> None:
    for key in more._known:
        if key not in column._known:
            column._known[key] = len(column._values)
            column._values.append(key[1])
    places = array("I", map(column._known.__getitem__, more._known))
    column._places.extend(array("I", map(places.__getitem__, _items(more._places))))


def _number(column: NumberColumn, more: NumberColumn) -> None:
    if column._beside is None and more._beside is not None:
        column._beside = SharedColumn()
        column._beside.extend([None] * len(column._packed))
    if column._beside is not None:
        if more._beside is None:
            column._beside.extend([None] * len(more._packed))
        else:
            _shared(column._beside, more._beside)
    _packed(column._packed, more._packed)


def _sparse(column: SparseColumn, more: SparseColumn) -> None:
    column._values.update((place + column._length, value) for place, value in more._values.items())
    column._length += more._length


def _rows(column: RowsColumn, more: RowsColumn) -> None:
    _join_columns(column._table, more._table)
    last = column._last
    column._ends.extend([end + last for end in _items(more._ends)[1:]])
    column._last += more._last


def _maybe(column: MaybeColumn, more: MaybeColumn) -> None:
    _rows(column._rows, more._rows)


_JOINED: dict[type[Column], Callable[[Any, Any], None]] = {
    SharedColumn: _shared,
    NumberColumn: _number,
    SparseColumn: _sparse,
    RowsColumn: _rows,
    MaybeColumn: _maybe,
}
