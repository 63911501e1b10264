"""Durations from elsewhere: a run list as CSV or JSON lines, `workflow,duration_seconds[,status,cold,at]`."""

import csv
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from analyzer.errors import SourceError
from analyzer.timeouts.observations import Status

_REQUIRED = ("workflow", "duration_seconds")
_KNOWN = (*_REQUIRED, "status", "cold", "at")
_STATUSES = {
    status.value: status for status in (Status.SUCCESS, Status.TIMEOUT, Status.INTERRUPTED, Status.FAILED, Status.CACHED)
}
_BOOLEANS = {"true": True, "1": True, "yes": True, "cold": True, "false": False, "0": False, "no": False, "warm": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedRun:
    """One row. `cold` None: not said; `at`: Unix seconds of its start."""

    workflow: str
    seconds: float
    status: Status = Status.SUCCESS
    cold: bool | None = None
    at: float | None = None


def parse_run_list(lines: Iterable[str], name: str) -> Iterator[ListedRun]:
    """The rows of a run list, CSV with a header or one JSON object per line, told by its first character.

    Raises SourceError naming file, line and what is wrong with it.
    """
    numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    first = next(numbered, None)
    if first is None:
        raise SourceError(f"{name}: is empty; write a header line with {', '.join(_REQUIRED)}, or one JSON object per line")
    rows = _json_rows(first, numbered, name) if first[1].lstrip()[:1] == "{" else _csv_rows(first, numbered, name)
    for number, row in rows:
        yield _run(row, f"{name}: line {number}")


def _json_rows(first: tuple[int, str], rest: Iterator[tuple[int, str]], name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in (first, *rest):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = getattr(error, "msg", None) or str(error)
            raise SourceError(f"{name}: line {number}: no JSON object: {reason}") from error
        if not isinstance(row, dict):
            raise SourceError(f"{name}: line {number}: must be a JSON object, is {line.strip()[:40]}")
        yield number, row


def _csv_rows(first: tuple[int, str], rest: Iterator[tuple[int, str]], name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    header = [column.strip() for column in _values(first[1].lstrip("\ufeff"), f"{name}: line {first[0]}")]
    missing = [column for column in _REQUIRED if column not in header]
    if missing:
        raise SourceError(
            f"{name}: line {first[0]}: the header lacks {', '.join(missing)}; known columns are {', '.join(_KNOWN)}"
        )
    for number, line in rest:
        values = _values(line, f"{name}: line {number}")
        if len(values) > len(header):
            raise SourceError(f"{name}: line {number}: {len(values)} values for {len(header)} columns; quote texts with commas")
        yield number, dict(zip(header, values, strict=False))


def _values(line: str, where: str) -> list[str]:
    try:
        return next(csv.reader([line]))
    except csv.Error as error:
        raise SourceError(f"{where}: no CSV: {error}") from error


def _run(row: Mapping[str, Any], where: str) -> ListedRun:
    workflow = str(row.get("workflow") or "").strip()
    if not workflow:
        raise SourceError(f"{where}: no workflow; give each run the name of one")
    try:
        return ListedRun(
            workflow=workflow,
            seconds=_seconds(row.get("duration_seconds")),
            status=_status(row.get("status")),
            cold=_cold(row.get("cold")),
            at=_at(row.get("at")),
        )
    except ValueError as error:
        raise SourceError(f"{where}: {error}") from error


def _seconds(value: Any) -> float:
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"duration_seconds is {value!r}, not a number") from None
    if not 0 <= seconds < 1e9:
        raise ValueError(f"duration_seconds is {value!r}, which no run takes")
    return seconds


def _status(value: Any) -> Status:
    text = str(value or "success").strip().lower()
    if text not in _STATUSES:
        raise ValueError(f"status is {value!r}; known are {', '.join(_STATUSES)}")
    return _STATUSES[text]


def _cold(value: Any) -> bool | None:
    text = str("" if value is None else value).strip().lower()
    if text and text not in _BOOLEANS:
        raise ValueError(f"cold is {value!r}; write true or false, or leave it out")
    return _BOOLEANS[text] if text else None


def _at(value: Any) -> float | None:
    """Unix seconds, or ISO 8601; without a zone it is read as UTC, for only the order matters."""
    text = str("" if value is None else value).strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        pass
    else:
        if math.isfinite(seconds):
            return seconds
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"at is {value!r}; write Unix seconds or 2026-05-17T20:10:00Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
