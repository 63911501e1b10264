"""`GET /internal/logs/raw`: one JSON object, `{"entries": [{"t": time, "m": text of one write}, ...], "size": ...}`.

The whole file may be one line, so pieces are numbered by the lines of the text that the entries make up.
"""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from analyzer.containers.base import MAX_RECORD_BYTES, Container, Head, Stamps, Zone
from analyzer.containers.clocks import Clock
from analyzer.containers.records import to_bytes, to_text
from analyzer.containers.writes import join_writes
from analyzer.lines import Piece, strip_controls

_ENTRY = re.compile(r'\{\s*"[tm]"\s*:')
_START = re.compile(rb'\s*(?:\{\s*"entries"\s*:\s*\[|\{\s*"size"\s*:\s*\{[^{}]*\}\s*,\s*"entries"\s*:\s*\[|\[\s*\{\s*"t"\s*:)')
_decode = json.JSONDecoder(strict=False).raw_decode


def unwrap(blocks: Iterable[bytes], zone: Zone) -> Iterator[Piece]:
    """The writes of all whole entries, as lines; a file that was cut off gives those before the cut."""
    clock = Clock(zone)
    return join_writes((_stamp(clock, entry), strip_controls(to_bytes(_text(entry)))) for entry in _entries(blocks))


def _entries(blocks: Iterable[bytes]) -> Iterator[dict[str, object]]:
    pending = ""
    for block in blocks:
        pending += to_text(block)
        done = 0
        for entry, done in _whole_entries(pending):  # noqa: B007 - where the last one ended is needed behind the loop
            yield entry
        pending = pending[done:] if len(pending) - done <= MAX_RECORD_BYTES else ""


def _whole_entries(text: str) -> Iterator[tuple[dict[str, object], int]]:
    """Entries with the place behind them. One that is not whole is passed over: broken, or not all here yet."""
    at = 0
    while start := _ENTRY.search(text, at):
        at = start.end()
        with suppress(ValueError, RecursionError):
            entry, at = _decode(text, start.start())
            yield entry, at


def _text(entry: dict[str, object]) -> str:
    text = entry.get("m")
    return text if isinstance(text, str) else ""


def _stamp(clock: Clock, entry: dict[str, object]) -> float | None:
    stamp = entry.get("t")
    if not isinstance(stamp, str) or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?", stamp, re.ASCII):
        return None
    return clock.at(stamp[:16].encode(), stamp[17:].encode())


def _matches(head: Head) -> float:
    return float(_START.match(b"\n".join(head.lines)) is not None)


INTERNAL_LOGS = Container(
    name="internal-logs",
    stamps=Stamps.NAIVE,
    example='{"entries": [{"t": "2026-08-01T10:00:00.123456", "m": "got prompt\\n"}], "size": {"cols": 80, "rows": 24}}',
    meaning="ComfyUI's own log buffer as JSON (`GET /internal/logs/raw`): at most the last 300 writes",
    matches=_matches,
    unwrap=unwrap,
)
