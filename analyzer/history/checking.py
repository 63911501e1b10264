"""Rows as the database gives them: SQLite keeps any value in any column, so what is read is looked at first."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NoReturn, TypeVar

from sqlalchemy import Boolean, Float, Integer, String

from analyzer.history.schema import RUNS
from analyzer.runs.model import Outcome, Start

_Row = TypeVar("_Row", bound=Sequence[Any])
_KINDS: tuple[tuple[type, tuple[type, ...]], ...] = (
    (String, (str,)),
    (Boolean, (bool,)),
    (Integer, (int,)),
    (Float, (float, int)),
)
_OUTCOMES = frozenset(outcome.value for outcome in Outcome)
_STARTS = frozenset(start.value for start in Start)


def checked(rows: Iterable[_Row], names: Sequence[str]) -> Iterator[_Row]:
    """Rows of these columns of `runs`. Raises ValueError, which names the column, for what no version wrote there."""
    kinds = tuple(_kinds(name) for name in names)
    shapes = [(place, _SHAPES[name]) for place, name in enumerate(names) if name in _SHAPES]
    numbers = [place for place, kind in enumerate(kinds) if float in kind]
    for row in rows:
        if not all(map(isinstance, row, kinds)):
            _refuse(row, names, [not isinstance(value, kind) for value, kind in zip(row, kinds, strict=True)])
        if not all(row[place] is None or math.isfinite(row[place]) for place in numbers):
            _refuse(row, names, [isinstance(value, float) and not math.isfinite(value) for value in row])
        for place, fits in shapes:
            if not fits(row[place]):
                _refuse(row, names, [number == place for number in range(len(names))])
        yield row


def _refuse(row: Sequence[Any], names: Sequence[str], where: Sequence[bool]) -> NoReturn:
    place = where.index(True)
    raise ValueError(f"runs.{names[place]} is {str(row[place])[:40]!r}")


def _kinds(name: str) -> tuple[type, ...]:
    column = RUNS.c[name]
    kinds = next((kinds for kind, kinds in _KINDS if isinstance(column.type, kind)), (object,))
    return (*kinds, type(None)) if column.nullable else kinds


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _by_name(value: object) -> bool:
    return value is None or (isinstance(value, dict) and all(map(_is_number, value.values())))


def _pass_rows(value: object) -> bool:
    """Older versions wrote four numbers of each pass."""
    return isinstance(value, list) and all(
        isinstance(one, list) and len(one) >= 4 and all(part is None or _is_number(part) for part in one) for one in value
    )


def _node_rows(value: object) -> bool:
    return value is None or (
        isinstance(value, list)
        and all(isinstance(one, list) and len(one) == 2 and isinstance(one[0], str) and _is_number(one[1]) for one in value)
    )


def _is_outcome(value: object) -> bool:
    return value in _OUTCOMES


def _is_start(value: object) -> bool:
    return value in _STARTS


def _all_named(value: object) -> bool:
    return value is not None and _by_name(value)


_SHAPES: dict[str, Callable[[object], bool]] = {
    "outcome": _is_outcome,
    "start": _is_start,
    "phases": _all_named,
    "passes": _pass_rows,
    "vram_phases": _by_name,
    "nodes": _node_rows,
}
