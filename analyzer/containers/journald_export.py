"""`journalctl -o export`: `KEY=value` lines, a blank line behind each entry; values with control codes in a binary form:
the key alone, LF, the value's length in 8 bytes (little-endian), the value, LF."""

import re
from collections.abc import Iterable, Iterator

from analyzer.containers.base import MAX_RECORD_BYTES, Container, Head, Stamps, Zone
from analyzer.containers.records import PartJoiner
from analyzer.lines import Piece

_FIELD = re.compile(rb"[A-Z_][A-Z0-9_]*(?:=|$)")
_Fields = dict[bytes, tuple[int, bytes]]


def unwrap(blocks: Iterable[bytes], zone: Zone) -> Iterator[Piece]:
    """One piece per entry's `MESSAGE`, numbered by the line that its field starts on."""
    joiner = PartJoiner()
    for entry in _entries(blocks):
        number, text = entry.get(b"MESSAGE", (0, b""))
        if not number:
            continue
        stream = entry.get(b"_STREAM_ID") or entry.get(b"_PID")
        whole = entry.get(b"_LINE_BREAK", (0, b""))[1] != b"line-max"
        yield from joiner.feed(stream and stream[1], number, _realtime(entry), text, whole=whole)
    yield from joiner.close()


def _realtime(entry: _Fields) -> float | None:
    stamp = entry.get(b"__REALTIME_TIMESTAMP", (0, b""))[1]
    return int(stamp) / 1e6 if stamp.isdigit() and len(stamp) < 20 else None


def _entries(blocks: Iterable[bytes]) -> Iterator[_Fields]:
    entry: _Fields = {}
    for number, key, value in _fields(blocks):
        if key:
            entry[key] = (number, value)
        elif entry:
            yield entry
            entry = {}
    if entry:
        yield entry


def _fields(blocks: Iterable[bytes]) -> Iterator[tuple[int, bytes, bytes]]:
    """Number, key and value of each field; an empty key for the blank line behind an entry."""
    number, data = 1, b""
    for block in blocks:
        data, at = data + block, 0
        while (end := data.find(b"\n", at)) >= 0:
            key, equals, value = data[at:end].partition(b"=")
            if key and not equals:
                size = int.from_bytes(data[end + 1 : end + 9], "little")
                start, end = end + 9, end + 9 + size
                if end >= len(data) and size <= MAX_RECORD_BYTES:
                    break  # the rest comes with the next block
                value = data[start:end]
            yield number, key, value
            number += data.count(b"\n", at, end + 1)
            at = end + 1
        data = data[at:] if len(data) - at <= 2 * MAX_RECORD_BYTES else b""
    if data:
        key, _, value = data.partition(b"=")
        yield number, key, value


def _matches(head: Head) -> float:
    starts = head.lines[:1] and head.lines[0].startswith((b"__CURSOR=", b"__REALTIME_TIMESTAMP="))
    return head.share(_FIELD) if starts else 0.0


JOURNALD_EXPORT = Container(
    name="journald-export",
    stamps=Stamps.AWARE,
    example="__REALTIME_TIMESTAMP=1785578400123456\n_PID=7\nMESSAGE=got prompt\n",
    meaning="`journalctl -o export`",
    matches=_matches,
    unwrap=unwrap,
    threshold=0.3,
    late_bars=True,
)
