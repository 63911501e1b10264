"""How the values of a settings file are read: each function takes what TOML gave and raises ValueError with what is allowed."""

import math
from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from analyzer.runs.model import Outcome
from analyzer.units import parse_duration
from analyzer.workflows import Exclusion, WorkflowRule

Reader = Callable[[Any], Any]


def parse_timezone(name: str) -> ZoneInfo:
    """The zone of a name such as `Europe/Berlin`. Raises ValueError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not a time zone: write it like Europe/Berlin or UTC") from error


def duration(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return parse_duration(str(value))
    return parse_duration(text(value))


def text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} must be text in quotes")
    return value


def zone(value: Any) -> str:
    return parse_timezone(text(value)).key


def count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{value!r} must be a whole number from 1")
    return value


def color(value: Any) -> str:
    if value not in ("auto", "always", "never"):
        raise ValueError(f"{value!r} must be auto, always or never")
    return str(value)


def switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} must be true or false")
    return value


def texts(value: Any) -> tuple[str, ...]:
    """One text or a list of them."""
    return tuple(text(part) for part in (value if isinstance(value, list) else [value]))


def passes(value: Any) -> tuple[int, int]:
    """`2`, or a range: `"2-4"`, `"4+"`."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value, value
    first, dash, last = text(value).replace("+", "-").partition("-")
    if not dash or not first.isdigit() or not (last.isdigit() or not last):
        raise ValueError(f'{value!r} must be a number of passes, or a range like "2-4" or "4+"')
    return int(first), int(last) if last else int(1e9)


def outcomes(value: Any) -> tuple[Outcome, ...]:
    try:
        return tuple(Outcome(name) for name in texts(value))
    except ValueError:
        raise ValueError(f"{value!r}: outcomes are {', '.join(Outcome)}") from None


_RULE_KEYS: dict[str, tuple[str, Reader]] = {
    "limit": ("limit_seconds", duration),
    "models": ("models", texts),
    "passes": ("passes", passes),
    "detects": ("detects", switch),
    "bars": ("bars", texts),
    "signatures": ("signatures", texts),
}
_EXCLUDE_KEYS: dict[str, tuple[str, Reader]] = {
    "workflows": ("workflows", texts),
    "outcomes": ("outcomes", outcomes),
    "shorter_than": ("shorter_than_seconds", duration),
}


def workflow_rules(value: Any) -> tuple[WorkflowRule, ...]:
    """`[workflows.NAME]` tables, in the order of the file."""
    tables = _table(value)
    return tuple(WorkflowRule(name=name, **_fields(table, _RULE_KEYS, name)) for name, table in tables.items())


def exclusion(value: Any) -> Exclusion:
    """The `[exclude]` table."""
    return Exclusion(**_fields(value, _EXCLUDE_KEYS, "exclude"))


def _table(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{value!r} must be a table")
    return value


def _fields(value: Any, known: Mapping[str, tuple[str, Reader]], where: str) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for key, given in _table(value).items():
        if key not in known:
            raise ValueError(f"{where}: unknown key {key!r}; known keys are {', '.join(known)}")
        name, read = known[key]
        try:
            fields[name] = read(given)
        except ValueError as error:
            raise ValueError(f"{where}.{key}: {error}") from error
    return fields


def risk(value: Any) -> float:
    """`"1%"`, `0.01`."""
    shown = value
    if isinstance(value, str) and value.strip().endswith("%"):
        value = _number(value.strip()[:-1], shown) / 100
    elif isinstance(value, str):
        value = _number(value, shown)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0001 <= value <= 0.5:
        raise ValueError(f"{shown!r} must be a risk from 0.01% to 50%, like 1% or 0.01")
    return float(value)


def _number(value: str, shown: Any) -> float:
    try:
        number = float(value)
    except ValueError:
        raise ValueError(f"{shown!r} must be a risk like 1% or 0.01") from None
    return number if math.isfinite(number) else math.inf
