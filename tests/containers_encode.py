"""Writes text the way each container writes it: the other direction of `analyzer.containers`, for round trips.

A log is a sequence of `(time, line)` pairs, the time in Unix seconds, the line without its line end.
"""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

Stamped = Sequence[tuple[float, bytes]]
SLAB_BYTES = 16 * 1024


def _iso(at: float, form: str = "%Y-%m-%dT%H:%M:%S.%f") -> bytes:
    return datetime.fromtimestamp(at, UTC).strftime(form).encode()


def _lines(log: Stamped, form: Callable[[float, bytes], bytes]) -> bytes:
    return b"".join(form(at, line) for at, line in log)


def raw(log: Stamped) -> bytes:
    return _lines(log, lambda at, line: line + b"\n")


def windows(log: Stamped) -> bytes:
    return _lines(log, lambda at, line: line + b"\r\n")


def bug_report(log: Stamped) -> bytes:
    """One write per record."""
    return _lines(log, lambda at, line: _iso(at) + b" - " + line + b"\n")


def bug_report_of_prints(log: Stamped) -> bytes:
    """Two writes per line, as `print` makes them."""
    return _lines(log, lambda at, line: _iso(at) + b" - " + line + _iso(at) + b" - \n")


def manager(log: Stamped) -> bytes:
    return _lines(log, lambda at, line: b"[" + _iso(at)[:23].replace(b"T", b" ") + b"] " + line + b"\n")


def docker_logs(log: Stamped) -> bytes:
    return _lines(log, lambda at, line: _iso(at) + b"000Z " + line + b"\n")


def compose(log: Stamped) -> bytes:
    return _lines(log, lambda at, line: b"comfyui-1  | " + line + b"\n")


def compose_stamped(log: Stamped) -> bytes:
    return _lines(log, lambda at, line: b"comfyui-1  | " + _iso(at) + b"000Z " + line + b"\n")


def docker_json(log: Stamped) -> bytes:
    """Lines beyond 16 KiB in several records; a character cut by that stays as the bytes that it has on either side."""

    def record(at: float, part: bytes) -> bytes:
        text = json.dumps(part.decode("utf-8", "surrogateescape"), ensure_ascii=False).encode("utf-8", "surrogateescape")
        return b'{"log":' + text + b',"stream":"stderr","time":"' + _iso(at) + b'Z"}\n'

    return _lines(log, lambda at, line: b"".join(record(at, part) for part in _slabs(line + b"\n")))


def cri(log: Stamped) -> bytes:
    def form(at: float, line: bytes) -> bytes:
        *parts, last = _slabs(line) or [b""]
        stamp = _iso(at) + b"+00:00 stderr "
        return b"".join(stamp + b"P " + part + b"\n" for part in parts) + stamp + b"F " + last + b"\n"

    return _lines(log, form)


def _slabs(data: bytes) -> list[bytes]:
    return [data[start : start + SLAB_BYTES] for start in range(0, len(data), SLAB_BYTES)]


def journald_json(log: Stamped) -> bytes:
    def form(at: float, line: bytes) -> bytes:
        printable = all(byte >= 0x20 or byte == 9 for byte in line)
        message: object = line.decode() if printable else list(line)
        return json.dumps({"__REALTIME_TIMESTAMP": f"{at * 1e6:.0f}", "MESSAGE": message, "_PID": "7"}).encode() + b"\n"

    return _lines(log, form)


def journald_export(log: Stamped) -> bytes:
    def form(at: float, line: bytes) -> bytes:
        plain = all(byte >= 0x20 or byte == 9 for byte in line)
        message = b"MESSAGE=" + line if plain else b"MESSAGE\n" + len(line).to_bytes(8, "little") + line
        return b"__CURSOR=s=1;i=2\n__REALTIME_TIMESTAMP=%d\n_PID=7\n%s\n\n" % (round(at * 1e6), message)

    return _lines(log, form)


def journald_short(log: Stamped) -> bytes:
    return _lines(log, lambda at, line: _iso(at, "%b %d %H:%M:%S") + b" host python[86116]: " + line + b"\n")


def ts(log: Stamped) -> bytes:
    return _lines(log, lambda at, line: _iso(at, "%b %d %H:%M:%S") + b" " + line + b"\n")


def recorded(log: Stamped) -> bytes:
    """Whole lines, the returns inside them spelt out."""

    def form(at: float, line: bytes) -> bytes:
        spelt = line.replace(b"\\", b"\\\\").replace(b"\r", rb"\x0d")
        return _iso(at) + b"+00:00 err  " + (b"\\" + spelt if spelt != line else b" " + line) + b"\n"

    return _lines(log, form)


def internal_logs(log: Stamped) -> bytes:
    entries = [{"t": _iso(at).decode(), "m": line.decode() + "\n"} for at, line in log]
    return json.dumps({"entries": entries, "size": {"cols": 80, "rows": 24}}, ensure_ascii=False).encode()


# By the name that the container is recognised by.
ENCODERS: dict[str, Callable[[Stamped], bytes]] = {
    "raw": raw,
    "bug-report": bug_report,
    "manager": manager,
    "docker-logs": docker_logs,
    "docker-json": docker_json,
    "cri": cri,
    "journald-json": journald_json,
    "journald-export": journald_export,
    "journald-short": journald_short,
    "ts": ts,
    "internal-logs": internal_logs,
    "comfymeter-record": recorded,
}
