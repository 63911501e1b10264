"""Containers with one JSON object per line: Docker's json-file, journald's json, pino, pm2. Other lines pass as they are."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from analyzer.containers.base import Container, Head, Stamps, Zone, message_pieces, whole_lines
from analyzer.containers.clocks import Clock
from analyzer.containers.records import PartJoiner, json_object, to_bytes
from analyzer.lines import Piece, new_piece, strip_controls

_TIME = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d):(\d\d(?:\.\d+)?)(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_JsonObject = dict[str, object]


# Docker's record of a line without anything to unescape, which is read without a JSON decoder.
_DOCKER_LINE = re.compile(
    rb'\{"log":"([^"\\]*)\\n","stream":"(\w+)",(?:"attrs":\{[^{}\\]*\},)?'
    rb'"time":"(\d{4}-\d\d-\d\dT\d\d:\d\d):(\d\d(?:\.\d+)?)(Z|[+-]\d\d:\d\d)"\}\r?$'
)


class _Record(NamedTuple):
    at: float | None
    text: bytes
    stream: object = None
    whole: bool = True


_Read = Callable[[_JsonObject, Clock], _Record | None]


def _unwrap(read: _Read, blocks: Iterable[bytes], zone: Zone) -> Iterator[Piece]:
    clock, joiner = Clock(zone), PartJoiner()
    for number, line in whole_lines(blocks):
        yield from _pieces(number, line, read, clock, joiner)
    yield from joiner.close()


def _pieces(number: int, line: bytes, read: _Read, clock: Clock, joiner: PartJoiner) -> Iterator[Piece]:
    found = json_object(line) if line[:1] == b"{" else None
    if found is None:
        yield from message_pieces(number, None, line)
    elif record := read(found, clock):
        yield from joiner.feed(record.stream, number, record.at, record.text, whole=record.whole)


def _unwrap_docker(blocks: Iterable[bytes], zone: Zone) -> Iterator[Piece]:
    clock, joiner = Clock(zone), PartJoiner()
    for number, line in whole_lines(blocks):
        plain = _DOCKER_LINE.match(line)
        if plain and not joiner.holds(plain[2].decode()):
            yield new_piece((number, clock.at(plain[3], plain[4], plain[5]), strip_controls(plain[1])))
        else:
            yield from _pieces(number, line, _docker, clock, joiner)
    yield from joiner.close()


def _docker(record: _JsonObject, clock: Clock) -> _Record | None:
    text = record.get("log")
    if not isinstance(text, str):
        return None
    return _Record(_iso(clock, record.get("time")), to_bytes(text), record.get("stream"), text.endswith("\n"))


def _journald(record: _JsonObject, clock: Clock) -> _Record | None:
    at = _number(record.get("__REALTIME_TIMESTAMP"), 1e6)
    cut = record.get("_LINE_BREAK") == "line-max"
    text = journald_message(record.get("MESSAGE"))
    return None if text is None else _Record(at, text, record.get("_STREAM_ID") or record.get("_PID"), not cut)


def journald_message(value: object) -> bytes | None:
    """A `MESSAGE`: a string, a list of byte values where it holds control codes, null where it was too large."""
    if isinstance(value, str):
        return to_bytes(value)
    if isinstance(value, list):
        try:
            return bytes(value)
        except (TypeError, ValueError):  # the field stands in the entry several times
            return b" ".join(filter(None, map(journald_message, value)))
    return None


def _pino(record: _JsonObject, clock: Clock) -> _Record | None:
    text, time = record.get("msg"), record.get("time")
    at = _iso(clock, time) if isinstance(time, str) else _number(time, 1e3)
    return _Record(at, to_bytes(text)) if isinstance(text, str) else None


def _pm2(record: _JsonObject, clock: Clock) -> _Record | None:
    text = record.get("message")
    return _Record(_iso(clock, record.get("timestamp")), to_bytes(text)) if isinstance(text, str) else None


def _iso(clock: Clock, value: object) -> float | None:
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    return clock.at(found[1].encode(), found[2].encode(), (found[3] or "").encode()) if found else None


def _number(value: object, per_second: float) -> float | None:
    try:
        return float(value) / per_second if isinstance(value, str | int | float) else None
    except (ValueError, OverflowError):
        return None


def _has(*keys: bytes) -> Callable[[Head], float]:
    """Matches heads whose lines are objects with all of `keys`."""
    ahead = b"".join(b'(?=.*"' + key + b'"\\s*:)' for key in keys)
    return partial(Head.share, pattern=re.compile(rb"\{" + ahead))


DOCKER_JSON = Container(
    name="docker-json",
    stamps=Stamps.AWARE,
    example='{"log":"got prompt\\n","stream":"stderr","time":"2026-08-01T10:00:00.123456789Z"}',
    meaning="the files of Docker's json-file log driver; lines beyond 16 KiB are joined again",
    matches=_has(b"log", b"time"),
    unwrap=_unwrap_docker,
    late_bars=True,
)
JOURNALD_JSON = Container(
    name="journald-json",
    stamps=Stamps.AWARE,
    example='{"__REALTIME_TIMESTAMP":"1785578400123456","MESSAGE":"got prompt","_PID":"7","SYSLOG_IDENTIFIER":"python"}',
    meaning="`journalctl -o json`",
    matches=_has(b"__REALTIME_TIMESTAMP"),
    unwrap=partial(_unwrap, _journald),
    late_bars=True,
)
PINO = Container(
    name="pino",
    stamps=Stamps.AWARE,
    example='{"level":30,"time":1785578400123,"msg":"got prompt"}',
    meaning="pino's JSON lines (Salad's comfyui-api), with the server's own output as it is between them",
    matches=_has(b"level", b"time", b"msg"),
    unwrap=partial(_unwrap, _pino),
    threshold=0.02,
)
PM2_JSON = Container(
    name="pm2-json",
    stamps=Stamps.AWARE,
    example='{"message":"got prompt","timestamp":"2026-08-01T10:00:00.123Z","type":"err","process_id":0,"app_name":"comfyui"}',
    meaning="`pm2 logs --json`",
    matches=_has(b"message", b"timestamp", b"app_name"),
    unwrap=partial(_unwrap, _pm2),
    late_bars=True,
)
