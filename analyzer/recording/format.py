"""Records as bytes: the writing side of the container `comfymeter-record`, see docs/record.md."""

import re
import time
from collections.abc import Callable
from enum import Enum

from analyzer.containers.recorded import AS_IT_IS, ESCAPED, LF, NO_RETURN, RECORDER

Stamp = Callable[[float], bytes]

# What would harm a terminal; tabs and colours are left in, for people who read the file.
HARMFUL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]|\x1b(?!\[[\d;:]*m)")
_TO_ESCAPE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f\\]")
_NOTE = NO_RETURN + LF


class Stream(Enum):
    """Where the server wrote: `ALL` where stdout and stderr share a pipe, `TTY` where they are a terminal."""

    OUT = b"out"
    ERR = b"err"
    ALL = b"all"
    TTY = b"tty"


class Stamper:
    """Unix seconds to local time with offset, to the microsecond; neighbours share their second, so that is made once."""

    __slots__ = ("_local", "_offset", "_prefix", "_second")

    def __init__(self, local: Callable[[float], time.struct_time] = time.localtime) -> None:
        self._local = local
        self._second: int | None = None
        self._prefix = self._offset = b""

    def __call__(self, at: float) -> bytes:
        second, microseconds = divmod(round(at * 1e6), 1_000_000)
        if second != self._second:
            self._second, self._prefix, self._offset = second, *self._read(second)
        return b"%s.%06d%s" % (self._prefix, microseconds, self._offset)

    def _read(self, second: int) -> tuple[bytes, bytes]:
        moment = self._local(second)
        minutes = round(moment.tm_gmtoff / 60)
        hours, minutes = divmod(abs(minutes), 60)
        sign = "-" if moment.tm_gmtoff < 0 else "+"
        return time.strftime("%Y-%m-%dT%H:%M:%S", moment).encode(), f"{sign}{hours:02d}:{minutes:02d}".encode()


def record(stamp: bytes, stream: bytes, marks: bytes, text: bytes) -> bytes:
    """One record. `marks`: the return and the end; `text` may hold anything."""
    form = AS_IT_IS
    if HARMFUL.search(text) or b"\n" in text or b"\r" in text:
        form, text = ESCAPED, _TO_ESCAPE.sub(_escape, text)
    return b"%s %s%s%s%s\n" % (stamp, stream, marks, form, text)


def note(stamp: bytes, text: str) -> bytes:
    """A record of the recorder's own."""
    return record(stamp, RECORDER, _NOTE, text.encode("utf-8", "replace"))


def _escape(found: re.Match[bytes]) -> bytes:
    return b"\\\\" if found[0] == b"\\" else b"\\x%02x" % ord(found[0])
